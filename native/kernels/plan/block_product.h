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
  if (side == 1) return groups == 2 || groups == 4 || groups == 8;
  return side == 7 && groups == 2;
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
  // Of side 2, within a cell that is repeated `factor` times along both axes. The first place along an axis
  // sees the cell before, too; the others that after it.
  KDT_HOST_DEVICE Window Within(std::int64_t place, std::int64_t factor, std::int64_t out_blocks) const {
    return {weights + place * packed.Count(out_blocks), place / factor == 0 ? 1 : 0,
            place % factor == 0 ? 1 : 0};
  }

  // Blocks of inputs times slices of the kernel, the slices fastest.
  struct Rounds {
    std::int64_t first, end;
  };

  // Adds to the sums of a cell those of the 16 outputs of a block.
  KDT_HOST_DEVICE void Add(std::int64_t block, std::int64_t cell, const Window& window,
                           float (&sums)[kLanes]) const {
    AddRounds(block, cell, window, {0, packed.in_blocks * packed.slices}, sums);
  }

  // The same, of some rounds.
  KDT_HOST_DEVICE void AddRounds(std::int64_t block, std::int64_t cell, const Window& window,
                                 const Rounds& rounds, float (&sums)[kLanes]) const {
    const std::int64_t z = cell / (height * width), y = cell / width % height, x = cell % width;
    const std::int64_t side = packed.side;
    for (std::int64_t round = rounds.first; round < rounds.end; round++) {
      const std::int64_t from_z = z + round % packed.slices - packed.slices / 2;
      for (std::int64_t tap = 0; tap < side * side; tap++) {
        const std::int64_t from_y = y + tap / side - window.above, from_x = x + tap % side - window.before;
        if (from_z < 0 || from_z >= depth || from_y < 0 || from_y >= height || from_x < 0 || from_x >= width)
          continue;
        const std::int64_t from = (from_z * height + from_y) * width + from_x;
        AddTap(block, round / packed.slices, round % packed.slices * side * side + tap, from, window.weights,
               sums);
      }
    }
  }

 private:
  KDT_HOST_DEVICE void AddTap(std::int64_t block, std::int64_t in_block, std::int64_t tap, std::int64_t from,
                              const Half* panel, float (&sums)[kLanes]) const {
    for (std::int64_t i = 0; i < kLanes; i++) {
      const float value = FloatOf(in[(in_block * cells() + from) * kLanes + i]);
      const std::int64_t input = in_block * kLanes + i;
      for (std::int64_t lane = 0; lane < kLanes; lane++)
        sums[lane] += value * FloatOf(panel[packed.At(block * kLanes + lane, input, tap)]);
    }
  }
};

}  // namespace kdtalker::kernels::plan
