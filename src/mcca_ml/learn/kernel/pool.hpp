// Distributes cells over threads, monitored by the calling thread.
#pragma once

#include <functional>

namespace mcca {

// Task of one cell on one thread; `halt` is not 0 where the answer is no longer wanted.
using Task = std::function<void(int thread, std::ptrdiff_t cell, const int *halt)>;
// Called from the calling thread with the number of finished cells; throws to stop the rest.
using Watch = std::function<void(std::ptrdiff_t done)>;

// Runs the task of each cell once, in any order. The calling thread calls `watch` every tenth of a
// second. No thread outlives the call, also where `watch` throws, and nothing is kept between calls.
void for_each_cell(std::ptrdiff_t cells, int threads, const Task &task, const Watch &watch);

}  // namespace mcca
