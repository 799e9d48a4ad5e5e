// Convolutions as transform - product - transform. A picture is cut into tiles; a tile's inputs are
// transformed to `products` rows of channels, each is multiplied with a matrix of its own, and what comes out
// is transformed back to the tile's outputs. Winograd's method, the 1x1 convolution (one product, no
// transforms) and the convolution of a picture that was enlarged by repetition all have this form (Method).
//
// A 3x3x3 convolution does that in each depth slice and adds the products of three slices.
//
// The plain data here is shared by every instruction set; the functions of ConvKernels are theirs (isa_*.cc).
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
  // outputs of one cell. Along an axis, cells p, q, r give g0 (p-q), (g0+g1+g2) q and g2 (r-q), whose sums
  // are every output: 9 products serve 4 or 16 outputs.
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

// Whether weights are kept as the nine taps they are trained as, in float32, and transformed to the matrices
// of the products in each run: that is where the taps take less memory. A frame reads all weights once, so
// what is saved of it in memory traffic pays for the transform.
constexpr int kTaps = 9;
constexpr bool KeepsTaps(Method method, std::size_t bytes_of_element) {
  return ShapeOf(method).products * bytes_of_element > kTaps * sizeof(float);
}

// Outputs are computed in panels of this number of blocks of 16, which fit into registers.
constexpr int PanelBlocks(int blocks) {
  if (blocks == 1) return 1;
  return blocks % 2 != 0 && blocks % 3 == 0 ? 3 : 2;
}

// What does not change from run to run. Sizes in cells of the input.
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

// What a run brings. T: float or Bf16.
template <class T>
struct ConvCall {
  const T* x;           // [in_blocks, depth, height, width, 16]
  const void* weights;  // laid out, conv_layout.h
  const float* bias;    // [out_blocks * 16]; spade: gamma's, then beta's
  const T* residual;    // added last, of y's shape; null: none
  float alpha;          // max(v, alpha v): 0 ReLU, 1 as it is
  T* y;                 // [out_blocks, depth, height', width', 16]
  // SPADE alone: what is normalised and then modulated, [channels' blocks, height' / repeat, width' / repeat,
  // 16], and for each of its channels mean and 1 / deviation. Without beta the plan is a plain convolution's.
  const T* normalised;
  const float* statistics;
  int repeat;
};

// Rows first .. first + count of a slice's tiles; `row` is where the first goes in the workspace.
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
  // Of methods that keep taps: taps [panels][kernel_depth][panel_blocks][channels][9][16] to the matrices of
  // one panel.
  void (*transform_kernels)(const ConvPlan&, const float* taps, KernelRange, T* matrices);
  void (*transform_in)(const ConvPlan&, const ConvCall<T>&, TileRange, const ConvSpace<T>&);
  // outputs[row_out..] = or += inputs[row_in..] * weights, for one panel, product and depth of the kernel.
  void (*product)(const ConvPlan&, const T* inputs, const T* weights, int rows, bool add, float* outputs,
                  int output_row);
  // The panel's outputs of these tiles, with bias, activation and residual, to y. `outputs` begins at the
  // panel.
  void (*transform_out)(const ConvPlan&, const ConvCall<T>&, TileRange, int panel, const ConvSpace<T>&);
};

}  // namespace kdtalker::kernels
