// What convolutions of blocked halves add up: products of the cells around a cell with weights of halves, in
// float32. Its weights lie as the lanes of tensor cores read them.
#pragma once

#include "kernels/plan/to_blocks.h"

namespace kdtalker::kernels::plan {

// The order of weights: [tiles of 16 * groups outputs, blocks of inputs, slices, rows, taps, groups, 32
// lanes, 8]. lib/packs/lowering/plan/packed-weights.ts writes it.
struct PackedWeights {
  std::int64_t in_blocks, slices, side;  // a kernel of [slices, side, side]
  std::int64_t groups;                   // sixteens of outputs that one block of threads makes

  KDT_HOST_DEVICE std::int64_t Count(std::int64_t out_blocks) const {
    return (out_blocks + groups - 1) / groups * in_blocks * slices * side * side * groups * 256;
  }

  // `tap` counts the cells of the kernel, the last axis fastest.
  KDT_HOST_DEVICE std::int64_t At(std::int64_t output, std::int64_t input, std::int64_t tap) const {
    const std::int64_t block = output / kLanes, o = output % kLanes, i = input % kLanes;
    const std::int64_t round = input / kLanes * slices + tap / (side * side);
    const std::int64_t step =
        (block / groups * in_blocks * slices + round) * side * side + tap % (side * side);
    const std::int64_t lane = (o / 4 * 2 + o % 2) * 4 + i % 8 / 2;
    return (step * groups + block % groups) * 256 + lane * 8 + o / 2 % 2 * 4 + i / 8 * 2 + i % 2;
  }
};

// The forms that a GPU has a kernel for; cuda/blocks.cu lists them. Side 2 is that of repeated cells.
KDT_HOST_DEVICE bool HasForm(std::int64_t side, std::int64_t groups) {
  if (side == 2) return groups == 2 || groups == 4 || groups == 8;
  if (side == 3) return groups == 2 || groups == 4 || groups == 8 || groups == 9;
  return groups == 2 ? side == 1 || side == 7 : groups == 8 && side == 1;
}
inline constexpr std::int64_t kSpadeGroups = 8;

struct BlockProduct {
  const Half* in;  // [blocks, depth, height, width, 16]
  const Half* weights;
  PackedWeights packed;
  std::int64_t depth, height, width;

  KDT_HOST_DEVICE std::int64_t cells() const { return depth * height * width; }

  // Weights, and how many of the cells that they see lie before a cell along y and x.
  struct Window {
    const Half* weights;
    std::int64_t above, before;
  };
  KDT_HOST_DEVICE Window Centred() const { return {weights, packed.side / 2, packed.side / 2}; }

  // Adds to the sums of a cell those of the 16 outputs of a block.
  KDT_HOST_DEVICE void Add(std::int64_t block, std::int64_t cell, const Window& window,
                           float (&sums)[kLanes]) const {
    const std::int64_t z = cell / (height * width), y = cell / width % height, x = cell % width;
    const std::int64_t side = packed.side, taps = packed.slices * side * side;
    for (std::int64_t tap = 0; tap < taps; tap++) {
      const std::int64_t from_z = z + tap / (side * side) - packed.slices / 2,
                         from_y = y + tap / side % side - window.above,
                         from_x = x + tap % side - window.before;
      if (from_z < 0 || from_z >= depth || from_y < 0 || from_y >= height || from_x < 0 || from_x >= width)
        continue;
      const std::int64_t from = (from_z * height + from_y) * width + from_x;
      for (std::int64_t input = 0; input < packed.in_blocks * kLanes; input++) {
        const float value = FloatOf(in[(input / kLanes * cells() + from) * kLanes + input % kLanes]);
        for (std::int64_t lane = 0; lane < kLanes; lane++)
          sums[lane] += value * FloatOf(window.weights[packed.At(block * kLanes + lane, input, tap)]);
      }
    }
  }
};

}  // namespace kdtalker::kernels::plan
