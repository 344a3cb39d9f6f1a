// Input and output of the kernel for one cell, for all instruction sets.
//
// Gates stand in the order of lstm.py: input, forget, output, candidate. All arrays are float32,
// in C order, and belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mcca {

constexpr int GATES = 4;

// Sizes of a network.
struct Shape {
  int features;
  int hidden;
};

// Weights of a cell as in lstm.py.
struct Network {
  float *input;      // (feature, gates)
  float *recurrent;  // (hidden, gates)
  float *bias;       // (gates)
  float *out;        // (hidden)
  float *level;      // (1)
};

// Sequences of one step, cut out of the series of a cell.
struct Sequences {
  const float *x;             // (day, feature), the whole series
  const float *target;        // (day)
  const float *weight;        // (day): 1 on training days with a target
  const std::int32_t *first;  // (number): first day of each sequence
  int number;
  int length;   // days of a sequence
  int warm_up;  // first days of it without loss
};

// Training data of a cell.
struct Lesson {
  const float *x;             // (day, feature)
  const float *target;        // (day)
  const float *train;         // (day): 1 on training days with a target
  const float *stop;          // (day): 1 on stop days with a target
  const std::int32_t *first;  // (epoch, step, sequence): first days, drawn beforehand
  Network start;
  int days;
};

// Training settings, named as in config/train.py.
struct Settings {
  int epochs;
  int steps;
  int batch;
  int sequence;
  int warm_up;
  int patience;
  float rate;
  float penalty;
};

enum Status : std::int32_t {
  LEARNED = 0,
  BAD_INPUT = 1,    // NaN or infinite input, target or start: the cell keeps its start
  DIVERGED = 2,     // the weights became NaN or infinite: the best epoch before is kept
  INTERRUPTED = 3,  // interrupted: the results are not valid
};

// Results of the training.
struct Outcome {
  Network best;
  float *error_at_start;  // mean squared error on the stop days
  float *error;           // of `best`
  std::int32_t *epoch;    // of `best`; 0 is the start
  std::int32_t *done;     // epochs that ran
  std::int32_t *status;
};

// The functions of one instruction set. `memory` is scratch of a thread, aligned to 64 bytes.
struct Kernel {
  const char *name;
  int lanes;
  // Floats of scratch that any function below needs.
  std::size_t (*memory_of)(Shape shape, int sequence, int days);
  // Trains a cell; looks at `halt` after each step and gives up where it is not 0.
  void (*fine_tune)(Shape, const Lesson &, const Settings &, const int *halt, float *memory,
                    const Outcome &);
  // Loss of some sequences, and its gradient.
  void (*gradient)(Shape, const Network &, const Sequences &, float *memory, const Network &found,
                   float *loss);
  // Answer of each day of a series.
  void (*predict)(Shape, const Network &, const float *x, int days, float *memory, float *answer);
  // Activations of `count` numbers, for the tests of their error.
  void (*sigmoid)(const float *x, int count, float *y);
  void (*tanh)(const float *x, int count, float *y);
};

}  // namespace mcca
