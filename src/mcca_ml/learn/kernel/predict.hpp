// One series forward in time, its units as lanes.
#pragma once

#include "backward.hpp"

namespace mcca::MCCA_ISA {

// Vectors of units whose gates are summed at once: eight sums wait for each other less than four.
constexpr int ABREAST = 2;

struct Series {
  const Layout &l;
  const float *weights;
  float *hidden;  // (unit), twice: of the day before, and of the day
  float *cell;    // (unit)

  template <int COUNT>
  MCCA_INLINE void run(const float *x, const float *before, float *after, int vector) const {
    constexpr int STEP = GATES * LANES;
    const float *w = weights + vector * l.reads * STEP;
    const int apart = l.reads * STEP;
    Vector sums[COUNT][GATES];
    for (int v = 0; v < COUNT; ++v)
      for (int g = 0; g < GATES; ++g)
        sums[v][g] = load(w + v * apart + (l.reads - 1) * STEP + g * LANES);
    // The features first: they do not wait for the activations of the day before.
    add<COUNT>(sums, x, w + l.hidden * STEP, apart, l.features);
    add<COUNT>(sums, before, w, apart, l.hidden);
    for (int v = 0; v < COUNT; ++v) activate(sums[v], after, vector + v);
  }

  template <int COUNT>
  MCCA_INLINE void add(Vector (&sums)[COUNT][GATES], const float *reads, const float *w, int apart,
                       int count) const {
    for (int k = 0; k < count; ++k) {
      const Vector read = all(reads[k]);
#pragma GCC unroll 4
      for (int v = 0; v < COUNT; ++v)
#pragma GCC unroll 4
        for (int g = 0; g < GATES; ++g)
          sums[v][g] += read * load(w + v * apart + (k * GATES + g) * LANES);
    }
  }

  MCCA_INLINE void activate(const Vector (&sums)[GATES], float *after, int vector) const {
    const Vector i = sigmoid(sums[0]), f = sigmoid(sums[1]), o = sigmoid(sums[2]);
    const Vector c = f * load(cell + vector * LANES) + i * tanh(sums[3]);
    store(cell + vector * LANES, c);
    store(after + vector * LANES, o * tanh(c));
  }
};

// Calls `tell(day, hidden units)` for each day; `days` of the scratch are overwritten.
template <typename Tell>
MCCA_INLINE void follow(const Layout &l, const float *weights, const float *x, int days,
                        const Days &scratch, const Tell &tell) {
  const Series series{l, weights, scratch.reads, scratch.cell};
  clear(series.hidden, 2 * static_cast<std::size_t>(l.padded));
  clear(series.cell, l.padded);
  for (int day = 0; day < days; ++day, x += l.features) {
    const float *before = series.hidden + (day & 1) * l.padded;
    float *after = series.hidden + (1 - (day & 1)) * l.padded;
    int v = 0;
    for (; v + ABREAST <= l.vectors; v += ABREAST) series.run<ABREAST>(x, before, after, v);
    for (; v < l.vectors; ++v) series.run<1>(x, before, after, v);
    tell(day, after);
  }
}

// Answer of each day.
inline void predict(const Layout &l, const float *weights, const float *x, int days,
                    const Days &scratch, float *found) {
  follow(l, weights, x, days, scratch, [&](int day, const float *hidden) {
    found[day] = answer(l, weights, hidden);
  });
}

}  // namespace mcca::MCCA_ISA
