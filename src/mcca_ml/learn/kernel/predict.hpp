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

// Answers of a day as products with each unit, (lane): their sum is taken later, since the sum of the
// lanes of one vector would hold up the next day.
MCCA_INLINE void products(const Layout &l, const float *weights, const float *hidden,
                          float *part) {
  const float *out = out_of(l, weights);
  Vector total{};
  for (int v = 0; v < l.vectors; ++v) total += load(hidden + v * LANES) * load(out + v * LANES);
  store(part, total);
}

// Answer of each day.
inline void predict(const Layout &l, const float *weights, const float *x, int days,
                    const Days &scratch, float *found) {
  const Series series{l, weights, scratch.reads, scratch.cell};
  const float level = weights[level_at(l)];
  float part[LANES][LANES];
  clear(series.hidden, 2 * static_cast<std::size_t>(l.padded));
  clear(series.cell, l.padded);
  for (int day = 0; day < days; ++day, x += l.features) {
    const float *before = series.hidden + (day & 1) * l.padded;
    float *after = series.hidden + (1 - (day & 1)) * l.padded;
    int v = 0;
    for (; v + ABREAST <= l.vectors; v += ABREAST) series.run<ABREAST>(x, before, after, v);
    for (; v < l.vectors; ++v) series.run<1>(x, before, after, v);
    products(l, weights, after, part[day % LANES]);
    if (day % LANES == LANES - 1 || day == days - 1)
      for (int i = day - day % LANES; i <= day; ++i) found[i] = sum(load(part[i % LANES])) + level;
  }
}

}  // namespace mcca::MCCA_ISA
