#include "cuda/kernels/measured.h"

#include "cuda/functor.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockMeasuredConvolution;
using kernels::plan::PictureParts;

// The moments of what a convolution has stored, each lane of a part against sums in double.
void CheckMoments(const PictureParts& parts, std::int64_t blocks, const __half* y, const float* moments) {
  for (std::int64_t i = 0; i < blocks * parts.count() * 16; i++) {
    const std::int64_t lane = i % 16, part = i / 16 % parts.count(), block = i / 16 / parts.count();
    const auto at = [&](std::int64_t row, std::int64_t column) {
      const std::int64_t line = block * parts.height + parts.Top(part) + row;
      return static_cast<double>(
          __half2float(y[(line * parts.width + parts.Left(part) + column) * 16 + lane]));
    };
    const auto each = [&](auto f) {
      for (std::int64_t row = 0; row < parts.RowsOf(part); row++) {
        for (std::int64_t column = 0; column < parts.ColumnsOf(part); column++) f(at(row, column));
      }
    };
    double mean = 0, squares = 0;
    each([&](double value) { mean += value / static_cast<double>(parts.CellsOf(part)); });
    each([&](double value) { squares += (value - mean) * (value - mean); });
    const float* found = moments + i / 16 * 32 + lane;
    REQUIRE(std::abs(found[0] - mean) < 1e-6 * (1 + std::abs(mean)));
    REQUIRE(std::abs(found[16] - squares) < 1e-5 * (1 + squares));
  }
}

// What is stored is that of the functor on the CPU: sums of another order, and one rounding to a half. The
// moments are those of what is stored, and the same bytes in every order.
void RunInEachOrder(const BlockMeasuredConvolution& form, bool added) {
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  std::vector<float> first;
  InEachOrder([&] {
    Array<__half> x(size(form.product.packed.in_blocks * form.product.cells() * 16)),
        weights(size(form.product.packed.Count(form.out_blocks))),
        y(size(form.out_blocks * form.product.cells() * 16)), old(y.count);
    Array<float> bias(size(form.out_blocks * 16)), moments(size(form.count() * 32));
    for (auto* each : {&x, &weights, &old}) FillHalves(*each);
    FillFloats(bias);
    const CudaStream stream;
    for (auto* each : {&x, &weights, &old}) each->Send(stream);
    bias.Send(stream);
    const auto functor = [&](auto of) {
      BlockMeasuredConvolution convolution = form;
      convolution.out = AsHalves(of(y));
      convolution.product.in = AsHalves(of(x));
      convolution.product.weights = AsHalves(of(weights));
      convolution.bias = of(bias);
      convolution.residual = added ? AsHalves(of(old)) : nullptr;
      convolution.moments = of(moments);
      return convolution;
    };
    CHECK(Apart(stream, y, functor) < 1e-3);
    y.Fetch(stream);
    moments.Fetch(stream);
    stream.Wait();
    CheckMoments(form.parts(), form.out_blocks, y.host, moments.host);
    const std::vector<float> all(moments.host, moments.host + moments.count);
    if (first.empty()) first = all;
    CHECK(all == first);
  });
}

// Of {inputs' blocks, slices, side, groups}, and height and width; then outputs' blocks.
BlockMeasuredConvolution FormOf(const kernels::plan::PackedWeights& packed, std::int64_t height,
                                std::int64_t width, std::int64_t out_blocks) {
  BlockMeasuredConvolution form{};
  form.product = {nullptr, nullptr, packed, 1, height, width};
  form.out_blocks = out_blocks;
  form.alpha = 0.2F;
  form.after = 0.5F;
  return form;
}

TEST_CASE("measured: a picture with ragged edges, of more channels than one tile") {
  RunInEachOrder(FormOf({2, 1, 3, 8}, 11, 19, 9), true);
}

TEST_CASE("measured: rows that a block of threads makes and that are outside") {
  RunInEachOrder(FormOf({1, 1, 3, 8}, 3, 5, 1), false);
}

TEST_CASE("measured: few channels") {
  RunInEachOrder(FormOf({2, 1, 3, 4}, 7, 33, 3), true);
  RunInEachOrder(FormOf({1, 1, 3, 2}, 10, 16, 2), false);
}

}  // namespace
