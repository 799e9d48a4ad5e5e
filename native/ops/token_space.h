// The working memory of TokenLayers: one piece, cut before the threads begin, so that none of them asks for
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/token_layers.h"

namespace kdtalker::ops {

// What all members of a run share. The stream is in `stream`, and in `low` where T is not float.
template <class T>
struct TokenSpace {
  std::int64_t row;        // elements of a row of each, but of qkv
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

// What the sizes of the parts follow from.
struct TokenSizes {
  int rows, widest, widest_attention, head, turning;
  std::size_t phases;  // that a team goes through
};

TokenSizes SizesOf(const TokenPlan& plan, const std::vector<TokenInputs>& inputs, int rows, int channels);

// Cuts `memory` into the parts of a run for space.members; with null, measures it. Returns its bytes.
template <class T>
std::size_t CutSpace(TokenSpace<T>& space, const TokenSizes& sizes, char* memory);

}  // namespace kdtalker::ops
