// Mean and 1 / deviation of every channel over its cells: instance normalisation without the multiplication.
#pragma once

#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kSumCells = 64;  // summed separately, so that float32 keeps its digits

// sum of f(cell) over the cells of a plane, in runs of kSumCells.
template <class T, class Function>
KDTALKER_INLINE Block SumOf(const T* plane, std::int64_t cells, Function f) {
  Block total = Zero();
  for (std::int64_t first = 0; first < cells; first += kSumCells) {
    const std::int64_t last = first + kSumCells < cells ? first + kSumCells : cells;
    Block even = Zero(), odd = Zero();
    std::int64_t cell = first;
    for (; cell + 1 < last; cell += 2) {
      even = even + f(LoadBlock(plane + cell * kBlock));
      odd = odd + f(LoadBlock(plane + (cell + 1) * kBlock));
    }
    if (cell < last) even = even + f(LoadBlock(plane + cell * kBlock));
    total = total + (even + odd);
  }
  return total;
}

// Reads one block of x [blocks, cells, 16], writes to statistics [blocks, 2, 16].
template <class T>
void Statistics(const T* x, float* statistics, std::int64_t cells, float epsilon, std::int64_t block) {
  const T* plane = x + block * cells * kBlock;
  const float share = 1.0F / static_cast<float>(cells);
  const Block mean = SumOf(plane, cells, [](const Block& value) { return value; }) * share;
  const Block variance = SumOf(plane, cells,
                               [&](const Block& value) {
                                 const Block off = value - mean;
                                 return off * off;
                               }) *
                         share;
  alignas(64) float lanes[kBlock];
  StoreBlock(lanes, variance);
  for (float& lane : lanes) lane = 1.0F / __builtin_sqrtf(lane + epsilon);
  StoreBlock(statistics + block * 2 * kBlock, mean);
  StoreBlock(statistics + (block * 2 + 1) * kBlock, LoadBlock(lanes));
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
