#include "cuda/kernels/pooled.h"

#include <cstring>

#include "cuda/functor.h"
#include "kernels/plan/block_pool.h"
#include "kernels/plan/block_pooled_sums_end.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockConvolution;
using kernels::plan::BlockPool;
using kernels::plan::BlockPooledConvolution;
using kernels::plan::BlockPooledSumsEnd;
using kernels::plan::BlockSumsEnd;

std::size_t Count(std::int64_t number) {
  return static_cast<std::size_t>(number);
}

// With the functor on the CPU, whose sums have another order, and with the convolution and the mean one after
// the other, byte for byte.
void RunInEachOrder(const kernels::plan::PackedWeights& packed, std::int64_t depth, std::int64_t height,
                    std::int64_t width, std::int64_t out_blocks) {
  InEachOrder([&] {
    const std::int64_t cells = depth * height * width;
    Array<__half> x(Count(packed.in_blocks * cells * 16)), weights(Count(packed.Count(out_blocks))),
        y(Count(out_blocks * cells * 4)), whole(Count(out_blocks * cells * 16)), mean(y.count);
    Array<float> bias(Count(out_blocks * 16));
    for (auto* each : {&x, &weights}) FillHalves(*each);
    FillFloats(bias);
    const CudaStream stream;
    for (auto* each : {&x, &weights}) each->Send(stream);
    bias.Send(stream);
    const auto fill = [&](BlockConvolution functor, auto of, auto& out) {
      functor.out = AsHalves(of(out));
      functor.product = {AsHalves(of(x)), AsHalves(of(weights)), packed, depth, height, width};
      functor.bias = of(bias);
      functor.out_blocks = out_blocks;
      functor.alpha = 0.2F;
      functor.after = 1.0F;
      return functor;
    };
    CHECK(Apart(stream, y, [&](auto of) { return BlockPooledConvolution{fill({}, of, y)}; }) < 1e-3);
    const auto device = [](auto& array) { return array.device; };
    OK(cuda::LaunchBlocks(stream, BlockPooledConvolution{fill({}, device, y)}));
    OK(cuda::LaunchBlocks(stream, fill({}, device, whole)));
    OK(cuda::Launch(stream, cuda::Each<BlockPool>{{AsHalves(mean.device), AsHalves(whole.device),
                                                   out_blocks * depth, height / 2, width / 2}}));
    y.Fetch(stream);
    mean.Fetch(stream);
    stream.Wait();
    CHECK(std::memcmp(y.host, mean.host, y.count * sizeof(__half)) == 0);
  });
}

TEST_CASE("pooled: a volume with ragged edges, of more channels than one tile") {
  RunInEachOrder({2, 3, 3, 8}, 3, 6, 18, 9);
}

TEST_CASE("pooled: few channels") {
  RunInEachOrder({2, 1, 3, 4}, 1, 10, 22, 3);
  RunInEachOrder({1, 3, 3, 4}, 2, 2, 2, 4);
}

TEST_CASE("pooled: the end of sums in parts") {
  constexpr std::int64_t kBlocks = 2, kDepth = 3, kHeight = 4, kWidth = 6, kParts = 3;
  constexpr std::int64_t kCells = kBlocks * kDepth * kHeight * kWidth;
  InEachOrder([] {
    Array<float> sums(Count(kParts * kCells * 16)), bias(Count(kBlocks * 16));
    Array<__half> y(Count(kCells * 4)), whole(Count(kCells * 16)), mean(y.count);
    FillFloats(sums);
    FillFloats(bias);
    const CudaStream stream;
    for (auto* each : {&sums, &bias}) each->Send(stream);
    const auto end = [&](auto& out) {
      return BlockSumsEnd{
          AsHalves(out.device), sums.device, bias.device, kParts, 1, kBlocks, kDepth, kHeight, kWidth, 0.2F};
    };
    OK(cuda::Launch(stream, cuda::Each<BlockPooledSumsEnd>{{end(y)}}));
    OK(cuda::Launch(stream, cuda::Each<BlockSumsEnd>{end(whole)}));
    OK(cuda::Launch(stream, cuda::Each<BlockPool>{{AsHalves(mean.device), AsHalves(whole.device),
                                                   kBlocks * kDepth, kHeight / 2, kWidth / 2}}));
    y.Fetch(stream);
    mean.Fetch(stream);
    stream.Wait();
    CHECK(std::memcmp(y.host, mean.host, y.count * sizeof(__half)) == 0);
  });
}

}  // namespace
