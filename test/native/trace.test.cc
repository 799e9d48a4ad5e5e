#include "engine/trace.h"

#include <doctest/doctest.h>

#include <memory>

#include "support/failing_device.h"
#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("a trace that failed half-way says so again, and another one works") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<FailingDevice>();
  const Stage puppet(device);
  TraceOptions options;
  options.run.steps = 2;
  options.frames = {0};
  const auto make = [&] {
    return std::make_unique<Trace>(puppet.talker, puppet::Picture(), puppet::Speech(*puppet.talker, 2),
                                   options);
  };
  const auto finish = [](Trace& trace) {
    while (trace.Next()) continue;
  };
  std::int64_t failed = 0;
  for (std::int64_t nth = 0;; nth++) {
    CAPTURE(nth);
    const auto trace = make();
    device->FailAt(FailingDevice::kAllocate, nth);
    const std::string code = CodeThrownBy([&] { finish(*trace); });
    if (code.empty()) break;
    CHECK(code == "NATIVE");
    CHECK(CodeThrownBy([&] { trace->Next(); }) == "NATIVE");
    failed++;
  }
  CHECK(failed > 30);  // of portrait, timeline, sampler and renderer
  device->FailAt(FailingDevice::kAllocate, -1);
  CHECK(CodeThrownBy([&] { finish(*make()); }).empty());
}

TEST_SUITE_END();
