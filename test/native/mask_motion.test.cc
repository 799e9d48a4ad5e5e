// Compares the mask convolution by Fourier transforms and the deformation, at the network's size, with
// float64 arithmetic on the trained kernel.
#include <doctest/doctest.h>

#include <array>

#include "kernels/cpu/mask_shape.h"
#include "kernels/cpu/mask_weights.h"
#include "warp.h"

namespace {

using namespace warp;
namespace mask = kdtalker::kernels::mask;

constexpr std::int64_t kCandidates = kdtalker::kernels::kCandidates;
constexpr std::int64_t kTaps = mask::kKernel * mask::kKernel * mask::kKernel;

struct Weights {
  std::vector<float> kernel, bias, laid_out, source, driving;
};

const Weights& TheWeights() {
  static const Weights weights = [] {
    Random random(11);
    Weights made{random.Floats(kCandidates * mask::kInputs * kTaps, 0.02F), random.Floats(kCandidates),
                 std::vector<float>(kdtalker::kernels::MaskWeightsBytes() / sizeof(float), -1.0F),
                 random.Floats(63), random.Floats(63)};
    kdtalker::kernels::LayOutMask(made.kernel.data(), made.laid_out.data());
    return made;
  }();
  return weights;
}

struct Place3 {
  std::int64_t z, y, x;
};

// Corners, edges of tiles, and places at random.
std::vector<Place3> Places() {
  std::vector<Place3> places = {{0, 0, 0},   {15, 63, 63}, {0, 63, 0}, {15, 0, 63},
                                {7, 12, 13}, {8, 38, 39},  {3, 51, 52}};
  Random random(12);
  while (places.size() < 24)
    places.push_back({random.Below(kDepth), random.Below(kSide), random.Below(kSide)});
  return places;
}

using Logits = std::array<double, static_cast<std::size_t>(kCandidates)>;

template <class T>
Logits Convolve(const std::vector<T>& x, const Place3& at) {
  const Weights& weights = TheWeights();
  Logits logits;
  for (std::size_t i = 0; i < logits.size(); i++) logits[i] = Value(weights.bias[i]);
  for (std::int64_t c = 0; c < mask::kInputs; c++) {
    for (std::int64_t tap = 0; tap < kTaps; tap++) {
      const double value = At(x, c, at.z + tap / 49 - 3, at.y + tap / 7 % 7 - 3, at.x + tap % 7 - 3);
      for (std::size_t i = 0; i < logits.size(); i++) {
        logits[i] += value * Value(weights.kernel[(i * mask::kInputs + static_cast<std::size_t>(c)) * kTaps +
                                                  static_cast<std::size_t>(tap)]);
      }
    }
  }
  return logits;
}

// The candidates' logits, computed from the ten slices: MaskMotion mixes their softmax.
Logits LogitsIn(const std::vector<float>& slices, const Place3& at) {
  Logits logits;
  for (std::size_t i = 0; i < logits.size(); i++) {
    logits[i] = Value(TheWeights().bias[i]);
    for (std::int64_t k = 0; k < mask::kSlices; k++) {
      const double angle = 3.14159265358979323846 * static_cast<double>((2 * k + 1) * at.z) / 20;
      const auto cell =
          static_cast<std::size_t>(k * mask::kSlice + at.y * mask::kOutRow + at.x * mask::kColumns) + i;
      logits[i] +=
          Value(slices[cell]) * std::cos(angle) - Value(slices[cell + mask::kOutputs]) * std::sin(angle);
    }
  }
  return logits;
}

struct Result {
  std::vector<float> slices, deformation;
};

template <class T>
Result Run(const CpuKernels& table, const std::vector<T>& x) {
  const Weights& weights = TheWeights();
  const auto& kernels = table.warp_float;
  Result result{std::vector<float>(mask::kSlicesSize), std::vector<float>(3 * kCells)};
  std::vector<float> lines(mask::kLinesSize), outputs(mask::kOutLinesSize), space(mask::kSpaceSize);
  for (std::int64_t i = 0; i < mask::kDepthPieces; i++)
    Of<T>(table).mask_depth(x.data(), result.slices.data(), i);
  for (std::int64_t k = 0; k < mask::kSlices; k++) {
    float* slice = result.slices.data() + k * mask::kSlice;
    const float* laid_out = weights.laid_out.data() + k * mask::kWeightsSize;
    for (std::int64_t i = 0; i < mask::kColumnPieces; i++) kernels.mask_columns(slice, lines.data(), i);
    for (std::int64_t i = 0; i < mask::kLinePieces; i++) {
      kernels.mask_line(lines.data(), laid_out, outputs.data(), space.data(), i);
    }
    for (std::int64_t i = 0; i < mask::kCellPieces; i++) kernels.mask_cells(outputs.data(), slice, i);
  }
  for (std::int64_t i = 0; i < kSide; i++) {
    kernels.mask_motion(result.slices.data(), weights.bias.data(), weights.source.data(),
                        weights.driving.data(), result.deformation.data(), i);
  }
  return result;
}

std::array<double, 3> Blend(const Logits& logits, const Place3& at) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  std::array<double, 3> mixed{};
  for (std::size_t c = 0; c < logits.size(); c++) {
    const double weight = std::exp(logits[c] - largest);
    total += weight;
    for (std::size_t axis = 0; c > 0 && axis < 3; axis++) {
      const std::size_t i = (c - 1) * 3 + axis;
      mixed[axis] += weight * Value(TheWeights().source[i] - TheWeights().driving[i]);
    }
  }
  return {mixed[0] / total + Place(at.x, kSide), mixed[1] / total + Place(at.y, kSide),
          mixed[2] / total + Place(at.z, kDepth)};
}

template <class T>
void Check(const CpuKernels& table, std::uint32_t seed) {
  const auto x = RandomVolume<T>(mask::kBlocks, mask::kInputs, seed);
  const Result result = Run(table, x);
  Deviation convolution, deformation;
  for (const Place3& at : Places()) {
    const Logits wanted = Convolve(x, at), got = LogitsIn(result.slices, at);
    for (std::size_t i = 0; i < wanted.size(); i++) convolution.Add(got[i], wanted[i]);
    const auto place = Blend(wanted, at);
    for (std::size_t axis = 0; axis < 3; axis++) {
      const auto cell = static_cast<std::size_t>((at.z * kSide + at.y) * kSide + at.x);
      deformation.Add(Value(result.deformation[3 * cell + axis]), place[axis]);
    }
  }
  INFO(kdtalker::kernels::IsaName(table.isa));
  CHECK(convolution.Relative() < 5e-7);
  CHECK(deformation.worst() < 2e-6);
}

}  // namespace

TEST_CASE("the mask's convolution and the deformation are exact to float32, on every instruction set") {
  for (const CpuKernels* table : Tables()) Check<float>(*table, 13);
}

TEST_CASE("bfloat16 activations are convolved in float32") {
  Check<Bf16>(*Tables().back(), 14);
}

TEST_CASE("logits far apart leave one candidate, and none of them overflows") {
  for (const CpuKernels* table : Tables()) {
    std::vector<float> slices(mask::kSlicesSize), deformation(3 * kCells);
    std::vector<float> bias(kCandidates, -3e4F), source(63), driving(63);
    bias[5] = 1e4F;
    source[12] = 0.25F;
    for (std::int64_t i = 0; i < kSide; i++) {
      table->warp_float.mask_motion(slices.data(), bias.data(), source.data(), driving.data(),
                                    deformation.data(), i);
    }
    CHECK(Value(deformation[0]) == doctest::Approx(-0.75));
    CHECK(Value(deformation[1]) == doctest::Approx(-1.0));
    CHECK(Value(deformation[3 * kCells - 3]) == doctest::Approx(1.25));
  }
}
