// A group of sequences forward in time.
#pragma once

#include "block.hpp"
#include "memory.hpp"

namespace mcca::MCCA_ISA {

// One day of some sequences of a group.
struct ForwardDay {
  const Layout &l;
  const float *weights;
  const Days &days;
  int number;  // sequences of the group
  int day;

  // Activations of one vector of units of a sequence, from the sums of its gates.
  MCCA_INLINE void activate(const Vector (&sum)[GATES], int row, int vector) const {
    const Vector i = sigmoid(sum[0]), f = sigmoid(sum[1]), o = sigmoid(sum[2]);
    const Vector g = tanh(sum[3]);
    float *gates = days.gates + static_cast<std::ptrdiff_t>(row) * l.gates + vector * GATES * LANES;
    store(gates, i);
    store(gates + LANES, f);
    store(gates + 2 * LANES, o);
    store(gates + 3 * LANES, g);
    const std::ptrdiff_t unit = static_cast<std::ptrdiff_t>(row) * l.padded + vector * LANES;
    const Vector c = f * load(days.cell + unit) + i * g;
    const Vector squashed = tanh(c);
    store(days.cell + unit + number * l.padded, c);
    store(days.cell_tanh + unit, squashed);
    store(days.reads + static_cast<std::ptrdiff_t>(row + number) * l.row + vector * LANES,
          o * squashed);
  }

  template <int ROWS>
  MCCA_INLINE void run(int first) const {
    const int row = day * number + first;
    const float *reads = days.reads + static_cast<std::ptrdiff_t>(row) * l.row;
    for (int vector = 0; vector < l.vectors; ++vector) {
      const float *w = weights + vector * l.reads * GATES * LANES;
      const float *bias = w + (l.reads - 1) * GATES * LANES;
      Block<ROWS, GATES> sums;
      for (int r = 0; r < ROWS; ++r)
        for (int g = 0; g < GATES; ++g) sums[r][g] = load(bias + g * LANES);
      multiply<ROWS, GATES>(sums, reads, l.row, 1, w, GATES * LANES, l.reads - 1);
      for (int r = 0; r < ROWS; ++r) activate(sums[r], row + r, vector);
    }
  }
};

// Features of a day of each sequence, and the 1 of the bias, behind its hidden units.
inline void read_day(const Layout &l, const Sequences &some, const Days &days, int day) {
  for (int n = 0; n < some.number; ++n) {
    float *row = days.reads + static_cast<std::ptrdiff_t>(day * some.number + n) * l.row + l.hidden;
    const float *x = some.x + static_cast<std::ptrdiff_t>(some.first[n] + day) * l.features;
    for (int i = 0; i < l.features; ++i) row[i] = x[i];
    row[l.features] = 1;
  }
}

// Fills `days` but for the gradients; at most GROUP sequences.
inline void forward(const Layout &l, const float *weights, const Sequences &some,
                    const Days &days) {
  clear(days.reads, static_cast<std::size_t>(some.number) * l.row);
  clear(days.cell, static_cast<std::size_t>(some.number) * l.padded);
  for (int day = 0; day < some.length; ++day) {
    read_day(l, some, days, day);
    run_blocks(ForwardDay{l, weights, days, some.number, day}, some.number);
  }
}

}  // namespace mcca::MCCA_ISA
