// Each allocation and each thread start fails in turn while a session of operators is created and runs: the
// result is an error or right, and the next session is right. Each session begins with an empty pool of
// working memory, so it allocates all of it again.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "blocked.h"
#include "convolution.h"
#include "kernels/cpu/linear_layout.h"
#include "kernels/cpu/mask_weights.h"
#include "kernels/cpu/occlusion_weights.h"
#include "one_operator.h"
#include "ops/conv_runner.h"
#include "ops/token_layers.h"
#include "support/failures.h"
#include "support/skip.h"

namespace {

using namespace kdtalker;
using blocked::RandomFloats;
using kernels::Method;
using ops::Dims;
using ops::kElementOf;
using warp::Host;
using Bytes = std::vector<std::uint8_t>;

// An operator that runs a test's function on the session's threads.
std::function<void(const ops::Workers&)> wanted;

class Wanted {
 public:
  static constexpr const char* kName = "Wanted";
  static constexpr ops::Element kInputs[] = {kElementOf<float>};
  static constexpr ops::Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Wanted(const Ort::ConstKernelInfo&) {}
  void Compute(const Ort::KernelContext& context) {
    ops::Output<float>(context, {1})[0] = 0;
    wanted(ops::Workers(context));
  }
  static Dims InferShape(ops::Shapes&) { return {1}; }
};

struct Operators {
  ops::Op<Wanted> wanted;
  Ort::CustomOpDomain domain{"kdtalker.memory"};
  Operators() { domain.Add(&wanted); }
};

std::shared_ptr<Runtime> OpenWithWanted() {
  auto runtime = Runtime::Open(std::getenv("KDTALKER_ORT"), "");
  runtime->AddDomain("kdtalker.memory", [] {
    auto operators = std::make_shared<Operators>();
    const OrtCustomOpDomain* domain = operators->domain;
    return std::shared_ptr<const OrtCustomOpDomain>(std::move(operators), domain);
  });
  return runtime;
}

// Runs work on the two threads of a session.
void OnThreads(std::function<void(const ops::Workers&)> work) {
  wanted = std::move(work);
  warp::OneOperator("Wanted", {Host::Of<float>({1}, {0.0F})}, {}, kElementOf<float>, 1, "kdtalker.memory")
      .Run();
}

// Refuses the first, second, third ... request of a kind until the work makes no more. Checks run when
// nothing is refused any more, because doctest allocates too.
struct Refusals {
  std::int64_t all = 0, errors = 0, wrong = 0;
};

Refusals RefuseEach(failures::Kind kind, const std::function<Bytes()>& work) {
  const Bytes expected = work();
  Refusals refusals;
  for (bool more = true; more; refusals.all += more ? 1 : 0) {
    const failures::FailNth failing(kind, refusals.all);
    try {
      refusals.wrong += work() == expected ? 0 : 1;
    } catch (const std::exception&) {
      refusals.errors++;
    }
    more = failing.happened();
  }
  CHECK(work() == expected);
  return refusals;
}

void RefuseMemory(const std::function<Bytes()>& work) {
  const Refusals refusals = RefuseEach(failures::kAllocation, work);
  CHECK(refusals.wrong == 0);
  CHECK(refusals.errors > 3);
}

template <class T>
Bytes BytesOf(const std::vector<T>& values) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
  return {bytes, bytes + values.size() * sizeof(T)};
}

void RefuseMemoryOf(const convolution::Shape& shape) {
  const convolution::Convolution<float> made(shape);
  const auto x = RandomFloats(static_cast<std::size_t>(shape.in * shape.in_cells()), 1);
  RefuseMemory([&] {
    std::vector<float> y(static_cast<std::size_t>(shape.out * shape.out_cells()));
    OnThreads([&](const ops::Workers& workers) {
      ops::ConvRunner<float>().Run(workers, made.plan, made.Call(x.data(), y.data()));
    });
    return BytesOf(y);
  });
}

Host WeightsOf(std::size_t bytes) {
  return Host::Of<std::uint8_t>({static_cast<std::int64_t>(bytes)}, Bytes(bytes));
}

Bytes RunOnce(const char* name, const std::vector<Host>& inputs,
              const std::map<std::string, std::int64_t>& attributes, std::size_t rank) {
  return warp::OneOperator(name, inputs, attributes, kElementOf<float>, rank).Run().bytes;
}

}  // namespace

TEST_CASE("allocations refused: of convolutions, in each of the ways they run") {
  if (skip::WithoutRuntime()) return;
  const auto runtime = OpenWithWanted();
  // By groups with matrices as they are stored, by groups with transformed ones, by products, by panels.
  RefuseMemoryOf({Method::kPointwise, 32, 16, 1, 20, 20, 1});
  RefuseMemoryOf({Method::kWinograd4, 32, 32, 1, 72, 72, 1});
  RefuseMemoryOf({Method::kWinograd4, 32, 32, 5, 32, 32, 3});
  RefuseMemoryOf({Method::kWinograd4, 32, 64, 1, 12, 12, 1});
}

TEST_CASE("allocations refused: of layers over tokens, and none during their work") {
  if (skip::WithoutRuntime()) return;
  const auto runtime = OpenWithWanted();
  constexpr int kRows = 20, kWidth = 64;
  const auto x = RandomFloats(kRows * kWidth, 1), matrix = RandomFloats(kWidth * kWidth, 2);
  const auto bias = RandomFloats(kWidth, 3);
  const auto weights = kernels::LayOutLinear<float>(matrix.data(), kWidth, kWidth);
  using Kind = ops::TokenLayer::Kind;
  const ops::TokenPlan plan{
      {{Kind::kLinear, kWidth, 0, 0}, {Kind::kSilu, kWidth, 0, 0}, {Kind::kLinear, kWidth, 0, 0}}, 1, 1e-5F};
  ops::TokenInputs linear;
  linear.weights = weights.data();
  linear.bias = bias.data();
  const std::vector<ops::TokenInputs> inputs{linear, {}, linear};
  const auto run = [&](ScratchPool& scratch) {
    std::vector<float> y(kRows * kWidth);
    OnThreads([&](const ops::Workers& workers) {
      ops::RunTokenLayers<float>(kernels::BestCpuKernels(), scratch, workers, plan, inputs, x.data(), kRows,
                                 kWidth, y.data());
    });
    return BytesOf(y);
  };
  RefuseMemory([&] {
    ScratchPool scratch;
    return run(scratch);
  });
  ScratchPool warm;
  run(warm);
  const failures::FailNth counting(failures::kAllocation, 1 << 30);
  std::int64_t before = 0, after = 0;
  std::vector<float> y(kRows * kWidth);
  OnThreads([&](const ops::Workers& workers) {
    before = counting.seen();
    ops::RunTokenLayers<float>(kernels::BestCpuKernels(), warm, workers, plan, inputs, x.data(), kRows,
                               kWidth, y.data());
    after = counting.seen();
  });
  CHECK(after == before);
}

TEST_CASE("allocations refused: of shapes that are inferred") {
  if (skip::WithoutRuntime()) return;
  const auto runtime = OpenWithWanted();
  const Host plain = Host::Of<float>({1, 20, 6, 7}, RandomFloats(20 * 6 * 7, 1));
  const Host blocked = Host::Of<float>({2, 6, 7, 16}, RandomFloats(2 * 6 * 7 * 16, 2));
  RefuseMemory([&] { return RunOnce("Block", {plain}, {}, 4); });
  RefuseMemory([&] { return RunOnce("Unblock", {blocked}, {{"channels", 20}}, 4); });
}

TEST_CASE("allocations refused: of the warp network's operators") {
  if (skip::WithoutRuntime()) return;
  const auto runtime = OpenWithWanted();
  const auto floats = [](const Dims& dims, std::uint32_t seed) {
    const auto count = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
    return Host::Of<float>(dims, RandomFloats(static_cast<std::size_t>(count), seed));
  };
  const Host source = floats({1, 21, 3}, 1), driving = floats({1, 21, 3}, 2);
  const std::vector<Host> stacked{floats({1, 4, 16, 64, 64}, 3), source, driving};
  RefuseMemory([&] { return RunOnce("DenseMotionInput", stacked, {}, 5); });
  const std::vector<Host> volume{floats({2, 16, 64, 64, 16}, 4), WeightsOf(kernels::OcclusionWeightsBytes(2)),
                                 floats({1}, 5)};
  RefuseMemory([&] { return RunOnce("Occlusion", volume, {{"in_channels", 20}, {"kernel", 7}}, 4); });
}

TEST_CASE("threads refused: of a session of operators") {
  if (skip::WithoutRuntime()) return;
  const Host x = Host::Of<float>({1, 20, 6, 7}, RandomFloats(20 * 6 * 7, 1));
  const auto refusals = RefuseEach(failures::kThread, [&] { return RunOnce("Block", {x}, {}, 4); });
  CHECK(refusals.all == 1);
  CHECK(refusals.errors == 0);
  CHECK(refusals.wrong == 0);
}
