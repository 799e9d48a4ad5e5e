#pragma once

#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// Row `piece` of y [planes, height / 2, width / 2, 16]: means of 2x2 cells of x [planes, height, width, 16].
template <class T>
void AveragePoolRow(const T* x, T* y, std::int64_t height, std::int64_t width, std::int64_t piece) {
  const std::int64_t plane = piece / (height / 2), row = piece % (height / 2);
  const T* above = x + (plane * height + 2 * row) * width * kBlock;
  const T* below = above + width * kBlock;
  T* to = y + piece * (width / 2) * kBlock;
  for (std::int64_t i = 0; i < width / 2; i++) {
    const Block top = LoadBlock(above + 2 * i * kBlock) + LoadBlock(above + (2 * i + 1) * kBlock);
    const Block bottom = LoadBlock(below + 2 * i * kBlock) + LoadBlock(below + (2 * i + 1) * kBlock);
    StoreBlock(to + i * kBlock, (top + bottom) * 0.25F);
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
