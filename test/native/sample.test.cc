// What is computed once for all clips that sample in the same steps.
#include "stages/sample.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "support/late_device.h"
#include "support/row_program.h"

using namespace kdtalker;

namespace {

constexpr std::int64_t kWidth = 3;

void TimeOf(const void* timestep, float* time) {
  const auto number = static_cast<float>(*static_cast<const std::int64_t*>(timestep));
  for (std::int64_t i = 0; i < kWidth; i++) time[i] = number + 0.25F * static_cast<float>(i);
}

stages::Network NetworkOf(const char* name, const Slot& in, const Slot& out, RowProgram::Make make) {
  return {{name, {{in.name, in.name}}, {{out.name, out.name}}},
          std::make_shared<RowProgram>(name, in, out, make)};
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("the table of times is there for every stream when it is handed out") {
  std::map<std::string, stages::Network> networks;
  networks.emplace("time", NetworkOf("time", {"timestep", Type::kInt64, {-1}},
                                     {"time", Type::kFloat32, {-1, kWidth}}, TimeOf));
  networks.emplace("condition", networks.at("time"));  // such packs split the denoiser
  std::vector<stages::Step> steps(4);
  for (std::size_t i = 0; i < steps.size(); i++) steps[i].timestep = static_cast<std::int64_t>(900 - 7 * i);
  const std::shared_ptr<Device> device = std::make_shared<LateDevice>();
  const auto stream = device->MakeStream(), other = device->MakeStream();
  const stages::SampleSteps table(*stream, networks, steps);
  const std::vector<float> found = DownloadFloats(*other, table.times(), Crossing::kTrace);
  REQUIRE(found.size() == steps.size() * kWidth);
  for (std::size_t i = 0; i < found.size(); i++)
    CHECK(found[i] == static_cast<float>(900 - 7 * (i / kWidth)) + 0.25F * static_cast<float>(i % kWidth));
}

TEST_SUITE_END();
