#include "kernels/cpu/kernel_table.h"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace kdtalker::kernels {

namespace portable {
const CpuKernels& Table();
}
#if defined(__x86_64__)
namespace avx2 {
const CpuKernels& Table();
}
namespace avx512 {
const CpuKernels& Table();
}
namespace avx512bf16 {
const CpuKernels& Table();
}
#endif

namespace {

Isa Chosen() {
  const char* wanted = std::getenv("KDTALKER_ISA");
  for (int i = 0; wanted != nullptr && i < kIsaCount; i++) {
    if (std::string(IsaName(static_cast<Isa>(i))) == wanted) return std::min(static_cast<Isa>(i), BestIsa());
  }
  return BestIsa();
}

}  // namespace

const CpuKernels& CpuKernelsOf(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kAvx2:
      return avx2::Table();
    case Isa::kAvx512:
      return avx512::Table();
    case Isa::kAvx512Bf16:
      return avx512bf16::Table();
#endif
    default:
      return portable::Table();
  }
}

const CpuKernels& BestCpuKernels() {
  static const CpuKernels& best = CpuKernelsOf(Chosen());
  return best;
}

}  // namespace kdtalker::kernels
