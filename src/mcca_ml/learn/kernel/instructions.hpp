// Selection of the compiled kernel.
#pragma once

#include <string>
#include <vector>

#include "types.hpp"

namespace mcca {

// Kernels that this build has and this processor can run, the fastest first.
std::vector<const Kernel *> kernels();

// The one of a name; the fastest for "best". Throws std::invalid_argument where it cannot run.
const Kernel &kernel_of(const std::string &name);

}  // namespace mcca
