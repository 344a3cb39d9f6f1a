// A vector of floats, by the extension of GCC and Clang, and the activations on it.
//
// Everything of one instruction set stands in a namespace of its own (MCCA_ISA) and uses nothing
// of the standard library: the linker keeps one copy of an inline function of that library, and
// that copy must not be one compiled for instructions which the machine lacks.
#pragma once

#include "types.hpp"

namespace mcca::MCCA_ISA {

constexpr int LANES = MCCA_LANES;
// Rows of a register block: with four vectors of gates each they fill the registers.
constexpr int MOST_ROWS = MCCA_ROWS;

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef std::int32_t Bits __attribute__((vector_size(LANES * sizeof(float))));

#define MCCA_INLINE inline __attribute__((always_inline))

MCCA_INLINE Vector load(const float *place) {
  Vector v;
  __builtin_memcpy(&v, place, sizeof v);
  return v;
}

MCCA_INLINE void store(float *place, Vector v) { __builtin_memcpy(place, &v, sizeof v); }

MCCA_INLINE Vector all(float value) { return Vector{} + value; }

// Sum over the lanes, in a fixed order.
MCCA_INLINE float sum(Vector v) {
  float part[LANES];
  store(part, v);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) part[i] += part[i + width];
  return part[0];
}

// 2^t, relative error below 2e-7 for t from -126 to 126, beyond which t is cut; NaN stays NaN.
MCCA_INLINE Vector exp2(Vector t) {
  const Vector most = all(126.0f), round = all(0x1.8p23f);
  // In this order of comparison a NaN is kept.
  t = t > most ? most : t;
  t = t < -most ? -most : t;
  // The sum's last bits are the whole number nearest to t.
  const Vector whole = t + round;
  const Vector f = t - (whole - round);
  // Least largest relative error of degree 5 for 2^f on [-1/2, 1/2], 2^0 = 1: 1.2e-7.
  Vector p = all(0x1.5d47aap-10f);
  p = p * f + 0x1.3d028cp-7f;
  p = p * f + 0x1.c6b248p-5f;
  p = p * f + 0x1.ebf940p-3f;
  p = p * f + 0x1.62e42ep-1f;
  p = p * f + 0x1.000000p0f;
  return (Vector)((Bits)p + ((Bits)whole << 23));
}

// 1 / (1 + exp(-x)); absolute error below 2e-7.
MCCA_INLINE Vector sigmoid(Vector x) { return 1.0f / (1.0f + exp2(x * -0x1.715476p0f)); }

// Hyperbolic tangent; absolute error below 3e-7.
MCCA_INLINE Vector tanh(Vector x) { return 1.0f - 2.0f / (1.0f + exp2(x * 0x1.715476p1f)); }

}  // namespace mcca::MCCA_ISA
