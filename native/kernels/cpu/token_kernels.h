// Layers over tokens, [rows, width] row-major: products with laid out matrices, layer normalisation,
// attention. Each call computes a piece, so the threads of a run share a layer.
//
// T is the element type of products: float or Bf16, which halves the weights and doubles the rate. Sums,
// normalisations, attention itself and the stream of tokens are always float32.
//
// All instruction sets share the plain data here; each has its own functions of TokenKernels (tokens.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/bf16.h"

namespace kdtalker::kernels {

inline constexpr int kTokenPanel = 48;  // outputs of a matrix that are computed together
inline constexpr int kHeadPanel = 32;   // keys, or numbers of a head, that are computed together

// Always inlined, as they serve every instruction set: see vector.h.
#define KDTALKER_SHARED constexpr __attribute__((always_inline))

KDTALKER_SHARED int PanelsOf(int outputs) {
  return (outputs + kTokenPanel - 1) / kTokenPanel;
}
// Elements of a panel of weights: bfloat16 has its channels in pairs.
template <class T>
KDTALKER_SHARED std::int64_t TokenPanelSize(int channels) {
  return std::int64_t{sizeof(T) == 2 ? (channels + 1) / 2 * 2 : channels} * kTokenPanel;
}
KDTALKER_SHARED int HeadPanelsOf(int keys) {
  return (keys + kHeadPanel - 1) / kHeadPanel;
}

// y = silu(x W + bias) + residual; every part except the product is optional.
template <class T>
struct LinearCall {
  const T* x;          // [rows, x_row]; for Bf16 the channels are even, with a zero after an odd number
  std::int64_t x_row;  // elements from one row to the next
  const T* weights;    // of LayOutLinear
  const float* bias;   // [outputs], or null
  bool silu;
  const float* residual;  // [rows, y_row], or null; may equal y
  float* y;               // [rows, y_row]; whole panels are written
  T* copy;                // [rows, copy_row]: y again, for the next product, or null
  std::int64_t y_row, copy_row;
  int rows, channels, outputs;
};

// y = (x - mean) / deviation * gamma + beta over each row; with a condition then silu(y (1 + scale) + shift).
// scale and shift, [width] each, are those of `time` plus the row's of `audio`; the first `prefix` rows have
// no audio.
template <class T>
struct NormaliseCall {
  const float* x;  // [rows, x_row]
  std::int64_t x_row;
  const float *gamma, *beta;  // [width]
  float epsilon;
  const float* time;   // scale, then shift; null: no condition
  const float* audio;  // [rows - prefix, audio_row], scale, then shift
  std::int64_t audio_row;
  int prefix;
  T* y;  // [rows, y_row]
  std::int64_t y_row;
  int width;  // a multiple of 16
};

// Softmax(q k' + distance) v of one head, after q and k are rotated (rotary position embedding).
template <class T>
struct AttendCall {
  const float* qkv;  // [rows, qkv_row]: queries, keys, values, each [heads, size]
  std::int64_t qkv_row;
  const float *cos, *sin;  // [rows, turning], sin is negated for a pair's first number
  const float* distances;  // [2 far + 1, heads]: terms of the scores by the distance from query to key
  T* y;                    // [rows, y_row], [heads, size] each
  std::int64_t y_row;
  int rows, heads, size, turning, far;  // size: a multiple of 32
};

template <class T>
struct TokenKernels {
  // Columns [48 panel, 48 panel + 48). `next`: the next call's panel of weights, or null; `space`:
  // LinearSpace() floats. The function is null if the instruction set has no product of T.
  void (*linear)(const LinearCall<T>& call, int panel, const T* next, float* space);
  void (*normalise)(const NormaliseCall<T>& call, int first, int last);
  // `space`: AttendSpace() floats.
  void (*attend)(const AttendCall<T>& call, int head, float* space);
};

KDTALKER_SHARED std::size_t LinearSpace(int rows) {
  return static_cast<std::size_t>(rows) * kTokenPanel;
}

KDTALKER_SHARED std::size_t AttendSpace(int rows, int size) {
  const auto n = static_cast<std::size_t>(rows),
             wide = static_cast<std::size_t>(HeadPanelsOf(rows)) * kHeadPanel;
  const auto each = static_cast<std::size_t>(size);
  return n * each + wide * each + n * each + n * wide + n * kHeadPanel + 2 * n + wide;
}

#undef KDTALKER_SHARED

}  // namespace kdtalker::kernels
