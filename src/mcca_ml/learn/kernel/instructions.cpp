#include "instructions.hpp"

#include <stdexcept>

namespace mcca {

namespace generic {
extern const Kernel KERNEL;
}
#ifdef MCCA_X86
namespace avx2 {
extern const Kernel KERNEL;
}
namespace avx512 {
extern const Kernel KERNEL;
}
#endif

std::vector<const Kernel *> kernels() {
  std::vector<const Kernel *> found;
#ifdef MCCA_X86
  // The compiler's library asks the processor, and whether the system keeps the registers.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    found.push_back(&avx512::KERNEL);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found.push_back(&avx2::KERNEL);
#endif
  found.push_back(&generic::KERNEL);
  return found;
}

const Kernel &kernel_of(const std::string &name) {
  std::string names;
  for (const Kernel *kernel : kernels()) {
    if (name == "best" || name == kernel->name) return *kernel;
    names += std::string(names.empty() ? "" : ", ") + kernel->name;
  }
  throw std::invalid_argument("kernel: instructions \"" + name + "\", expected one of best, " +
                              names + "; this processor or this build has no others");
}

}  // namespace mcca
