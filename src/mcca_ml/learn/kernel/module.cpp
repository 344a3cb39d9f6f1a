// The kernel as a module of Python; native_backend.py calls it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "instructions.hpp"
#include "pool.hpp"

namespace nb = nanobind;

namespace mcca {

namespace {

template <typename T>
using Given = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;
using Found = nb::ndarray<float, nb::c_contig, nb::device::cpu>;
using FoundWhole = nb::ndarray<std::int32_t, nb::c_contig, nb::device::cpu>;

// A write beyond an array would be silent: the shapes from native_backend.py are checked again.
template <typename Array>
void demand(const Array &array, std::initializer_list<std::size_t> shape, const char *name) {
  bool is_right = array.ndim() == shape.size();
  std::size_t i = 0;
  for (const std::size_t size : shape)
    if (is_right) is_right = array.shape(i++) == size;
  if (!is_right) throw std::invalid_argument(std::string("kernel: shape of ") + name);
}

// Networks of cells, (cell, ...) each, as in lstm.py.
template <typename Array>
struct Networks {
  Array input, recurrent, bias, out, level;

  void demand_shape(std::size_t cells, Shape shape) const {
    const std::size_t hidden = shape.hidden, gates = GATES * hidden;
    demand(input, {cells, static_cast<std::size_t>(shape.features), gates}, "input");
    demand(recurrent, {cells, hidden, gates}, "recurrent");
    demand(bias, {cells, gates}, "bias");
    demand(out, {cells, hidden}, "out");
    demand(level, {cells}, "level");
  }

  // A network that is only read has no type of its own.
  Network at(std::size_t cell, Shape shape) const {
    const std::size_t hidden = shape.hidden, gates = GATES * hidden;
    const auto part = [cell](const Array &array, std::size_t size) {
      return const_cast<float *>(array.data()) + cell * size;
    };
    return {part(input, shape.features * gates), part(recurrent, hidden * gates),
            part(bias, gates), part(out, hidden), part(level, 1)};
  }
};

template <typename Array>
Networks<Array> networks_of(const nb::tuple &arrays) {
  if (arrays.size() != 5) throw std::invalid_argument("kernel: a network has five arrays");
  return {nb::cast<Array>(arrays[0]), nb::cast<Array>(arrays[1]), nb::cast<Array>(arrays[2]),
          nb::cast<Array>(arrays[3]), nb::cast<Array>(arrays[4])};
}

template <typename Array>
Shape shape_of(const Networks<Array> &networks) {
  if (networks.input.ndim() != 3 || networks.out.ndim() != 2)
    throw std::invalid_argument("kernel: axes of a network");
  return {static_cast<int>(networks.input.shape(1)), static_cast<int>(networks.out.shape(1))};
}

// Scratch of each thread; taken before the threads begin, which cannot fail then.
class Scratch {
 public:
  Scratch(std::size_t floats, int threads) : floats_((floats + 15) / 16 * 16) {
    if (threads < 1) throw std::invalid_argument("kernel: fewer threads than one");
    place_ = static_cast<float *>(std::aligned_alloc(64, floats_ * sizeof(float) * threads));
    if (!place_) throw std::bad_alloc();
  }
  ~Scratch() { std::free(place_); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  float *of(int thread) const { return place_ + floats_ * thread; }

 private:
  std::size_t floats_;
  float *place_;
};

// Runs with the lock of Python released; answers an interrupt and tells progress.
void run(std::size_t cells, int threads, const nb::object &progress, const Task &task) {
  const nb::gil_scoped_release released;
  for_each_cell(cells, threads, task, [&](std::ptrdiff_t done) {
    const nb::gil_scoped_acquire held;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!progress.is_none()) progress(done);
  });
}

// Sequences must be inside the series.
void demand_inside(const Given<std::int32_t> &first, std::size_t days, int length) {
  for (std::size_t i = 0; i < first.size(); ++i)
    if (first.data()[i] < 0 || static_cast<std::size_t>(first.data()[i]) + length > days)
      throw std::invalid_argument("kernel: a sequence leaves its series");
}

// In the order of native_backend.py.
Settings settings_of(const nb::tuple &given) {
  return {nb::cast<int>(given[0]),   nb::cast<int>(given[1]),  nb::cast<int>(given[2]),
          nb::cast<int>(given[3]),   nb::cast<int>(given[4]),  nb::cast<int>(given[5]),
          nb::cast<float>(given[6]), nb::cast<float>(given[7])};
}

// Series of cells: days are the second axis of all.
struct SeriesOfCells {
  Given<float> x, target, train, stop;
  std::size_t cells, days;

  SeriesOfCells(const nb::tuple &arrays, Shape shape)
      : x(nb::cast<Given<float>>(arrays[0])),
        target(nb::cast<Given<float>>(arrays[1])),
        train(nb::cast<Given<float>>(arrays[2])),
        stop(nb::cast<Given<float>>(arrays[3])) {
    if (x.ndim() != 3) throw std::invalid_argument("kernel: axes of x");
    cells = x.shape(0);
    days = x.shape(1);
    demand(x, {cells, days, static_cast<std::size_t>(shape.features)}, "x");
    for (const auto *array : {&target, &train, &stop}) demand(*array, {cells, days}, "targets");
  }
};

void fine_tune(const std::string &name, const nb::tuple &series, const Given<std::int32_t> &first,
               const nb::tuple &start, const nb::tuple &settings, int threads,
               const nb::object &progress, const nb::tuple &best, const Found &errors,
               const FoundWhole &counts) {
  const Kernel &kernel = kernel_of(name);
  const auto from = networks_of<Given<float>>(start);
  const auto to = networks_of<Found>(best);
  const Shape shape = shape_of(from);
  const SeriesOfCells given(series, shape);
  const Settings s = settings_of(settings);
  const std::size_t cells = given.cells, days = given.days;
  const std::size_t draws = static_cast<std::size_t>(s.epochs) * s.steps * s.batch;
  demand(first, {cells, draws}, "first");
  demand_inside(first, days, s.sequence);
  demand(errors, {cells, 2}, "errors");
  demand(counts, {cells, 3}, "counts");
  from.demand_shape(cells, shape);
  to.demand_shape(cells, shape);
  const Scratch scratch(kernel.memory_of(shape, s.sequence, static_cast<int>(days)), threads);
  run(cells, threads, progress, [&](int thread, std::ptrdiff_t cell, const int *halt) {
    const Lesson lesson{given.x.data() + cell * days * shape.features,
                        given.target.data() + cell * days,
                        given.train.data() + cell * days,
                        given.stop.data() + cell * days,
                        first.data() + cell * draws,
                        from.at(cell, shape),
                        static_cast<int>(days)};
    float *error = errors.data() + cell * 2;
    std::int32_t *count = counts.data() + cell * 3;
    kernel.fine_tune(shape, lesson, s, halt, scratch.of(thread),
                     {to.at(cell, shape), error, error + 1, count, count + 1, count + 2});
  });
}

void gradient(const std::string &name, const nb::tuple &series, const Given<std::int32_t> &first,
              const nb::tuple &network, int length, int warm_up, int threads,
              const nb::tuple &found, const Found &loss) {
  const Kernel &kernel = kernel_of(name);
  const auto at = networks_of<Given<float>>(network);
  const auto to = networks_of<Found>(found);
  const Shape shape = shape_of(at);
  const SeriesOfCells given(series, shape);
  const std::size_t cells = given.cells, days = given.days;
  if (first.ndim() != 2) throw std::invalid_argument("kernel: axes of first");
  const std::size_t number = first.shape(1);
  demand(first, {cells, number}, "first");
  demand_inside(first, days, length);
  demand(loss, {cells}, "loss");
  at.demand_shape(cells, shape);
  to.demand_shape(cells, shape);
  const Scratch scratch(kernel.memory_of(shape, length, 0), threads);
  run(cells, threads, nb::none(), [&](int thread, std::ptrdiff_t cell, const int *) {
    const Sequences some{given.x.data() + cell * days * shape.features,
                         given.target.data() + cell * days,
                         given.train.data() + cell * days,
                         first.data() + cell * number,
                         static_cast<int>(number),
                         length,
                         warm_up};
    kernel.gradient(shape, at.at(cell, shape), some, scratch.of(thread), to.at(cell, shape),
                    loss.data() + cell);
  });
}

void predict(const std::string &name, const Given<float> &x, const nb::tuple &network, int threads,
             const nb::object &progress, const Found &answer) {
  const Kernel &kernel = kernel_of(name);
  const auto at = networks_of<Given<float>>(network);
  const Shape shape = shape_of(at);
  if (x.ndim() != 3) throw std::invalid_argument("kernel: axes of x");
  const std::size_t cells = x.shape(0), days = x.shape(1), features = shape.features;
  demand(x, {cells, days, features}, "x");
  demand(answer, {cells, days}, "answer");
  at.demand_shape(cells, shape);
  const Scratch scratch(kernel.memory_of(shape, 1, 0), threads);
  run(cells, threads, progress, [&](int thread, std::ptrdiff_t cell, const int *) {
    kernel.predict(shape, at.at(cell, shape), x.data() + cell * days * features,
                   static_cast<int>(days), scratch.of(thread), answer.data() + cell * days);
  });
}

void activations(const std::string &name, const Given<float> &x, const Found &sigmoid,
                 const Found &tanh) {
  const Kernel &kernel = kernel_of(name);
  demand(sigmoid, {x.size()}, "sigmoid");
  demand(tanh, {x.size()}, "tanh");
  kernel.sigmoid(x.data(), static_cast<int>(x.size()), sigmoid.data());
  kernel.tanh(x.data(), static_cast<int>(x.size()), tanh.data());
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const Kernel *kernel : kernels()) found.emplace_back(kernel->name);
  return found;
}

}  // namespace
}  // namespace mcca

NB_MODULE(_native, m) {
  m.def("instructions", &mcca::names);
  m.def("fine_tune", &mcca::fine_tune, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
        nb::arg(), nb::arg().none(), nb::arg(), nb::arg().noconvert(), nb::arg().noconvert());
  m.def("gradient", &mcca::gradient, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
        nb::arg(), nb::arg(), nb::arg(), nb::arg().noconvert());
  m.def("predict", &mcca::predict, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(),
        nb::arg().noconvert());
  m.def("activations", &mcca::activations, nb::arg(), nb::arg(), nb::arg().noconvert(),
        nb::arg().noconvert());
}
