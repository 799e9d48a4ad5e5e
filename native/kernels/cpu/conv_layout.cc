#include "kernels/cpu/conv_layout.h"

#include "kernels/cpu/conv_matrices.h"

namespace kdtalker::kernels {
namespace {

void Round(double value, float& to) {
  to = static_cast<float>(value);
}

void Round(double value, Bf16& to) {
  to = RoundToBf16(static_cast<float>(value));
}

// G g G^T of one 3x3 kernel.
template <Method kMethod>
void TransformKernel(const float* kernel, double* products) {
  constexpr auto& kMatrices = Matrices<kMethod>::value;
  constexpr int kAxis = kMatrices.kProducts;
  double rows[kAxis][kSide] = {};
  for (int i = 0; i < kAxis; i++) {
    for (int y = 0; y < kSide; y++) {
      for (int x = 0; x < kSide; x++)
        rows[i][x] += kMatrices.kernel[i][y] * static_cast<double>(kernel[y * kSide + x]);
    }
  }
  for (int i = 0; i < kAxis; i++) {
    for (int j = 0; j < kAxis; j++) {
      double sum = 0;
      for (int x = 0; x < kSide; x++) sum += rows[i][x] * kMatrices.kernel[j][x];
      products[i * kAxis + j] = sum;
    }
  }
}

using Transform = void (*)(const float* kernel, double* values);

template <int count>
void Keep(const float* kernel, double* values) {
  for (int i = 0; i < count; i++) values[i] = static_cast<double>(kernel[i]);
}

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
  return &Keep<1>;
}

// The row of the trained kernel that lane `lane` of output block `block` computes; -1: none.
int RowOf(const ConvWeights& weights, int block, int lane) {
  if (!weights.spade) {
    const int row = block * kBlock + lane;
    return row < weights.out_channels ? row : -1;
  }
  const int half = weights.out_channels / 2, row = block / 2 * kBlock + lane;
  return row < half ? row + block % 2 * half : -1;
}

// The positions of a panel's values: matrices of products, or taps.
struct Layout {
  bool taps;
  int values, depth, pair;       // values: of a kernel; pair: input channels side by side
  std::int64_t channels, width;  // of a matrix
  std::int64_t Of(int panel, int value, int slice, int channel, int column) const {
    if (taps) {
      const std::int64_t block = (std::int64_t{panel} * depth + slice) * (width / kBlock) + column / kBlock;
      return ((block * channels + channel) * values + value) * kBlock + column % kBlock;
    }
    const std::int64_t matrix = (std::int64_t{panel} * values + value) * depth + slice;
    return matrix * channels * width + (channel / pair * width + column) * pair + channel % pair;
  }
};

Layout LayoutOf(Method method, const ConvWeights& weights, std::size_t bytes_of_element) {
  const bool taps = KeepsTaps(method, bytes_of_element);
  return {taps,
          taps ? kTaps : ShapeOf(method).products,
          weights.depth,
          taps || bytes_of_element == 4 ? 1 : 2,
          std::int64_t{kBlock} * BlocksOf(weights.in_channels),
          std::int64_t{kBlock} * PanelBlocks(OutBlocks(weights.out_channels, weights.spade))};
}

// Writes all values of one input channel for one panel; the writes are close together.
template <class T>
void LayOutChannel(const ConvWeights& weights, const Layout& layout, Method method, int panel, int channel,
                   T* laid_out) {
  const int first = static_cast<int>(panel * layout.width), taps = method == Method::kPointwise ? 1 : kTaps;
  const Transform transform = layout.taps ? &Keep<kTaps> : TransformOf(method);
  for (int slice = 0; slice < layout.depth; slice++) {
    for (int column = 0; column < layout.width; column++) {
      const int row = RowOf(weights, (first + column) / kBlock, column % kBlock);
      if (row < 0) continue;
      const std::int64_t kernel = (std::int64_t{row} * weights.in_channels + channel) * layout.depth + slice;
      double values[36];
      transform(weights.values + kernel * taps, values);
      for (int i = 0; i < layout.values; i++)
        Round(values[i], laid_out[layout.Of(panel, i, slice, channel, column)]);
    }
  }
}

template <class T>
std::vector<std::uint8_t> LayOutAs(const Layout& layout, Method method, const ConvWeights& weights) {
  const int blocks = OutBlocks(weights.out_channels, weights.spade);
  const int panels = static_cast<int>((kBlock * blocks + layout.width - 1) / layout.width);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(layout.Of(panels, 0, 0, 0, 0)) * sizeof(T));
  for (int panel = 0; panel < panels; panel++) {
    for (int channel = 0; channel < weights.in_channels; channel++)
      LayOutChannel(weights, layout, method, panel, channel, reinterpret_cast<T*>(bytes.data()));
  }
  return bytes;
}

}  // namespace

int OutBlocks(int out_channels, bool spade) {
  return spade ? 2 * BlocksOf(out_channels / 2) : BlocksOf(out_channels);
}

template <class T>
std::vector<std::uint8_t> LayOutConv(Method method, const ConvWeights& weights) {
  const Layout layout = LayoutOf(method, weights, sizeof(T));
  return layout.taps ? LayOutAs<float>(layout, method, weights) : LayOutAs<T>(layout, method, weights);
}

template std::vector<std::uint8_t> LayOutConv<float>(Method, const ConvWeights&);
template std::vector<std::uint8_t> LayOutConv<Bf16>(Method, const ConvWeights&);

}  // namespace kdtalker::kernels
