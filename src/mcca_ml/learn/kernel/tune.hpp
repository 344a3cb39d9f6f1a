// The training of one cell, epoch after epoch, as in fine_tune_jax.py.
#pragma once

#include "adam.hpp"
#include "backward.hpp"
#include "forward.hpp"
#include "predict.hpp"

namespace mcca::MCCA_ISA {

// Loss of some sequences; the gradient by the weights is written over.
inline double gradient_of(const Layout &l, const Sequences &some, const Memory &m) {
  double weight = 0;
  for (int n = 0; n < some.number; ++n)
    for (int day = some.warm_up; day < some.length; ++day)
      weight += some.weight[some.first[n] + day];
  const float share = static_cast<float>(1 / (weight > 1 ? weight : 1.0));
  transpose(l, m.weights, m.back);
  clear(m.gradient, l.size);
  double loss = 0;
  for (int first = 0; first < some.number; first += GROUP) {
    Sequences group = some;
    group.first += first;
    group.number = some.number - first < GROUP ? some.number - first : GROUP;
    forward(l, m.weights, group, m.days);
    loss += lose(l, m.weights, group, m.days, share, m.gradient);
    backward(l, m.weights, m.back, group.number, group.length, m.days, m.gradient);
  }
  return loss;
}

// Mean squared error on the stop days, 0 where there is none.
inline float stop_error(const Layout &l, const Lesson &lesson, const Memory &m) {
  // Nothing after the last stop day is asked for.
  int days = lesson.days;
  while (days > 0 && lesson.stop[days - 1] == 0) --days;
  predict(l, m.weights, lesson.x, days, m.days, m.answer);
  double total = 0, weight = 0;
  for (int day = 0; day < days; ++day) {
    if (lesson.stop[day] == 0) continue;
    const double error = m.answer[day] - lesson.target[day];
    total += lesson.stop[day] * error * error;
    weight += lesson.stop[day];
  }
  return static_cast<float>(total / (weight > 1 ? weight : 1.0));
}

inline bool has_any(const float *weight, int days) {
  for (int day = 0; day < days; ++day)
    if (weight[day] != 0) return true;
  return false;
}

// True if all numbers are finite.
inline bool is_finite(const float *v, std::size_t count) {
  float wrong = 0;
  for (std::size_t i = 0; i < count; ++i) wrong += v[i] - v[i];
  return wrong == 0;
}

inline bool is_sound(const Layout &l, const Lesson &lesson, const float *start) {
  const std::size_t days = lesson.days;
  return is_finite(lesson.x, days * l.features) && is_finite(lesson.target, days) &&
         is_finite(lesson.train, days) && is_finite(lesson.stop, days) &&
         is_finite(start, l.size);
}

// Steps of one epoch; false where the weights are no longer finite or `halt` says so.
inline bool run_epoch(const Layout &l, const Lesson &lesson, const Settings &s, int epoch,
                      const Memory &m, Step &step, const int *halt) {
  for (int i = 0; i < s.steps; ++i) {
    const std::int32_t *first =
        lesson.first + (static_cast<std::ptrdiff_t>(epoch) * s.steps + i) * s.batch;
    gradient_of(l, {lesson.x, lesson.target, lesson.train, first, s.batch, s.sequence, s.warm_up},
                m);
    step.left_first *= KEEP_FIRST;
    step.left_second *= KEEP_SECOND;
    if (!adam(l, m, step) || __atomic_load_n(halt, __ATOMIC_RELAXED)) return false;
  }
  return true;
}

// All epochs of a sound cell; the weights of the best one are in `m.best`.
inline Status run_epochs(const Layout &l, const Lesson &lesson, const Settings &s,
                         const Memory &m, const int *halt, const Outcome &outcome) {
  const bool can_stop = has_any(lesson.stop, lesson.days);
  Step step{s.rate, s.penalty, 1, 1};
  while (*outcome.done < s.epochs && *outcome.done - *outcome.epoch < s.patience) {
    if (!run_epoch(l, lesson, s, *outcome.done, m, step, halt))
      return __atomic_load_n(halt, __ATOMIC_RELAXED) ? INTERRUPTED : DIVERGED;
    const float error = stop_error(l, lesson, m);
    ++*outcome.done;
    // Without stop days the last epoch is used.
    if (error < *outcome.error || !can_stop) {
      copy(m.best, m.weights, l.size);
      *outcome.error = error;
      *outcome.epoch = *outcome.done;
    }
  }
  return LEARNED;
}

inline void fine_tune(const Layout &l, const Lesson &lesson, const Settings &s, const Memory &m,
                      const int *halt, const Outcome &outcome) {
  pack(l, lesson.start, m.start);
  copy(m.weights, m.start, l.size);
  copy(m.best, m.start, l.size);
  clear(m.first, l.size);
  clear(m.second, l.size);
  *outcome.epoch = *outcome.done = 0;
  *outcome.error = *outcome.error_at_start = __builtin_nanf("");
  if (!is_sound(l, lesson, m.start)) {
    *outcome.status = BAD_INPUT;
  } else {
    *outcome.error = *outcome.error_at_start = stop_error(l, lesson, m);
    *outcome.status = has_any(lesson.train, lesson.days)
                          ? run_epochs(l, lesson, s, m, halt, outcome)
                          : LEARNED;
  }
  unpack(l, m.best, outcome.best);
}

}  // namespace mcca::MCCA_ISA
