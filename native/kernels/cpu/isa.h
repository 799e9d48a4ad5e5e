#pragma once

namespace kdtalker::kernels {

// Instruction sets that the CPU kernels are compiled for, each in a translation unit of its own (isa_*.cc)
// and in a namespace of its own. A later one includes those before it.
enum class Isa { kPortable, kAvx2, kAvx512, kAvx512Bf16 };
inline constexpr int kIsaCount = 4;

// The best that this processor and its operating system run.
Isa BestIsa();

const char* IsaName(Isa isa);

}  // namespace kdtalker::kernels
