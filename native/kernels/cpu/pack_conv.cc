#include "kernels/cpu/pack_conv.h"

#include <cstring>

#include "kernels/cpu/conv_matrices.h"

namespace kdtalker::kernels {
namespace {

void Round(double value, float& to) {
  to = static_cast<float>(value);
}

// To nearest, ties to even.
void Round(double value, Bf16& to) {
  const auto single = static_cast<float>(value);
  std::uint32_t word;
  std::memcpy(&word, &single, sizeof(word));
  to.bits = static_cast<std::uint16_t>((word + 0x7FFFU + ((word >> 16) & 1U)) >> 16);
}

// G g G^T of one 3x3 kernel, or g itself of a 1x1 kernel.
template <Method kMethod>
void TransformKernel(const float* kernel, double* products) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kAxis = sizeof(kMatrices.kernel) / sizeof(kMatrices.kernel[0]);
  if constexpr (kMethod == Method::kPointwise) {
    products[0] = static_cast<double>(kernel[0]);
    return;
  }
  double rows[kAxis][kTaps] = {};
  for (int i = 0; i < kAxis; i++) {
    for (int y = 0; y < kTaps; y++) {
      for (int x = 0; x < kTaps; x++)
        rows[i][x] += kMatrices.kernel[i][y] * static_cast<double>(kernel[y * kTaps + x]);
    }
  }
  for (int i = 0; i < kAxis; i++) {
    for (int j = 0; j < kAxis; j++) {
      double sum = 0;
      for (int x = 0; x < kTaps; x++) sum += rows[i][x] * kMatrices.kernel[j][x];
      products[i * kAxis + j] = sum;
    }
  }
}

using Transform = void (*)(const float* kernel, double* products);

Transform TransformOf(Method method) {
  switch (method) {
    case Method::kWinograd2:
      return &TransformKernel<Method::kWinograd2>;
    case Method::kWinograd4:
      return &TransformKernel<Method::kWinograd4>;
    case Method::kUpsampled2:
    case Method::kUpsampled4:
      return &TransformKernel<Method::kUpsampled2>;
    case Method::kPointwise:
      break;
  }
  return &TransformKernel<Method::kPointwise>;
}

// The row of the trained kernel that lane `lane` of output block `block` computes; -1: none.
int RowOf(const ConvWeights& weights, int block, int lane) {
  if (!weights.spade) {
    const int row = block * 16 + lane;
    return row < weights.out_channels ? row : -1;
  }
  const int half = weights.out_channels / 2, row = block / 2 * 16 + lane;
  return row < half ? row + block % 2 * half : -1;
}

}  // namespace

int OutBlocks(int out_channels, bool spade) {
  return spade ? 2 * ((out_channels / 2 + 15) / 16) : (out_channels + 15) / 16;
}

template <class T>
std::vector<T> PackConvWeights(Method method, const ConvWeights& weights) {
  const int products = ShapeOf(method).products, taps = method == Method::kPointwise ? 1 : kTaps * kTaps;
  const int blocks = OutBlocks(weights.out_channels, weights.spade), panel = PanelBlocks(blocks);
  const std::int64_t width = std::int64_t{16} * panel, channels = (weights.in_channels + 15) / 16 * 16;
  const int panels = (blocks + panel - 1) / panel, pair = sizeof(T) == 2 ? 2 : 1;
  const std::int64_t matrix = channels * width;
  std::vector<T> packed(static_cast<std::size_t>(matrix * weights.depth * products * panels), T{});
  const Transform transform = TransformOf(method);
  double values[36];
  for (int column = 0; column < panels * width; column++) {
    const int row = RowOf(weights, column / 16, column % 16);
    if (row < 0 || column / 16 >= blocks) continue;
    for (int k = 0; k < weights.in_channels; k++) {
      for (int depth = 0; depth < weights.depth; depth++) {
        const std::int64_t kernel = (std::int64_t{row} * weights.in_channels + k) * weights.depth + depth;
        transform(weights.values + kernel * taps, values);
        const std::int64_t at = (k / pair * width + column % width) * pair + k % pair;
        for (int i = 0; i < products; i++) {
          const std::int64_t group = (column / width * products + i) * weights.depth + depth;
          Round(values[i], packed[static_cast<std::size_t>(group * matrix + at)]);
        }
      }
    }
  }
  return packed;
}

template std::vector<float> PackConvWeights(Method, const ConvWeights&);
template std::vector<Bf16> PackConvWeights(Method, const ConvWeights&);

}  // namespace kdtalker::kernels
