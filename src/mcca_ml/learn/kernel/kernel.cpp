// The kernel for one instruction set; compiled once for each, with MCCA_ISA, MCCA_LANES,
// MCCA_ROWS and MCCA_GROUP given by the build.
#include "tune.hpp"

namespace mcca::MCCA_ISA {

namespace {

Memory memory_at(const Layout &l, int length, int days, float *place) {
  Cutter cutter{place, 0};
  return cut(l, length, days, cutter);
}

std::size_t memory_of(Shape shape, int sequence, int days) {
  Cutter cutter{nullptr, 0};
  cut(layout_of(shape), sequence, days, cutter);
  return cutter.used;
}

void fine_tune_cell(Shape shape, const Lesson &lesson, const Settings &settings, const int *halt,
                    float *memory, const Outcome &outcome) {
  const Layout l = layout_of(shape);
  const Memory m = memory_at(l, settings.sequence, lesson.days, memory);
  fine_tune(l, lesson, settings, m, halt, outcome);
}

void gradient_cell(Shape shape, const Network &network, const Sequences &some, float *memory,
                   const Network &found, float *loss) {
  const Layout l = layout_of(shape);
  const Memory m = memory_at(l, some.length, 0, memory);
  pack(l, network, m.weights);
  *loss = static_cast<float>(gradient_of(l, some, m));
  unpack(l, m.gradient, found);
}

void predict_cell(Shape shape, const Network &network, const float *x, int days, float *memory,
                  float *found) {
  const Layout l = layout_of(shape);
  const Memory m = memory_at(l, 1, 0, memory);
  pack(l, network, m.weights);
  predict(l, m.weights, x, days, m.days, found);
}

template <typename Function>
void apply(const float *x, int count, float *y, const Function &function) {
  for (int i = 0; i < count; i += LANES) {
    const int some = count - i < LANES ? count - i : LANES;
    float part[LANES] = {};
    for (int k = 0; k < some; ++k) part[k] = x[i + k];
    store(part, function(load(part)));
    for (int k = 0; k < some; ++k) y[i + k] = part[k];
  }
}

void sigmoid_of(const float *x, int count, float *y) {
  apply(x, count, y, [](Vector v) { return sigmoid(v); });
}

void tanh_of(const float *x, int count, float *y) {
  apply(x, count, y, [](Vector v) { return tanh(v); });
}

#define MCCA_TEXT(name) #name
#define MCCA_NAME(name) MCCA_TEXT(name)

}  // namespace

extern const Kernel KERNEL;
const Kernel KERNEL{MCCA_NAME(MCCA_ISA), LANES, memory_of, fine_tune_cell, gradient_cell,
                    predict_cell, sigmoid_of, tanh_of};

}  // namespace mcca::MCCA_ISA
