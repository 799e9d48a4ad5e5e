#pragma once

#include <string>
#include <vector>

namespace kdtalker {

// The peak rate of the machine's arithmetic units: a loop of multiply-adds on registers, which reads no
// memory. Used only for measurements.
struct Ceiling {
  std::string precision;  // "fp32", "bf16"
  std::string unit;  // the instruction set that was measured: "avx512f", "avx2", "portable", "avx512bf16"
  double one_core;   // GFLOP/s, a multiply-add counted as two
  double all_cores;  // GFLOP/s of `threads` threads at once
};

// One entry for each precision that the processor has instructions for, fp32 first. Takes about a quarter of
// a second each.
std::vector<Ceiling> MeasureCeilings(int threads);

}  // namespace kdtalker
