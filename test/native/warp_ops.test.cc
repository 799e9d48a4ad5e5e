// The warp network's operators in ONNX Runtime: their connections, shapes and refused inputs. Other tests
// check their arithmetic.
#include <doctest/doctest.h>

#include <memory>

#include "kernels/cpu/mask_shape.h"
#include "one_operator.h"
#include "ops/weight_layout.h"
#include "support/skip.h"
#include "warp.h"

namespace {

using namespace warp;
using kdtalker::ops::LayOutWeights;
namespace mask = kdtalker::kernels::mask;

constexpr auto kFloat = kElementOf<float>;
const CpuKernels& Best() {
  return kdtalker::kernels::BestCpuKernels();
}

template <class T>
bool SameBytes(const Host& got, const std::vector<T>& wanted) {
  return got.bytes == Host::Of<T>(got.dims, wanted).bytes;
}

Host Keypoints(std::uint32_t seed) {
  return Host::Of<float>({1, 21, 3}, Random(seed).Floats(63, 0.7F));
}

template <class T>
void CheckDenseMotionInput(const char* name) {
  const auto planes = Random(61).Floats(4 * kCells);
  const Host source = Keypoints(62), driving = Keypoints(63);
  OneOperator op(name, {Host::Of<float>({1, 4, kDepth, kSide, kSide}, planes), source, driving}, {},
                 kElementOf<T>, 5);
  CHECK(op.InferredDims() == Dims{7, 16, 64, 64, 16});
  std::vector<float> volume(planes.size());
  Best().warp_float.cells_first(planes.data(), volume.data(), 4, kCells, 0, kCells);
  const auto tables = std::make_unique<kdtalker::kernels::DenseMotionTables>();
  kdtalker::kernels::MakeDenseMotionTables(source.Values<float>().data(), driving.Values<float>().data(),
                                           tables.get());
  std::vector<T> wanted(static_cast<std::size_t>(7 * kCells * 16), T{});
  for (std::int64_t i = 0; i < kDepth * kSide; i++)
    Of<T>(Best()).dense_motion(volume.data(), *tables, wanted.data(), i);
  CHECK(SameBytes(op.Run(), wanted));
}

template <class T>
void CheckSampleVolume(const char* name) {
  const auto volume = Random(64).Floats(32 * kCells), places = Random(65).Floats(3 * kCells, 1.1F);
  OneOperator op(name,
                 {Host::Of<float>({kDepth, kSide, kSide, 32}, volume),
                  Host::Of<float>({1, kDepth, kSide, kSide, 3}, places)},
                 {}, kElementOf<T>, 4);
  CHECK(op.InferredDims() == Dims{32, 64, 64, 16});
  std::vector<T> wanted(static_cast<std::size_t>(32 * kCells), T{});
  for (std::int64_t i = 0; i < kSide; i++)
    Of<T>(Best()).sample_volume(volume.data(), places.data(), wanted.data(), i);
  CHECK(SameBytes(op.Run(), wanted));
}

template <class T>
void CheckOcclusion() {
  const auto x = RandomVolume<T>(2, 20, 66);
  const auto laid_out =
      LayOutWeights({"Occlusion", false, 1, 320, {7, 7}, "", 1}, Random(67).Floats(320 * 49, 0.1F));
  OneOperator op("Occlusion",
                 {Host::Of<T>({2, kDepth, kSide, kSide, 16}, x),
                  Host::Of<std::uint8_t>({static_cast<std::int64_t>(laid_out.size())}, laid_out),
                  Host::Of<float>({1}, {0.25F})},
                 {{"in_channels", 20}, {"kernel", 7}}, kFloat, 4);
  CHECK(op.InferredDims() == Dims{1, 1, 64, 64});
  std::vector<float> weights(laid_out.size() / sizeof(float)), sums(8 * kSide * kSide), wanted(kSide * kSide);
  std::memcpy(weights.data(), laid_out.data(), laid_out.size());
  for (std::int64_t i = 0; i < 8; i++) Of<T>(Best()).occlusion(x.data(), weights.data(), sums.data(), i);
  for (std::int64_t i = 0; i < kSide; i++)
    Best().warp_float.occlusion_map(sums.data(), 0.25F, wanted.data(), 8, i);
  CHECK(SameBytes(op.Run(), wanted));
}

// If only the kernel's middle is not zero, the convolution is a product, so the answer needs no convolution.
template <class T>
void CheckMaskMotion() {
  const auto x = RandomVolume<T>(mask::kBlocks, mask::kInputs, 68);
  std::vector<float> kernel(22 * 142 * 343);
  for (std::size_t out = 0; out < 22; out++) kernel[(out * 142 + out * 6) * 343 + 171] = 2.0F;
  const auto laid_out = LayOutWeights({"MaskMotion", false, 22, 142, {7, 7, 7}, "", 1}, kernel);
  const auto bias = Random(69).Floats(22);
  const Host source = Keypoints(70), driving = Keypoints(71);
  OneOperator op("MaskMotion",
                 {Host::Of<T>({9, kDepth, kSide, kSide, 16}, x),
                  Host::Of<std::uint8_t>({static_cast<std::int64_t>(laid_out.size())}, laid_out),
                  Host::Of<float>({22}, bias), source, driving},
                 {{"in_channels", 142}}, kFloat, 5);
  CHECK(op.InferredDims() == Dims{1, 16, 64, 64, 3});
  const auto found = op.Run().Values<float>(), from = source.Values<float>(), to = driving.Values<float>();
  Deviation deviation;
  for (std::int64_t cell = 0; cell < kCells; cell += 53) {
    const std::int64_t z = cell / (kSide * kSide), y = cell / kSide % kSide, column = cell % kSide;
    double total = 0, mixed = 0;
    for (std::size_t c = 0; c < 22; c++) {
      const double weight =
          std::exp(2 * At(x, static_cast<std::int64_t>(6 * c), z, y, column) + Value(bias[c]));
      total += weight;
      if (c > 0) mixed += weight * Value(from[3 * (c - 1) + 1] - to[3 * (c - 1) + 1]);
    }
    deviation.Add(Value(found[static_cast<std::size_t>(3 * cell + 1)]), mixed / total + Place(y, kSide));
  }
  CHECK(deviation.worst() < 2e-6);
}

std::string MessageOf(OneOperator&& op) {
  try {
    op.Run();
  } catch (const Ort::Exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("operators of the warp network give in a session what their kernels give, whatever the thread") {
  if (skip::WithoutRuntime()) return;
  CheckDenseMotionInput<float>("DenseMotionInput");
  CheckDenseMotionInput<Bf16>("DenseMotionInputBf16");
  CheckSampleVolume<float>("SampleVolume");
  CheckSampleVolume<Bf16>("SampleVolumeBf16");
  CheckOcclusion<float>();
  CheckOcclusion<Bf16>();
}

TEST_CASE("the mask's motion in a session is right for both element types") {
  if (skip::WithoutRuntime()) return;
  CheckMaskMotion<float>();
  CheckMaskMotion<Bf16>();
}

TEST_CASE("pooling and volumes with cells first know their shapes") {
  if (skip::WithoutRuntime()) return;
  OneOperator pool("AveragePool", {Host::Of<float>({2, 3, 4, 6, 16}, Random(72).Floats(2 * 3 * 4 * 6 * 16))},
                   {}, kFloat, 5);
  CHECK(pool.InferredDims() == Dims{2, 3, 2, 3, 16});
  CHECK(pool.Run().dims == Dims{2, 3, 2, 3, 16});
  const auto x = Random(73).Floats(2 * 60);
  OneOperator cells_first("CellsFirst", {Host::Of<float>({1, 2, 3, 4, 5}, x)}, {}, kFloat, 4);
  CHECK(cells_first.InferredDims() == Dims{3, 4, 5, 2});
  const auto y = cells_first.Run().Values<float>();
  for (std::size_t i = 0; i < y.size(); i++) CHECK(y[i] == x[i % 2 * 60 + i / 2]);
}

TEST_CASE("what does not fit is refused with words, before memory is touched") {
  if (skip::WithoutRuntime()) return;
  const Host small = Host::Of<float>({1, 4, 2, 2, 2}, std::vector<float>(32));
  CHECK(MessageOf({"DenseMotionInput", {small, Keypoints(1), Keypoints(2)}, {}, kFloat, 5})
            .find("[1, 4, 16, 64, 64]") != std::string::npos);
  const Host x = Host::Of<float>({2, kDepth, kSide, kSide, 16}, std::vector<float>(2 * kCells * 16));
  const Host weights = Host::Of<std::uint8_t>({8}, std::vector<std::uint8_t>(8)),
             bias = Host::Of<float>({1}, {0.0F});
  CHECK(MessageOf({"Occlusion", {x, weights, bias}, {{"in_channels", 20}, {"kernel", 7}}, kFloat, 4})
            .find("laid out weights") != std::string::npos);
  CHECK_THROWS(OneOperator("Occlusion", {x, weights, bias}, {{"in_channels", 20}, {"kernel", 5}}, kFloat, 4));
  CHECK_THROWS(OneOperator("MaskMotion", {x, weights, bias, Keypoints(1), Keypoints(2)},
                           {{"in_channels", 20}}, kFloat, 5));
  CHECK_THROWS(LayOutWeights({"MaskMotion", false, 22, 1, {7, 7, 7}, "", 1}, std::vector<float>(22 * 343)));
  CHECK_THROWS(LayOutWeights({"Occlusion", false, 1, 8, {7, 7}, "", 1}, std::vector<float>(8 * 49)));
}
