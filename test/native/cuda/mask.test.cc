#include "cuda/kernels/mask.h"

#include "cuda/functor.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockMaskMotion;

// With what the functor gives on the CPU. Biases are as far apart as what the convolution gives.
TEST_CASE("mask: softmax of 22 candidates and the shifts that it mixes, with ragged edges") {
  InEachOrder([] {
    BlockMaskMotion form{};
    form.product = {nullptr, nullptr, {2, 7, 7, 2}, 2, 9, 18};
    const auto cells = static_cast<std::size_t>(form.product.cells());
    Array<__half> x(2 * cells * 16), weights(static_cast<std::size_t>(form.product.packed.Count(2)));
    Array<float> y(3 * cells), bias(32), source(63), driving(63);
    FillHalves(x);
    for (std::size_t i = 0; i < weights.count; i++) weights.host[i] = __float2half(0.1F * Noise(i));
    FillFloats(bias, 2.0F);
    FillFloats(source);
    FillFloats(driving, 0.5F);
    const CudaStream stream;
    for (auto* each : {&x, &weights}) each->Send(stream);
    for (auto* each : {&bias, &source, &driving}) each->Send(stream);
    CHECK(Apart(stream, y, [&](auto of) {
            BlockMaskMotion motion = form;
            motion.out = of(y);
            motion.product.in = AsHalves(of(x));
            motion.product.weights = AsHalves(of(weights));
            motion.bias = of(bias);
            motion.points = {of(source), of(driving)};
            return motion;
          }) < 1e-5);
  });
}

}  // namespace
