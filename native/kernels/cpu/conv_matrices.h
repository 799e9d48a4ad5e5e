// The matrices of the transform methods along one axis: inputs d to products V = B^T d, kernel g to U = G g,
// products to outputs y = A^T (U V). Winograd's matrices follow from the points of evaluation of the
// polynomials (Toom and Cook): m outputs and r taps need n - 1 points and infinity, n = m + r - 1.
#pragma once

#include "kernels/cpu/conv_kernels.h"

namespace kdtalker::kernels {

inline constexpr int kSide = 3;  // of a kernel

template <int kTileSize, int kProductCount, int kPatchSize>
struct AxisMatrices {
  static constexpr int kTile = kTileSize, kProducts = kProductCount, kPatch = kPatchSize;
  double in[kProducts][kPatch];     // B^T
  double kernel[kProducts][kSide];  // G
  double out[kTile][kProducts];     // A^T
};

// Coefficients of the product of (x - p) over all points except `skip`, lowest first.
template <int kPoints>
constexpr void Coefficients(const double (&points)[kPoints], int skip, double (&result)[kPoints + 1]) {
  for (double& value : result) value = 0;
  result[0] = 1;
  int degree = 0;
  for (int i = 0; i < kPoints; i++) {
    if (i == skip) continue;
    degree++;
    for (int j = degree; j > 0; j--) result[j] = result[j - 1] - points[i] * result[j];
    result[0] *= -points[i];
  }
}

template <int kTile>
constexpr AxisMatrices<kTile, kTile + 2, kTile + 2> WinogradMatrices(const double (&points)[kTile + 1]) {
  constexpr int kProducts = kTile + 2, kPoints = kTile + 1;
  AxisMatrices<kTile, kProducts, kProducts> matrices{};
  for (int i = 0; i < kPoints; i++) {
    Coefficients(points, i, matrices.in[i]);
    double norm = 1, power = 1;
    for (int k = 0; k < kPoints; k++) norm *= k == i ? 1 : points[i] - points[k];
    for (int j = 0; j < kTile || j < kSide; j++) {
      if (j < kTile) matrices.out[j][i] = power;
      if (j < kSide) matrices.kernel[i][j] = power / norm;
      power *= points[i];
    }
  }
  Coefficients(points, -1, matrices.in[kPoints]);
  matrices.kernel[kPoints][kSide - 1] = 1;
  matrices.out[kTile - 1][kPoints] = 1;
  return matrices;
}

// Cells p, q, r give (p-q), q, (r-q); see Method.
template <int kFactor>
constexpr AxisMatrices<kFactor, 3, 3> UpsampledMatrices() {
  AxisMatrices<kFactor, 3, 3> matrices{
      {{1, -1, 0}, {0, 1, 0}, {0, -1, 1}}, {{1, 0, 0}, {1, 1, 1}, {0, 0, 1}}, {}};
  for (int i = 0; i < kFactor; i++) matrices.out[i][1] = 1;
  matrices.out[0][0] = 1;
  matrices.out[kFactor - 1][2] = 1;
  return matrices;
}

template <Method kMethod>
struct Matrices;
template <>
struct Matrices<Method::kWinograd2> {
  static constexpr auto value = WinogradMatrices<2>({0, 1, -1});
};
// The points are evenly spaced in the logarithm. The error is half that of 0, 1, -1, 2, -2 in bfloat16
// (docs/kernels.md 4), and a little less than theirs in float32.
template <>
struct Matrices<Method::kWinograd4> {
  static constexpr auto value = WinogradMatrices<4>({0, 2.0 / 3, -2.0 / 3, 1.5, -1.5});
};
template <>
struct Matrices<Method::kUpsampled2> {
  static constexpr auto value = UpsampledMatrices<2>();
};
template <>
struct Matrices<Method::kUpsampled4> {
  static constexpr auto value = UpsampledMatrices<4>();
};
template <>
struct Matrices<Method::kPointwise> {
  static constexpr AxisMatrices<1, 1, 1> value = {{{1}}, {{0, 1, 0}}, {{1}}};
};

}  // namespace kdtalker::kernels
