#pragma once

namespace kdtalker::kernels {

// Instruction sets of the CPU kernels. Each has its own translation unit (isa_*.cc) and its own namespace. A
// later set includes the earlier ones.
enum class Isa { kPortable, kAvx2, kAvx512, kAvx512Bf16 };
inline constexpr int kIsaCount = 4;

// The best set that this processor and its operating system support.
Isa BestIsa();

const char* IsaName(Isa isa);

}  // namespace kdtalker::kernels
