// Exceptions of work on a session's threads.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "one_operator.h"
#include "support/skip.h"

namespace {

using namespace kdtalker;
using namespace kdtalker::ops;

constexpr int kTasks = 64;
std::atomic<int> tasks_done{0};

// Returns its input, or throws in the task that an attribute names.
class Failing {
 public:
  static constexpr const char* kName = "Failing";
  static constexpr Element kInputs[] = {kElementOf<float>};
  static constexpr Element kOutput = kElementOf<float>;
  static constexpr int kOptional = 0;

  explicit Failing(const Ort::ConstKernelInfo& info) : task_(info.GetAttribute<std::int64_t>("task")) {}

  void Compute(const Ort::KernelContext& context) {
    const auto* x = Input<float>(context, 0);
    Workers(context).For(kTasks, [&](std::int64_t task) {
      if (task == task_) throw Error("PACK_INVALID", "task " + std::to_string(task) + " has no memory");
      tasks_done++;
    });
    Output<float>(context, {1})[0] = x[0];
  }

  static Dims InferShape(Shapes&) { return {1}; }

 private:
  std::int64_t task_;
};

struct Operators {
  Op<Failing> failing;
  Ort::CustomOpDomain domain{"kdtalker.test"};
  Operators() { domain.Add(&failing); }
};

// The process's runtime, which has the operator while a caller holds the result.
std::shared_ptr<Runtime> OpenWithFailing() {
  auto runtime = Runtime::Open(std::getenv("KDTALKER_ORT"), "");
  runtime->AddDomain("kdtalker.test", [] {
    auto operators = std::make_shared<Operators>();
    const OrtCustomOpDomain* domain = operators->domain;
    return std::shared_ptr<const OrtCustomOpDomain>(std::move(operators), domain);
  });
  return runtime;
}

warp::OneOperator FailingAt(std::int64_t task) {
  return {"Failing",      {warp::Host::Of<float>({1}, {2.5F})}, {{"task", task}}, kElementOf<float>, 1,
          "kdtalker.test"};
}

}  // namespace

TEST_CASE("an exception in a thread of ONNX Runtime is the run's, and the next run works") {
  if (skip::WithoutRuntime()) return;
  const auto runtime = OpenWithFailing();
  auto failing = FailingAt(41);
  for (int run = 0; run < 3; run++) {
    tasks_done = 0;
    CHECK_THROWS_WITH(failing.Run(), doctest::Contains("task 41 has no memory"));
    CHECK(tasks_done == kTasks - 1);
  }
  CHECK(FailingAt(-1).Run().Values<float>() == std::vector<float>{2.5F});
}
