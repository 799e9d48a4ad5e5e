// The working memory of TokenLayers: one block, divided before the threads begin, so no thread allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/token_layers.h"

namespace kdtalker::ops {

// The memory that all members of a run share. The stream is in `stream`, and also in `low` if T is not float.
template <class T>
struct TokenSpace {
  std::int64_t row;        // elements of a row of each array except qkv
  float *stream, *hidden;  // [rows, row]
  T *low, *normal;         // [rows, row]
  float* qkv;              // [rows, qkv_row]
  std::int64_t qkv_row;
  float *cos, *sin;  // [rows, turning]
  int members;       // of the team, at most
  float* own;        // own_floats for each member
  std::size_t own_floats;
  void* phases;
};

// The numbers that determine the sizes of the parts.
struct TokenSizes {
  int rows, widest, widest_attention, head, turning;
  std::size_t phases;  // phases of the whole run
};

TokenSizes SizesOf(const TokenPlan& plan, const std::vector<TokenInputs>& inputs, int rows, int channels);

// Divides `memory` into the parts of a run for space.members members. Returns its size in bytes; null memory
// is only measured.
template <class T>
std::size_t CutSpace(TokenSpace<T>& space, const TokenSizes& sizes, char* memory);

}  // namespace kdtalker::ops
