// test/retarget.test.ts compares the networks themselves with the golden cases.
#include "stages/retarget.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "kernels/retarget.h"
#include "launch.h"

namespace {

using namespace kdtalker;

std::string CodeOf(const stages::Retargeting& wanted, const std::vector<float>& ratios) {
  const auto device = MakeCpuDevice();
  const Tensor source(device, Type::kFloat32, {1, 21, 3}), driving(device, Type::kFloat32, {1, 21, 3});
  try {
    const std::map<std::string, stages::Network> none;
    stages::Retarget retarget(none, source, driving);
    return retarget.Begin(wanted, ratios).address() == driving.address() ? "" : "moved";
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("ratios and deltas are placed and added") {
  std::vector<float> ratio(3, -1.0F), keypoints(63, 0.5F), delta(63);
  Run(kernels::PlaceRatios{ratio.data(), {0.1F, 0.2F, 0.3F}, 3});
  CHECK(ratio == std::vector<float>{0.1F, 0.2F, 0.3F});
  Run(kernels::PlaceRatios{ratio.data(), {0.4F, 0.6F, 0.9F}, 2});
  CHECK(ratio == std::vector<float>{0.4F, 0.6F, 0.3F});
  for (std::size_t i = 0; i < 63; i++) delta[i] = static_cast<float>(i);
  Run(kernels::MoveKeypoints{keypoints.data(), delta.data()});
  for (std::size_t i = 0; i < 63; i++) CHECK(keypoints[i] == 0.5F + static_cast<float>(i));
}

TEST_CASE("nothing wanted needs nothing; what is wanted needs its network and the source's ratios") {
  CHECK(CodeOf({}, {}).empty());
  CHECK(CodeOf({true, {}, {}}, {}) == "PACK_INVALID");
  CHECK(CodeOf({false, {0.3F}, {}}, {0.1F, 0.1F, 0.1F}) == "PACK_INVALID");
  CHECK(CodeOf({false, {}, {0.3F}}, {0.1F, 0.1F, 0.1F}) == "PACK_INVALID");
  CHECK(CodeOf({false, {0.3F}, {}}, {}) == "INVALID_ARGUMENT");
  CHECK(CodeOf({false, {}, {0.3F}}, {0.1F}) == "INVALID_ARGUMENT");
}
