#include "kernels/edit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;

constexpr float kShape[] = {0.12F, 0.55F, 1.0F, 0.95F, 0.6F, 0.3F, 0.1F};

// Frame i, column c: distinct values.
Floats Timeline(std::int64_t frames) {
  Floats motion(static_cast<std::size_t>(frames) * 70);
  for (std::size_t i = 0; i < motion.size(); i++) motion[i] = 0.25F + static_cast<float>(i % 97) / 64.0F;
  return motion;
}

Floats Source() {
  Floats source(70);
  for (std::size_t c = 0; c < 70; c++) source[c] = 1.0F - static_cast<float>(c) / 32.0F;
  return source;
}

EditMotion Nothing(Floats& motion, const Floats& source) {
  EditMotion edit = {};
  edit.motion = motion.data();
  edit.source = source.data();
  edit.last = static_cast<std::int64_t>(motion.size() / 70);
  edit.pose_scale = 1;
  edit.expression_scale = 1;
  edit.blink.period = 75;
  edit.blink.length = 7;
  std::copy(std::begin(kShape), std::end(kShape), edit.blink.shape);
  edit.blink.direction[33] = 0.02F;
  edit.blink.direction[34] = -0.04F;
  return edit;
}

// The degree of closing in a frame: its part along the blink's direction.
float Shut(const Blink& blink, const float* frame) {
  float along = 0, square = 0;
  for (int c = 0; c < 63; c++) {
    along += frame[7 + c] * blink.direction[c];
    square += blink.direction[c] * blink.direction[c];
  }
  return along / square;
}

}  // namespace

TEST_CASE("no edit changes no bit") {
  Floats motion = Timeline(5);
  const Floats before = motion, source = Source();
  Run(Nothing(motion, source));
  CHECK(motion == before);
}

TEST_CASE("pose scale is of the distance from the source, offsets come after, expression stays") {
  Floats motion = Timeline(3);
  const Floats before = motion, source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.first = 1;
  edit.pose_scale = 0.5F;
  edit.yaw_offset = 3;
  edit.pitch_offset = -2;
  edit.roll_offset = 1;
  Run(edit);
  const float offset[70] = {0, 3, -2, 1};
  for (std::size_t i = 0; i < motion.size(); i++) {
    const std::size_t c = i % 70;
    const bool pose = i >= 70 && c >= 1 && c <= 6;
    CHECK(motion[i] == (pose ? source[c] + 0.5F * (before[i] - source[c]) + offset[c] : before[i]));
  }
}

TEST_CASE("expression scale 0 is the source's expression and nothing else") {
  Floats motion = Timeline(2);
  const Floats before = motion, source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.expression_scale = 0;
  Run(edit);
  for (std::size_t i = 0; i < motion.size(); i++)
    CHECK(motion[i] == (i % 70 >= 7 ? source[i % 70] : before[i]));
}

TEST_CASE("blink off takes out shutting and leaves opening and everything else") {
  Floats motion = Timeline(2);
  const Floats source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.blink.mode = BlinkMode::kOff;
  motion[7 + 33] = 0.3F, motion[7 + 34] = -0.1F;         // shut
  motion[70 + 7 + 33] = -0.3F, motion[70 + 7 + 34] = 0;  // open
  const Floats before = motion;
  CHECK(Shut(edit.blink, motion.data()) > 1.0F);
  Run(edit);
  CHECK(Shut(edit.blink, motion.data()) == doctest::Approx(0.0F));
  for (std::size_t i = 0; i < motion.size(); i++) {
    if (i != 7 + 33 && i != 7 + 34) CHECK(motion[i] == before[i]);
  }
}

TEST_CASE("a pack without a blink direction is left alone") {
  Floats motion = Timeline(80);
  const Floats before = motion, source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.blink = {};
  edit.blink.period = 75;
  edit.blink.mode = BlinkMode::kPeriodic;
  Run(edit);
  CHECK(motion == before);
}

TEST_CASE("own blinks: one in each period, of the given shape, other places for another seed") {
  Floats motion(3000 * 70);
  const Floats source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.blink.mode = BlinkMode::kPeriodic;
  edit.blink.seed = 5;
  std::vector<float> wanted(3000, 0.0F);
  std::vector<std::int64_t> places;
  for (std::int64_t k = 0; k < 40; k++) {
    const std::int64_t start = BlinkStart(edit.blink, k);
    CHECK(start >= 75 * k);
    CHECK(start < 75 * (k + 1));
    places.push_back(start - 75 * k);
    for (std::int64_t i = 0; i < 7 && start + i < 3000; i++) {
      float& value = wanted[static_cast<std::size_t>(start + i)];
      value = std::max(value, kShape[i]);
    }
  }
  Run(edit);
  for (std::size_t i = 0; i < 3000; i++)
    CHECK(Shut(edit.blink, &motion[i * 70]) == doctest::Approx(wanted[i]));
  std::sort(places.begin(), places.end());
  CHECK(places.front() < 15);
  CHECK(places.back() > 60);
  Blink other = edit.blink;
  other.seed = 6;
  CHECK(BlinkStart(other, 0) != BlinkStart(edit.blink, 0));
}

TEST_CASE("own blinks of a loop come where it is shown, and go over to it without a jump") {
  Floats motion(200 * 70);
  const Floats source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.blink.mode = BlinkMode::kPeriodic;
  const std::int64_t blink = BlinkStart(edit.blink, 7);
  edit.clock = {0, 100, blink - 105};  // frame 105 is that one's first, in the middle of the join
  Run(edit);
  for (std::int64_t i = 0; i < 200; i++) {
    const float own = BlinkAmount(edit.blink, i), of_loop = BlinkAmount(edit.blink, i + blink - 105);
    const float share = SmoothStep(i - 99, 8);
    const float wanted = i < 100 ? own : own + share * (of_loop - own);
    CHECK(Shut(edit.blink, &motion[static_cast<std::size_t>(i) * 70]) ==
          doctest::Approx(wanted).epsilon(1e-4));
  }
  CHECK(Shut(edit.blink, &motion[std::size_t{107} * 70]) == doctest::Approx(1));
}

TEST_CASE("changes of frames: the scale is a factor, all else is added after the pose's offset") {
  Floats motion = Timeline(3);
  const Floats before = motion, source = Source();
  Floats rows(3 * 70);
  for (std::size_t i = 0; i < rows.size(); i++) rows[i] = static_cast<float>(i % 11) / 4.0F;
  EditMotion edit = Nothing(motion, source);
  edit.first = 1;
  edit.yaw_offset = 3;
  edit.edits = {rows.data(), 3};
  Run(edit);
  for (std::size_t i = 0; i < motion.size(); i++) {
    const float offset = i % 70 == 1 ? 3.0F : 0.0F;
    const float changed = i % 70 == 0 ? before[i] * rows[i] : before[i] + offset + rows[i];
    CHECK(motion[i] == (i < 70 ? before[i] : changed));
  }
  CHECK(edit.edits.Zoom(2) == rows[140]);
}

TEST_CASE("one row of changes is every frame's, and no rows are no change") {
  Floats motion = Timeline(3);
  const Floats before = motion, source = Source();
  Floats row(70, 0.5F);
  EditMotion edit = Nothing(motion, source);
  edit.edits = {row.data(), 1};
  Run(edit);
  for (std::size_t i = 0; i < motion.size(); i++)
    CHECK(motion[i] == (i % 70 == 0 ? before[i] * 0.5F : before[i] + 0.5F));
  CHECK(edit.edits.Zoom(2) == 0.5F);
  CHECK(FrameEdits{}.Zoom(2) == 1.0F);
}

TEST_CASE("pieces of the timeline are edited as the whole") {
  Floats whole = Timeline(200), pieces = whole;
  const Floats source = Source();
  EditMotion edit = Nothing(whole, source);
  edit.blink.mode = BlinkMode::kPeriodic;
  edit.pose_scale = 1.3F;
  Run(edit);
  edit.motion = pieces.data();
  for (edit.first = 0; edit.first < 200; edit.first = edit.last) {
    edit.last = std::min<std::int64_t>(200, edit.first + 64);
    Run(edit);
  }
  CHECK(pieces == whole);
}

TEST_CASE("the reference frame is scaled but has no offset, no change and no own blink") {
  Floats motion = Timeline(4);
  const Floats source = Source();
  EditMotion edit = Nothing(motion, source);
  edit.pose_scale = 0.5F;
  edit.yaw_offset = 10;
  edit.blink.mode = BlinkMode::kPeriodic;
  const Floats row(70, 0.5F);
  edit.edits = {row.data(), 1};
  Floats reference(motion.begin(), motion.begin() + 70), plain = reference;
  Run(edit.Reference(reference.data()));
  EditMotion wanted = Nothing(plain, source);
  wanted.pose_scale = 0.5F;
  wanted.blink.mode = BlinkMode::kOff;
  Run(wanted);
  CHECK(reference == plain);
}
