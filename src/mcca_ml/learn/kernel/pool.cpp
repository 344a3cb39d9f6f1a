#include "pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mcca {

namespace {

constexpr auto LOOK = std::chrono::milliseconds(100);

class Pool {
 public:
  Pool(std::ptrdiff_t cells, int threads, const Task &task) : cells_(cells), task_(task) {
    try {
      for (int i = 0; i < threads; ++i) threads_.emplace_back(&Pool::work, this, i);
    } catch (...) {
      // The destructor of a half-made object does not run: the threads that began end here.
      end();
      throw;
    }
  }
  ~Pool() { end(); }

  // True if all cells are done or one failed, after a short wait.
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, LOOK, [this] { return done_ == cells_ || failure_; });
  }

  std::ptrdiff_t done() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return done_;
  }

  std::exception_ptr failure() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
  }

 private:
  void work(int thread) {
    for (;;) {
      const std::ptrdiff_t cell = __atomic_fetch_add(&next_, 1, __ATOMIC_RELAXED);
      if (cell >= cells_ || __atomic_load_n(&halt_, __ATOMIC_RELAXED)) return;
      try {
        task_(thread, cell, &halt_);
        tell(nullptr);
      } catch (...) {
        tell(std::current_exception());
        return;
      }
    }
  }

  void tell(std::exception_ptr failure) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure && !failure_) failure_ = failure;
    if (!failure) ++done_;
    if (failure || done_ == cells_) changed_.notify_all();
  }

  void end() {
    __atomic_store_n(&halt_, 1, __ATOMIC_RELAXED);
    for (std::thread &thread : threads_) thread.join();
    threads_.clear();
  }

  const std::ptrdiff_t cells_;
  const Task &task_;
  std::ptrdiff_t next_ = 0;
  std::ptrdiff_t done_ = 0;
  int halt_ = 0;
  std::exception_ptr failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace

void for_each_cell(std::ptrdiff_t cells, int threads, const Task &task, const Watch &watch) {
  if (cells == 0) return;
  Pool pool(cells, static_cast<int>(std::min<std::ptrdiff_t>(threads, cells)), task);
  while (!pool.wait()) watch(pool.done());
  if (const std::exception_ptr failure = pool.failure()) std::rethrow_exception(failure);
  watch(cells);
}

}  // namespace mcca
