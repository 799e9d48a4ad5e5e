#include "kernels/region.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/rest_lips.h"
#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;

Floats Numbers(std::size_t count, float first) {
  Floats numbers(count);
  for (std::size_t i = 0; i < count; i++) numbers[i] = first + static_cast<float>(i) / 8.0F;
  return numbers;
}

MotionMask EveryThird() {
  MotionMask mask{};
  for (int c = 0; c < kMotionSize; c += 3) mask.of[c] = 1;
  return mask;
}

}  // namespace

TEST_CASE("a region keeps what it takes and rests the others, only in the frames that are asked for") {
  Floats motion = Numbers(4 * 70, 1);
  const Floats before = motion, rest = Numbers(70, -50);
  Run(TakeRegion{motion.data(), rest.data(), 1, 3, EveryThird()});
  for (std::size_t i = 0; i < motion.size(); i++) {
    const bool asked = i >= 70 && i < 210, taken = i % 70 % 3 == 0;
    CHECK(motion[i] == (asked && !taken ? rest[i % 70] : before[i]));
  }
}

TEST_CASE("lips rest as far as the gate is shut, and an open gate changes no bit") {
  Floats motion = Numbers(4 * 70, 0.1F);
  const Floats before = motion, rest = Numbers(70, -50), gate = {1, 0.25F, 0, 1};
  Run(RestLips{motion.data(), rest.data(), gate.data(), 0, 3, EveryThird()});
  for (std::size_t i = 0; i < motion.size(); i++) {
    const float open = gate[i / 70], still = rest[i % 70];
    const bool lips = i % 70 % 3 == 0;
    if (!lips || open == 1) {
      CHECK(motion[i] == before[i]);
    } else {
      CHECK(motion[i] == still + open * (before[i] - still));
    }
    if (lips && open == 0) CHECK(motion[i] == still);
  }
}

TEST_CASE("pieces of the timeline rest as the whole") {
  Floats whole = Numbers(6 * 70, 1), pieces = whole;
  const Floats rest = Numbers(70, -50), gate = {0, 0.5F, 1, 0.3F, 0, 0.9F};
  Run(RestLips{whole.data(), rest.data(), gate.data(), 0, 6, EveryThird()});
  for (const auto& [first, last] : {std::pair<std::int64_t, std::int64_t>{0, 1}, {1, 4}, {4, 6}})
    Run(RestLips{pieces.data(), rest.data(), gate.data(), first, last, EveryThird()});
  CHECK(pieces == whole);
}
