// Products in register blocks: the only place where matrices are multiplied.
#pragma once

#include "simd.hpp"

namespace mcca::MCCA_ISA {

// ROWS x COLUMNS vectors that stay in registers.
template <int ROWS, int COLUMNS>
using Block = Vector[ROWS][COLUMNS];

// block[r][c] += sum over k of a[r][k] b[k][c]: one number of `a` against a vector of `b`.
//
// `a` has a step between rows and one between its k; `b` has one between its k, its COLUMNS
// vectors stand side by side.
template <int ROWS, int COLUMNS>
MCCA_INLINE void multiply(Block<ROWS, COLUMNS> &block, const float *a, std::ptrdiff_t a_row,
                          std::ptrdiff_t a_step, const float *b, std::ptrdiff_t b_step,
                          int count) {
  for (int k = 0; k < count; ++k, a += a_step, b += b_step) {
    Vector right[COLUMNS];
#pragma GCC unroll 8
    for (int c = 0; c < COLUMNS; ++c) right[c] = load(b + c * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r) {
      const Vector left = all(a[r * a_row]);
#pragma GCC unroll 8
      for (int c = 0; c < COLUMNS; ++c) block[r][c] += left * right[c];
    }
  }
}

// Calls `task.run<ROWS>(first)` for all rows in blocks that differ by one row at most.
template <typename Task, int ROWS = MOST_ROWS>
MCCA_INLINE void run_block(const Task &task, int first, int rows) {
  if constexpr (ROWS > 0) {
    if (rows == ROWS)
      task.template run<ROWS>(first);
    else
      run_block<Task, ROWS - 1>(task, first, rows);
  }
}

template <typename Task>
MCCA_INLINE void run_blocks(const Task &task, int rows) {
  const int blocks = (rows + MOST_ROWS - 1) / MOST_ROWS;
  for (int i = 0, first = 0; i < blocks; ++i) {
    const int last = static_cast<int>(static_cast<long long>(rows) * (i + 1) / blocks);
    run_block(task, first, last - first);
    first = last;
  }
}

}  // namespace mcca::MCCA_ISA
