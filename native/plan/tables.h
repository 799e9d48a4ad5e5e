#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace kdtalker::plan {

// Where a buffer of a plan lies. The numbers are those of lib/packs/lowering/plan/format.ts.
enum class Where : std::int64_t { kArena, kWeights, kConstants, kSlot, kCount };

// A dense array that operations view. `position` is an offset in bytes, or the index of a slot.
struct Buffer {
  Where where;
  std::int64_t position;
  std::int64_t elements;
  Type type;
};

// A named input or output of the network. Halves are blocked: [blocks, (depth,) height, width, 16].
struct PlanSlot {
  std::string name;
  Type type;
  std::vector<std::int64_t> dims;
  bool output;
};

// A kernel to launch; its numbers are ranges of Tables::integers, floats and references.
struct Operation {
  std::int64_t kind;
  std::int64_t first_integer, integers;
  std::int64_t first_float, floats;
  std::int64_t first_reference, references;
};

// The content of a plan's file. After ReadTables every range, buffer and slot in it lies within what it
// refers to; what the operations say is checked where they are decoded.
struct Tables {
  std::int64_t arena_bytes = 0, weight_bytes = 0;
  std::vector<Buffer> buffers;
  std::vector<PlanSlot> slots;
  std::vector<Operation> operations;
  std::vector<std::int64_t> integers, references;
  std::vector<double> floats;
  std::vector<std::uint8_t> constants;
};

inline constexpr std::int64_t kPlanVersion = 7;

// More elements than any tensor has; products of two of them do not overflow.
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

// Throws Error PACK_DAMAGED, which begins with `name`, if the bytes are not a plan of this version.
Tables ReadTables(const std::vector<std::uint8_t>& bytes, const std::string& name);

// The bytes of a file. Throws Error PACK_DAMAGED if it cannot be read.
std::vector<std::uint8_t> ReadBytes(const std::string& file);

}  // namespace kdtalker::plan
