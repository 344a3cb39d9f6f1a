// Scratch memory of a thread, divided into the arrays for training and prediction of a cell.
#pragma once

#include "layout.hpp"

namespace mcca::MCCA_ISA {

// Sequences that go forward and back together: their days stay in the L2 cache.
constexpr int GROUP = MCCA_GROUP;
// Days whose part of the gradient of weights is taken at once: their gates stay in the L1 cache.
constexpr int CHUNK = 4;

// Days of a group of sequences: [day][sequence][...].
struct Days {
  float *reads;      // (day + 1, sequence, row): the hidden units are those of the day before
  float *gates;      // (day, sequence, gates): activations, then gradient before activation
  float *cell;       // (day + 1, sequence, unit): state, that of the day before
  float *cell_tanh;  // (day, sequence, unit)
  float *slope;      // (day, sequence): of the loss, by the answer
  float *d_hidden;   // (sequence, unit): gradient by the hidden units of the day
  float *d_cell;     // (sequence, unit): by the state
};

struct Memory {
  Days days;
  float *weights;
  float *back;  // `transpose` of them
  float *gradient;
  float *first;   // moments of Adam
  float *second;
  float *start;
  float *best;
  float *answer;  // (day) of the series
};

// Allocates parts of the scratch memory; without scratch it only counts.
struct Cutter {
  float *place;
  std::size_t used;

  float *take(std::size_t floats) {
    float *piece = place ? place + used : nullptr;
    // Whole cache lines, so that vectors are aligned.
    used += (floats + 15) / 16 * 16;
    return piece;
  }
};

inline Days cut_days(const Layout &l, int length, Cutter &cutter) {
  const std::size_t rows = static_cast<std::size_t>(length) * GROUP;
  Days d;
  d.reads = cutter.take((rows + GROUP) * l.row);
  d.gates = cutter.take(rows * l.gates);
  d.cell = cutter.take((rows + GROUP) * l.padded);
  d.cell_tanh = cutter.take(rows * l.padded);
  d.slope = cutter.take(rows);
  d.d_hidden = cutter.take(static_cast<std::size_t>(GROUP) * l.padded);
  d.d_cell = cutter.take(static_cast<std::size_t>(GROUP) * l.padded);
  return d;
}

// For sequences of `length` days, cut out of series of `days`.
inline Memory cut(const Layout &l, int length, int days, Cutter &cutter) {
  Memory m;
  m.days = cut_days(l, length, cutter);
  m.weights = cutter.take(l.size);
  m.back = cutter.take(static_cast<std::size_t>(l.gates) * l.padded);
  m.gradient = cutter.take(l.size);
  m.first = cutter.take(l.size);
  m.second = cutter.take(l.size);
  m.start = cutter.take(l.size);
  m.best = cutter.take(l.size);
  m.answer = cutter.take(days);
  return m;
}

MCCA_INLINE void clear(float *place, std::size_t floats) {
  __builtin_memset(place, 0, floats * sizeof(float));
}

MCCA_INLINE void copy(float *to, const float *from, std::size_t floats) {
  __builtin_memcpy(to, from, floats * sizeof(float));
}

}  // namespace mcca::MCCA_ISA
