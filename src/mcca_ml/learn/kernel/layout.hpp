// Memory layout of weights and days of a cell, and conversion from and to the arrays of lstm.py.
//
// A *read* is what a gate is multiplied with: the hidden units of yesterday, the features of today,
// and 1 for the bias. Units are padded to whole vectors; weights and gradients of padded units are
// zero, and so are their states. The four gates of one vector of units stand together, so that a
// register block of rows x 4 gates holds all that the activation of these units needs.
#pragma once

#include "simd.hpp"

namespace mcca::MCCA_ISA {

struct Layout {
  int features;
  int hidden;
  int vectors;  // of units
  int padded;   // units, in whole vectors
  int gates;    // floats of the gates of a day
  int reads;    // hidden + features + 1
  int row;      // floats of the reads of a day, whole vectors
  int matrix;   // floats of the weights of gates
  int size;     // floats of all weights
};

MCCA_INLINE int whole(int floats) { return (floats + LANES - 1) / LANES * LANES; }

MCCA_INLINE Layout layout_of(Shape shape) {
  Layout l;
  l.features = shape.features;
  l.hidden = shape.hidden;
  l.padded = whole(shape.hidden);
  l.vectors = l.padded / LANES;
  l.gates = GATES * l.padded;
  l.reads = shape.hidden + shape.features + 1;
  // A whole vector of units is stored at its front before the features overwrite the padding.
  l.row = whole(l.reads > l.padded ? l.reads : l.padded);
  l.matrix = l.reads * l.gates;
  l.size = l.matrix + l.padded + LANES;
  return l;
}

// Weights in one piece: matrix (vector of units, read, gate, lane), out (unit), level.
MCCA_INLINE const float *out_of(const Layout &l, const float *weights) {
  return weights + l.matrix;
}
MCCA_INLINE float *out_of(const Layout &l, float *weights) { return weights + l.matrix; }
MCCA_INLINE int level_at(const Layout &l) { return l.matrix + l.padded; }

// The row of lstm.py's matrices that holds the weights of a read.
MCCA_INLINE float *row_of(const Layout &l, const Network &network, int read) {
  const int gates = GATES * l.hidden;
  if (read < l.hidden) return network.recurrent + read * gates;
  if (read < l.hidden + l.features) return network.input + (read - l.hidden) * gates;
  return network.bias;
}

MCCA_INLINE int place_of(const Layout &l, int unit, int read, int gate) {
  return ((unit / LANES * l.reads + read) * GATES + gate) * LANES + unit % LANES;
}

inline void pack(const Layout &l, const Network &network, float *weights) {
  for (int i = 0; i < l.size; ++i) weights[i] = 0;
  for (int read = 0; read < l.reads; ++read) {
    const float *row = row_of(l, network, read);
    for (int gate = 0; gate < GATES; ++gate)
      for (int unit = 0; unit < l.hidden; ++unit)
        weights[place_of(l, unit, read, gate)] = row[gate * l.hidden + unit];
  }
  for (int unit = 0; unit < l.hidden; ++unit) out_of(l, weights)[unit] = network.out[unit];
  weights[level_at(l)] = *network.level;
}

inline void unpack(const Layout &l, const float *weights, const Network &network) {
  for (int read = 0; read < l.reads; ++read) {
    float *row = row_of(l, network, read);
    for (int gate = 0; gate < GATES; ++gate)
      for (int unit = 0; unit < l.hidden; ++unit)
        row[gate * l.hidden + unit] = weights[place_of(l, unit, read, gate)];
  }
  for (int unit = 0; unit < l.hidden; ++unit) network.out[unit] = out_of(l, weights)[unit];
  *network.level = weights[level_at(l)];
}

// The recurrent weights with gates as rows, by which the gradient goes back a day:
// (vector of units, gate, lane; unit).
inline void transpose(const Layout &l, const float *weights, float *back) {
  if (l.hidden < l.padded)
    for (int i = 0; i < l.gates * l.padded; ++i) back[i] = 0;
  for (int from = 0; from < l.vectors; ++from)
    for (int read = 0; read < l.hidden; ++read) {
      const float *row = weights + (from * l.reads + read) * GATES * LANES;
      float *column = back + from * GATES * LANES * l.padded + read;
      for (int i = 0; i < GATES * LANES; ++i) column[i * l.padded] = row[i];
    }
}

}  // namespace mcca::MCCA_ISA
