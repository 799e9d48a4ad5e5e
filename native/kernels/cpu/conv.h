// The transforms of conv_kernels.h for one instruction set, 16 channels at a time.
#pragma once

#include "kernels/cpu/conv_matrices.h"
#include "kernels/cpu/gemm.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// sum of c[i] x[i step]; the constants 0, 1 and -1 cost no multiplication.
template <int kCount>
KDTALKER_INLINE Block Combine(const double (&c)[kCount], const Block* x, std::int64_t step) {
  Block sum = Zero();
  bool first = true;
#pragma GCC unroll 8
  for (int i = 0; i < kCount; i++) {
    if (c[i] == 0) continue;
    const Block& term = x[i * step];
    if (c[i] == 1) {
      sum = first ? term : sum + term;
    } else if (c[i] == -1) {
      sum = sum - term;
    } else {
      sum = first ? term * static_cast<float>(c[i]) : sum + term * static_cast<float>(c[i]);
    }
    first = false;
  }
  return sum;
}

// The inputs of a tile, zeros outside of the picture.
template <Method kMethod, class T>
KDTALKER_INLINE void LoadPatch(const T* plane, int top, int left, int height, int width, Block* patch) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kPatch = kMatrices.kPatch;
  const bool inside = top >= 0 && left >= 0 && top + kPatch <= height && left + kPatch <= width;
  for (int y = 0; y < kPatch; y++) {
    for (int x = 0; x < kPatch; x++) {
      const bool there = inside || (top + y >= 0 && top + y < height && left + x >= 0 && left + x < width);
      patch[y * kPatch + x] =
          there ? LoadBlock(plane + (std::int64_t{top + y} * width + left + x) * kBlock) : Zero();
    }
  }
}

// B^T d B of one tile and block, to the rows `row` of every product.
template <Method kMethod, class T>
KDTALKER_INLINE void TransformPatch(const Block* patch, T* to, std::int64_t stride) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kPatch = kMatrices.kPatch;
  constexpr int kAxis = kMatrices.kProducts;
  Block columns[kAxis * kPatch];
#pragma GCC unroll 8
  for (int i = 0; i < kAxis; i++) {
#pragma GCC unroll 8
    for (int x = 0; x < kPatch; x++) columns[i * kPatch + x] = Combine(kMatrices.in[i], patch + x, kPatch);
  }
#pragma GCC unroll 8
  for (int i = 0; i < kAxis; i++) {
#pragma GCC unroll 8
    for (int j = 0; j < kAxis; j++)
      StoreBlock(to + (i * kAxis + j) * stride, Combine(kMatrices.in[j], columns + i * kPatch, 1));
  }
}

template <Method kMethod, class T>
void TransformIn(const ConvPlan& plan, const ConvCall<T>& call, TileRange range, const ConvSpace<T>& space) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kPatch = kMatrices.kPatch;
  constexpr int kStep = kMethod == Method::kWinograd2 ? 2 : kMethod == Method::kWinograd4 ? 4 : 1;
  constexpr int kBefore = kPatch / 2 == 0 ? 0 : 1;
  const std::int64_t plane = std::int64_t{plan.height} * plan.width * kBlock;
  for (int block = 0; block < plan.in_blocks; block++) {
    const T* x = call.x + (std::int64_t{block} * plan.depth + range.slice) * plane;
    for (int i = 0; i < range.count; i++) {
      const int tile = range.first + i;
      const int top = tile / plan.tiles_x * kStep - kBefore, left = tile % plan.tiles_x * kStep - kBefore;
      Block patch[kPatch * kPatch];
      LoadPatch<kMethod>(x, top, left, plan.height, plan.width, patch);
      T* to = space.inputs + std::int64_t{range.row + i} * plan.channels() + block * kBlock;
      TransformPatch<kMethod>(patch, to, space.input_stride);
    }
  }
}

// A^T m A of one tile and block, from the rows of every product.
template <Method kMethod>
KDTALKER_INLINE void TransformProducts(const float* from, std::int64_t stride, Block* tile) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kAxis = kMatrices.kProducts;
  constexpr int kTile = kMatrices.kTile;
  Block rows[kTile * kAxis];
#pragma GCC unroll 8
  for (int j = 0; j < kAxis; j++) {
    Block column[kAxis];
#pragma GCC unroll 8
    for (int i = 0; i < kAxis; i++) column[i] = LoadBlock(from + (i * kAxis + j) * stride);
#pragma GCC unroll 8
    for (int y = 0; y < kTile; y++) rows[y * kAxis + j] = Combine(kMatrices.out[y], column, 1);
  }
#pragma GCC unroll 8
  for (int y = 0; y < kTile; y++) {
#pragma GCC unroll 8
    for (int x = 0; x < kTile; x++) tile[y * kTile + x] = Combine(kMatrices.out[x], rows + y * kAxis, 1);
  }
}

// The position of a tile's outputs in a blocked picture, and their number.
struct Place {
  int top, left, rows, columns, height, width;
};

KDTALKER_INLINE Place PlaceOf(const ConvPlan& plan, int side, int factor, int tile) {
  Place place{};
  place.height = plan.height * factor;
  place.width = plan.width * factor;
  place.top = tile / plan.tiles_x * side;
  place.left = tile % plan.tiles_x * side;
  place.rows = place.top + side <= place.height ? side : place.height - place.top;
  place.columns = place.left + side <= place.width ? side : place.width - place.left;
  return place;
}

template <int kTile, class T>
KDTALKER_INLINE void Finish(const ConvCall<T>& call, const Block* tile, int block, std::int64_t plane,
                            const Place& place) {
  const Block bias = LoadBlock(call.bias + block * kBlock);
  for (int y = 0; y < place.rows; y++) {
    const std::int64_t row = plane + (std::int64_t{place.top + y} * place.width + place.left) * kBlock;
    for (int x = 0; x < place.columns; x++) {
      Block value = Leaky(tile[y * kTile + x] + bias, call.alpha);
      if (call.residual != nullptr) value = value + LoadBlock(call.residual + row + x * kBlock);
      StoreBlock(call.y + row + x * kBlock, value);
    }
  }
}

// leaky((x - mean) / deviation * gamma + beta); gamma's bias includes the 1. Without beta: null.
template <int kTile, bool kShift, class T>
KDTALKER_INLINE void Modulate(const ConvPlan& plan, const ConvCall<T>& call, const Block* gamma,
                              const Block* beta, int block, const Place& place) {
  const int width = place.width / call.repeat, height = place.height / call.repeat;
  const Block gamma_bias = LoadBlock(call.bias + block * kBlock);
  const Block beta_bias = kShift ? LoadBlock(call.bias + (plan.out_blocks / 2 + block) * kBlock) : Zero();
  const Block mean = LoadBlock(call.statistics + block * (2 * kBlock));
  const Block scale = LoadBlock(call.statistics + block * (2 * kBlock) + kBlock);
  const T* plane = call.normalised + std::int64_t{block} * height * width * kBlock;
  T* out = call.y + std::int64_t{block} * place.height * place.width * kBlock;
  for (int y = 0; y < place.rows; y++) {
    const T* from = plane + std::int64_t{(place.top + y) / call.repeat} * width * kBlock;
    T* to = out + (std::int64_t{place.top + y} * place.width + place.left) * kBlock;
    for (int x = 0; x < place.columns; x++) {
      const Block normal = (LoadBlock(from + (place.left + x) / call.repeat * kBlock) - mean) * scale;
      Block value = normal * (gamma[y * kTile + x] + gamma_bias);
      if constexpr (kShift) value = value + (beta[y * kTile + x] + beta_bias);
      StoreBlock(to + x * kBlock, Leaky(value, call.alpha));
    }
  }
}

template <Method kMethod, class T>
void TransformOut(const ConvPlan& plan, const ConvCall<T>& call, TileRange range, int panel,
                  const ConvSpace<T>& space) {
  constexpr int kTile = ShapeOf(kMethod).tile;
  constexpr bool kUpsampled = kMethod == Method::kUpsampled2 || kMethod == Method::kUpsampled4;
  for (int i = 0; i < range.count; i++) {
    const Place place = PlaceOf(plan, kTile, kUpsampled ? kTile : 1, range.first + i);
    const float* from = space.outputs + std::int64_t{range.row + i} * space.output_row;
    if (plan.spade) {
      Block gamma[kTile * kTile], beta[kTile * kTile];
      TransformProducts<kMethod>(from, space.output_stride, gamma);
      TransformProducts<kMethod>(from + kBlock, space.output_stride, beta);
      Modulate<kTile, true>(plan, call, gamma, beta, panel, place);
      continue;
    }
    const std::int64_t cells = std::int64_t{place.height} * place.width * kBlock;
    for (int j = 0; j < plan.panel_blocks; j++) {
      const int block = panel * plan.panel_blocks + j;
      if (block >= plan.out_blocks) break;
      Block tile[kTile * kTile];
      TransformProducts<kMethod>(from + j * kBlock, space.output_stride, tile);
      if (call.normalised != nullptr)
        Modulate<kTile, false>(plan, call, tile, nullptr, block, place);
      else
        Finish<kTile>(call, tile, block, (std::int64_t{block} * plan.depth + range.slice) * cells, place);
    }
  }
}

template <class T>
void TransformInBy(const ConvPlan& plan, const ConvCall<T>& call, TileRange range,
                   const ConvSpace<T>& space) {
  switch (plan.method) {
    case Method::kPointwise:
      return TransformIn<Method::kPointwise>(plan, call, range, space);
    case Method::kWinograd2:
      return TransformIn<Method::kWinograd2>(plan, call, range, space);
    case Method::kWinograd4:
      return TransformIn<Method::kWinograd4>(plan, call, range, space);
    case Method::kUpsampled2:
    case Method::kUpsampled4:
      return TransformIn<Method::kUpsampled2>(plan, call, range, space);
  }
}

template <class T>
void TransformOutBy(const ConvPlan& plan, const ConvCall<T>& call, TileRange range, int panel,
                    const ConvSpace<T>& space) {
  switch (plan.method) {
    case Method::kPointwise:
      return TransformOut<Method::kPointwise>(plan, call, range, panel, space);
    case Method::kWinograd2:
      return TransformOut<Method::kWinograd2>(plan, call, range, panel, space);
    case Method::kWinograd4:
      return TransformOut<Method::kWinograd4>(plan, call, range, panel, space);
    case Method::kUpsampled2:
      return TransformOut<Method::kUpsampled2>(plan, call, range, panel, space);
    case Method::kUpsampled4:
      return TransformOut<Method::kUpsampled4>(plan, call, range, panel, space);
  }
}

template <class T>
void Product(const ConvPlan& plan, const T* inputs, const T* weights, int rows, bool add, float* outputs,
             int output_row) {
  Multiply(inputs, plan.channels(), weights, rows, plan.channels(), plan.panel_width(), add, outputs,
           output_row);
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
