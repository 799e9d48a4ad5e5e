// Converts between rows of channels [C, cells] and the blocked layout [ceil(C/16), cells, 16]
// (native/ops/README.md). Work is divided into pieces of kPieceCells cells of one block, so any number of
// threads can share it.
#pragma once

#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

inline constexpr std::int64_t kPieceCells = 4096;

// Piece `piece` of [channels, cells] to blocked; missing channels become zeros.
template <class T>
void BlockPiece(const float* x, T* y, std::int64_t channels, std::int64_t cells, std::int64_t piece) {
  const std::int64_t pieces = (cells + kPieceCells - 1) / kPieceCells;
  const std::int64_t block = piece / pieces, first = piece % pieces * kPieceCells;
  const std::int64_t last = first + kPieceCells < cells ? first + kPieceCells : cells;
  const std::int64_t there = channels - block * kBlock < kBlock ? channels - block * kBlock : kBlock;
  const float* from = x + block * kBlock * cells;
  T* to = y + block * cells * kBlock;
  for (std::int64_t cell = first; cell < last; cell++) {
    alignas(64) float lanes[kBlock] = {};
    for (std::int64_t lane = 0; lane < there; lane++) lanes[lane] = from[lane * cells + cell];
    StoreBlock(to + cell * kBlock, LoadBlock(lanes));
  }
}

template <class T>
void UnblockPiece(const T* x, float* y, std::int64_t channels, std::int64_t cells, std::int64_t piece) {
  const std::int64_t pieces = (cells + kPieceCells - 1) / kPieceCells;
  const std::int64_t block = piece / pieces, first = piece % pieces * kPieceCells;
  const std::int64_t last = first + kPieceCells < cells ? first + kPieceCells : cells;
  const std::int64_t there = channels - block * kBlock < kBlock ? channels - block * kBlock : kBlock;
  const T* from = x + block * cells * kBlock;
  float* to = y + block * kBlock * cells;
  for (std::int64_t cell = first; cell < last; cell++) {
    alignas(64) float lanes[kBlock];
    StoreBlock(lanes, LoadBlock(from + cell * kBlock));
    for (std::int64_t lane = 0; lane < there; lane++) to[lane * cells + cell] = lanes[lane];
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
