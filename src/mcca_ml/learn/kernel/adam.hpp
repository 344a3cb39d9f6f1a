// One step of Adam towards a start, as in adam.py.
#pragma once

#include "memory.hpp"

namespace mcca::MCCA_ISA {

// Constants of adam.py.
constexpr float KEEP_FIRST = 0.9f, KEEP_SECOND = 0.999f, SMALL = 1e-8f, LONGEST = 1.0f;

struct Step {
  float rate;
  float penalty;
  // 0.9 and 0.999 to the power of the number of steps, this one included.
  double left_first;
  double left_second;
};

MCCA_INLINE Vector root(Vector v) {
  // No function of the extension takes a root; compilers make one instruction of this loop.
  float part[LANES];
  store(part, v);
#pragma GCC unroll 16
  for (int i = 0; i < LANES; ++i) part[i] = __builtin_sqrtf(part[i]);
  return load(part);
}

inline float length_of(const float *v, int size) {
  Vector total{};
  for (int i = 0; i < size; i += LANES) total += load(v + i) * load(v + i);
  return __builtin_sqrtf(sum(total));
}

// Weights after the step; false where one of them is no longer finite.
inline bool adam(const Layout &l, const Memory &m, const Step &step) {
  const float norm = length_of(m.gradient, l.size);
  const float cut = LONGEST / (norm + SMALL) < 1.0f ? LONGEST / (norm + SMALL) : 1.0f;
  const float by_first = static_cast<float>(1 / (1 - step.left_first));
  const float by_second = static_cast<float>(1 / (1 - step.left_second));
  const float pull = 2 * step.rate * step.penalty;
  Vector wrong{};
  for (int i = 0; i < l.size; i += LANES) {
    const Vector g = load(m.gradient + i) * cut;
    const Vector first = KEEP_FIRST * load(m.first + i) + (1 - KEEP_FIRST) * g;
    const Vector second = KEEP_SECOND * load(m.second + i) + (1 - KEEP_SECOND) * (g * g);
    const Vector s = root(second * by_second) + SMALL;
    const Vector w0 = load(m.start + i);
    const Vector u = load(m.weights + i) - step.rate * (first * by_first) / s;
    const Vector w = w0 + (u - w0) * (s / (s + pull));
    store(m.first + i, first);
    store(m.second + i, second);
    store(m.weights + i, w);
    wrong += w - w;  // 0, or NaN where a weight is NaN or infinite
  }
  return sum(wrong) == 0;
}

}  // namespace mcca::MCCA_ISA
