// Sums of a convolution of blocked halves without its end, in parts: each adds up a range of the blocks of
// inputs and slices, so that a GPU has enough to do where there are few cells. One index for each cell of a
// block of outputs, of each part and each place within a repeated cell (block_up_convolution.h). On a GPU
// tensor cores do it, over the cells of several slices at a time: cuda/kernels/flat.h.
#pragma once

#include "kernels/plan/block_product.h"

namespace kdtalker::kernels::plan {

// What a block of threads makes at once, and what it holds of the cells around.
inline constexpr std::int64_t kFlatCells = 128, kFlatHeld = 208;

// Slices that a block of threads makes at once; 0: not even one. Between rows, and between slices, lies one
// cell or row of zeros that both see; a kernel of one cell sees none.
KDT_HOST_DEVICE std::int64_t FlatSlices(std::int64_t side, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1) return 0;
  const std::int64_t made = kFlatCells / (height * width);
  if (side == 1) return made;
  const std::int64_t held = (kFlatHeld - (width + 2)) / ((height + 1) * (width + 1));
  return made < held ? made : held;
}

// The forms that a GPU has a kernel for; cuda/blocks.cu lists them.
KDT_HOST_DEVICE bool HasFlatForm(std::int64_t side, std::int64_t groups) {
  return side == 1 ? groups == 4 : (side == 2 || side == 3) && groups == 8;
}

struct BlockSums {
  float* out;  // [parts, factor factor, out_blocks, depth, height, width, 16]
  BlockProduct product;
  std::int64_t out_blocks, factor, parts;

  KDT_HOST_DEVICE std::int64_t count() const {
    return parts * factor * factor * out_blocks * product.cells();
  }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t plane = i / product.cells(), block = plane % out_blocks,
                       place = plane / out_blocks % (factor * factor),
                       part = plane / out_blocks / (factor * factor);
    const std::int64_t rounds = product.packed.in_blocks * product.packed.slices;
    const BlockProduct::Window window =
        product.packed.side == 2 ? product.Within(place, factor, out_blocks) : product.Centred();
    float sums[kLanes] = {};
    product.AddRounds(block, i % product.cells(), window,
                      {part * rounds / parts, (part + 1) * rounds / parts}, sums);
    for (std::int64_t lane = 0; lane < kLanes; lane++) out[i * kLanes + lane] = sums[lane];
  }
};

}  // namespace kdtalker::kernels::plan
