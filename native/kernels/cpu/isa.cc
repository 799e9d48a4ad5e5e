#include "kernels/cpu/isa.h"

namespace kdtalker::kernels {
namespace {

#if defined(__x86_64__)
Isa Detect() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx512 && __builtin_cpu_supports("avx512bf16")) return Isa::kAvx512Bf16;
  if (avx512) return Isa::kAvx512;
  return avx2 ? Isa::kAvx2 : Isa::kPortable;
}
#else
Isa Detect() {
  return Isa::kPortable;
}
#endif

}  // namespace

Isa BestIsa() {
  static const Isa best = Detect();
  return best;
}

const char* IsaName(Isa isa) {
  switch (isa) {
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512bf16";
    case Isa::kPortable:
      break;
  }
  return "portable";
}

}  // namespace kdtalker::kernels
