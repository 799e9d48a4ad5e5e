#include "cuda/kernels/flat.h"

#include "cuda/functor.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockSums;

// With what the functor gives on the CPU: sums of another order.
void RunInEachOrder(const BlockSums& form) {
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  const std::int64_t places = form.factor * form.factor;
  InEachOrder([&] {
    Array<__half> x(size(form.product.packed.in_blocks * form.product.cells() * 16)),
        weights(size(form.product.packed.Count(form.out_blocks) * places));
    Array<float> y(size(form.count() * 16));
    for (auto* each : {&x, &weights}) FillHalves(*each);
    const CudaStream stream;
    for (auto* each : {&x, &weights}) each->Send(stream);
    CHECK(Apart(stream, y, [&](auto of) {
            BlockSums sums = form;
            sums.out = of(y);
            sums.product.in = AsHalves(of(x));
            sums.product.weights = AsHalves(of(weights));
            return sums;
          }) < 1e-5);
  });
}

// Of {inputs' blocks, slices, side, groups}, and depth, height and width; then outputs' blocks, factor and
// parts.
TEST_CASE("flat: slices of few cells, more than fit at once, in parts that are not alike") {
  RunInEachOrder({nullptr, {nullptr, nullptr, {2, 3, 3, 8}, 11, 4, 3}, 9, 1, 4});
}

TEST_CASE("flat: a slice that fills a block of threads") {
  RunInEachOrder({nullptr, {nullptr, nullptr, {3, 1, 3, 8}, 3, 8, 8}, 5, 1, 2});
}

TEST_CASE("flat: cells that are repeated") {
  RunInEachOrder({nullptr, {nullptr, nullptr, {2, 3, 2, 8}, 17, 2, 2}, 3, 2, 3});
  RunInEachOrder({nullptr, {nullptr, nullptr, {1, 1, 2, 8}, 1, 3, 5}, 9, 3, 1});
}

TEST_CASE("flat: kernels of one cell") {
  RunInEachOrder({nullptr, {nullptr, nullptr, {5, 1, 1, 4}, 7, 3, 13}, 5, 1, 3});
}

TEST_CASE("flat: slices that a block of threads cannot hold") {
  CHECK(kernels::plan::FlatSlices(3, 4, 4) == 8);
  CHECK(kernels::plan::FlatSlices(3, 8, 8) == 2);
  CHECK(kernels::plan::FlatSlices(3, 11, 11) == 1);
  CHECK(kernels::plan::FlatSlices(3, 16, 16) < 1);
  CHECK(kernels::plan::FlatSlices(1, 2, 64) == 1);
}

}  // namespace
