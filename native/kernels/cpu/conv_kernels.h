// Convolutions as transform - product - transform. A picture is divided into tiles. A tile's inputs are
// transformed to `products` rows of channels, each row is multiplied by its own matrix, and the results are
// transformed back to the tile's outputs. Winograd's method, the 1x1 convolution (one product, no transforms)
// and the convolution of a picture enlarged by repetition all have this form (Method).
//
// A 3x3x3 convolution does that in each depth slice and adds the products of three slices.
//
// All instruction sets share the plain data here; each has its own functions of ConvKernels (isa_*.cc).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/bf16.h"
#include "kernels/cpu/block_size.h"

namespace kdtalker::kernels {

enum class Method {
  kPointwise,  // 1x1: a tile is a cell
  kWinograd2,  // 3x3, tiles of 2x2 outputs, 16 products
  kWinograd4,  // 3x3, tiles of 4x4 outputs, 36 products
  // 3x3 on a picture whose rows and columns were repeated twice or four times: a tile is the 2x2 or 4x4
  // outputs of one cell. Along an axis, cells p, q, r give g0 (p-q), (g0+g1+g2) q and g2 (r-q); their sums
  // are the outputs: 9 products give 4 or 16 outputs.
  kUpsampled2,
  kUpsampled4,
};

// Outputs along a tile's side, and products of a tile.
struct MethodShape {
  int tile, products;
};
constexpr MethodShape ShapeOf(Method method) {
  switch (method) {
    case Method::kWinograd2:
      return {2, 16};
    case Method::kWinograd4:
      return {4, 36};
    case Method::kUpsampled2:
      return {2, 9};
    case Method::kUpsampled4:
      return {4, 9};
    case Method::kPointwise:
      break;
  }
  return {1, 1};
}

// Whether weights are kept as the nine trained taps, in float32, and each run transforms them to the matrices
// of the products. They are kept if the taps take less memory: a frame reads all weights once, so the saved
// memory traffic pays for the transform.
constexpr int kTaps = 9;
constexpr bool KeepsTaps(Method method, std::size_t bytes_of_element) {
  return ShapeOf(method).products * bytes_of_element > kTaps * sizeof(float);
}

// Outputs are computed in panels of this number of blocks of 16, which fit into registers.
constexpr int PanelBlocks(int blocks) {
  if (blocks == 1) return 1;
  return blocks % 2 != 0 && blocks % 3 == 0 ? 3 : 2;
}

// The constants of a convolution. Sizes are in cells of the input.
struct ConvPlan {
  Method method;
  int in_blocks, out_blocks;  // of 16 channels
  int depth, height, width;
  int kernel_depth;  // 1 or 3
  int tiles_y, tiles_x;
  int panel_blocks, panels;  // panel_blocks * panels >= out_blocks
  bool spade;                // out_blocks counts gamma and beta, which alternate

  int tiles() const { return tiles_y * tiles_x; }  // of a slice
  int channels() const { return kBlock * in_blocks; }
  int panel_width() const { return kBlock * panel_blocks; }
  // Elements of the matrices of one product of one panel: [kernel_depth][channels][panel_width].
  std::int64_t product_weights() const { return std::int64_t{kernel_depth} * channels() * panel_width(); }
  // Elements of all matrices: [panels][products][kernel_depth][channels][panel_width].
  std::int64_t matrices() const {
    return std::int64_t{panels} * ShapeOf(method).products * product_weights();
  }
};

// The arguments of a run. T: float or Bf16.
template <class T>
struct ConvCall {
  const T* x;           // [in_blocks, depth, height, width, 16]
  const void* weights;  // laid out, conv_layout.h
  const float* bias;    // [out_blocks * 16]; spade: gamma's, then beta's
  const T* residual;    // added last, of y's shape; null: none
  float alpha;          // max(v, alpha v): 0 ReLU, 1 none
  T* y;                 // [out_blocks, depth, height', width', 16]
  // Only for SPADE: the tensor to normalise and modulate, [channels' blocks, height' / repeat, width' /
  // repeat, 16], and the mean and 1 / deviation of its channels. Without beta, the plan is a plain
  // convolution's.
  const T* normalised;
  const float* statistics;
  int repeat;
};

// Rows first .. first + count of a slice's tiles; `row` is the first one's row in the workspace.
struct TileRange {
  int slice, first, count, row;
};

// Transformed inputs [products][rows][channels], and products of a panel [products][rows][panel_width].
template <class T>
struct ConvSpace {
  T* inputs;
  std::int64_t input_stride;  // elements from product to product
  float* outputs;
  std::int64_t output_stride;  // elements from product to product
  int output_row;              // elements from row to row
};

// Input channels first .. first + count of one depth of one panel's kernels; both are even.
struct KernelRange {
  int panel, slice, first, count;
};

template <class T>
struct ConvKernels {
  // For methods that keep taps: transforms taps [panels][kernel_depth][panel_blocks][channels][9][16] to the
  // matrices of one panel.
  void (*transform_kernels)(const ConvPlan&, const float* taps, KernelRange, T* matrices);
  void (*transform_in)(const ConvPlan&, const ConvCall<T>&, TileRange, const ConvSpace<T>&);
  // outputs[row_out..] = or += inputs[row_in..] * weights, for one panel, product and depth of the kernel.
  void (*product)(const ConvPlan&, const T* inputs, const T* weights, int rows, bool add, float* outputs,
                  int output_row);
  // Writes the panel's outputs of these tiles, with bias, activation and residual, to y. `outputs` begins at
  // the panel.
  void (*transform_out)(const ConvPlan&, const ConvCall<T>&, TileRange, int panel, const ConvSpace<T>&);
};

}  // namespace kdtalker::kernels
