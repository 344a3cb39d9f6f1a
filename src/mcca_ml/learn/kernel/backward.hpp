// A group of sequences backward in time: the gradient of the loss by all weights.
#pragma once

#include "block.hpp"
#include "memory.hpp"

namespace mcca::MCCA_ISA {

// Answer of one day of a sequence, from its hidden units after that day.
MCCA_INLINE float answer(const Layout &l, const float *weights, const float *hidden) {
  const float *out = out_of(l, weights);
  Vector total{};
  for (int v = 0; v < l.vectors; ++v) total += load(hidden + v * LANES) * load(out + v * LANES);
  return sum(total) + weights[level_at(l)];
}

// Squared errors of the group, weighed; fills `slope` and adds to the gradient of out and level.
//
// `share` is 1 over the sum of weights of all sequences of the step.
inline double lose(const Layout &l, const float *weights, const Sequences &some, const Days &days,
                   float share, float *gradient) {
  double total = 0;
  float *d_out = out_of(l, gradient);
  for (int day = 0, row = 0; day < some.length; ++day)
    for (int n = 0; n < some.number; ++n, ++row) {
      const float weight = day < some.warm_up ? 0 : some.weight[some.first[n] + day];
      days.slope[row] = 0;
      if (weight == 0) continue;
      const float *hidden = days.reads + static_cast<std::ptrdiff_t>(row + some.number) * l.row;
      const float error = answer(l, weights, hidden) - some.target[some.first[n] + day];
      const float slope = 2 * share * weight * error;
      days.slope[row] = slope;
      total += static_cast<double>(weight) * error * error;
      gradient[level_at(l)] += slope;
      // The padding of a row of reads holds features: they must not reach the gradient.
      for (int i = 0; i < l.hidden; ++i) d_out[i] += slope * hidden[i];
    }
  return total * share;
}

// One day of some sequences of a group: gates become the gradient before their activation.
struct BackwardDay {
  const Layout &l;
  const float *weights;
  const float *back;
  const Days &days;
  int number;
  int day;

  MCCA_INLINE void through_gates(int row, int sequence) const {
    const Vector slope = all(days.slope[row]);
    const float *out = out_of(l, weights);
    for (int v = 0; v < l.vectors; ++v) {
      float *gates = days.gates + static_cast<std::ptrdiff_t>(row) * l.gates + v * GATES * LANES;
      const std::ptrdiff_t unit = static_cast<std::ptrdiff_t>(row) * l.padded + v * LANES;
      float *d_cell = days.d_cell + sequence * l.padded + v * LANES;
      const Vector i = load(gates), f = load(gates + LANES), o = load(gates + 2 * LANES);
      const Vector g = load(gates + 3 * LANES), squashed = load(days.cell_tanh + unit);
      const Vector d_hidden =
          load(days.d_hidden + sequence * l.padded + v * LANES) + slope * load(out + v * LANES);
      const Vector dc = load(d_cell) + d_hidden * o * (1.0f - squashed * squashed);
      store(gates, dc * g * (i * (1.0f - i)));
      store(gates + LANES, dc * load(days.cell + unit) * (f * (1.0f - f)));
      store(gates + 2 * LANES, d_hidden * squashed * (o * (1.0f - o)));
      store(gates + 3 * LANES, dc * i * (1.0f - g * g));
      store(d_cell, dc * f);
    }
  }

  // Gradient by the hidden units of the day before, COLUMNS vectors of units at a time.
  template <int ROWS, int COLUMNS>
  MCCA_INLINE void through_units(int first, int vector) const {
    const float *gates = days.gates + static_cast<std::ptrdiff_t>(day * number + first) * l.gates;
    Block<ROWS, COLUMNS> sums = {};
    multiply<ROWS, COLUMNS>(sums, gates, l.gates, 1, back + vector * LANES, l.padded, l.gates);
    for (int r = 0; r < ROWS; ++r)
      for (int c = 0; c < COLUMNS; ++c)
        store(days.d_hidden + (first + r) * l.padded + (vector + c) * LANES, sums[r][c]);
  }

  template <int ROWS>
  MCCA_INLINE void run(int first) const {
    for (int r = 0; r < ROWS; ++r) through_gates(day * number + first + r, first + r);
    if (day == 0) return;  // nothing was remembered before
    int v = 0;
    for (; v + 4 <= l.vectors; v += 4) through_units<ROWS, 4>(first, v);
    for (; v + 2 <= l.vectors; v += 2) through_units<ROWS, 2>(first, v);
    for (; v < l.vectors; ++v) through_units<ROWS, 1>(first, v);
  }
};

// Gradient by the matrix of weights, from some rows (days of sequences).
struct WeightGradient {
  const Layout &l;
  const float *reads;
  const float *gates;
  float *gradient;
  int rows;
  int vector;

  template <int ROWS>
  MCCA_INLINE void run(int read) const {
    float *place = gradient + (vector * l.reads + read) * GATES * LANES;
    Block<ROWS, GATES> sums;
    for (int r = 0; r < ROWS; ++r)
      for (int g = 0; g < GATES; ++g) sums[r][g] = load(place + (r * GATES + g) * LANES);
    multiply<ROWS, GATES>(sums, reads + read, 1, l.row, gates + vector * GATES * LANES, l.gates,
                          rows);
    for (int r = 0; r < ROWS; ++r)
      for (int g = 0; g < GATES; ++g) store(place + (r * GATES + g) * LANES, sums[r][g]);
  }
};

// Adds the gradient of the group's loss; after `forward` and `lose`.
inline void backward(const Layout &l, const float *weights, const float *back, int number,
                     int length, const Days &days, float *gradient) {
  clear(days.d_hidden, static_cast<std::size_t>(number) * l.padded);
  clear(days.d_cell, static_cast<std::size_t>(number) * l.padded);
  for (int last = length; last > 0;) {
    const int begin = last > CHUNK ? last - CHUNK : 0;
    for (int day = last - 1; day >= begin; --day)
      run_blocks(BackwardDay{l, weights, back, days, number, day}, number);
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(begin) * number;
    for (int v = 0; v < l.vectors; ++v)
      run_blocks(WeightGradient{l, days.reads + row * l.row, days.gates + row * l.gates, gradient,
                                (last - begin) * number, v},
                 l.reads);
    last = begin;
  }
}

}  // namespace mcca::MCCA_ISA
