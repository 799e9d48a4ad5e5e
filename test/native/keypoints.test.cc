#include "kernels/keypoints.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "golden.h"
#include "kernels/denormalise.h"
#include "kernels/motion.h"
#include "kernels/normalise.h"
#include "launch.h"

namespace {

using namespace kdtalker::kernels;
using Floats = std::vector<float>;

// The golden portrait's motion, the output of M.
Floats PortraitMotion(const golden::File& portrait) {
  const Floats scale = portrait.Floats("raw_scale"), yaw = portrait.Floats("yaw_deg");
  const Floats pitch = portrait.Floats("pitch_deg"), roll = portrait.Floats("roll_deg");
  const Floats translation = portrait.Floats("raw_t"), expression = portrait.Floats("raw_exp");
  Floats motion(70);
  Run(PackMotion{scale.data(), yaw.data(), pitch.data(), roll.data(), translation.data(), expression.data(),
                 motion.data()});
  return motion;
}

// Smoothed golden motion with the unsmoothed scale.
Floats DrivingMotion(const golden::File& driver) {
  Floats motion = golden::MotionRows(driver, "smooth_", false);
  const Floats scale = driver.Floats("denorm_scale");
  for (std::size_t i = 0; i < scale.size(); i++) motion[i * 70] = scale[i];
  return motion;
}

}  // namespace

TEST_CASE("the portrait's motion normalises to the golden reference and canonical tokens") {
  const golden::File portrait("portrait"), driver("driver");
  const Floats motion = PortraitMotion(portrait);
  const Floats mean = golden::MotionStatistics("mean"), std = golden::MotionStatistics("std");
  Floats reference(70);
  Run(Normalise{motion.data(), mean.data(), std.data(), reference.data(), 1, 70});
  golden::CheckClose("ref_frame", reference, driver.Floats("ref_frame"), 0.0);

  const Floats keypoints = portrait.Floats("raw_kp");
  const Floats kp_mean = golden::KeypointStatistics("mean"), kp_std = golden::KeypointStatistics("std");
  Floats canonical(70, -1.0F);
  Run(CanonicalToken{keypoints.data(), kp_mean.data(), kp_std.data(), canonical.data()});
  golden::CheckClose("canonical", canonical, driver.Floats("canonical"), 0.0);
}

TEST_CASE("de-normalising gives the golden bits, in place too") {
  const golden::File driver("driver");
  const Floats mean = golden::MotionStatistics("mean"), std = golden::MotionStatistics("std");
  Floats motion = driver.Floats("motion_normalised");
  const auto rows = static_cast<std::int64_t>(motion.size() / 70);
  Run(Denormalise{motion.data(), mean.data(), std.data(), motion.data(), rows, 70});
  golden::CheckClose("denorm", motion, golden::MotionRows(driver, "denorm_", true), 0.0);
}

TEST_CASE("rotation and source keypoints are the golden portrait's") {
  const golden::File portrait("portrait");
  const Floats motion = PortraitMotion(portrait), canonical = portrait.Floats("raw_kp");
  const Rotation rotation = RotationOf(motion.data());
  golden::CheckClose("rotation", Floats(rotation.r, rotation.r + 9), portrait.Floats("rotation"), 1e-6);
  Floats keypoints(63);
  Run(SourceKeypoints{motion.data(), canonical.data(), keypoints.data()});
  golden::CheckClose("x_s", keypoints, portrait.Floats("x_s"), 1e-6);
}

TEST_CASE("driving keypoints are the golden driver's, absolute and relative") {
  const golden::File portrait("portrait"), driver("driver");
  const Floats source = PortraitMotion(portrait), canonical = portrait.Floats("raw_kp");
  const Floats motion = DrivingMotion(driver);
  const auto frames = static_cast<std::int64_t>(motion.size() / 70);
  Floats keypoints(static_cast<std::size_t>(frames) * 63);
  Run(AbsoluteKeypoints{motion.data(), source.data(), canonical.data(), keypoints.data(), 0, frames});
  golden::CheckClose("x_d", keypoints, driver.Floats("x_d"), 1e-6);
  Run(RelativeKeypoints{motion.data(), source.data(), motion.data(), canonical.data(), keypoints.data(), 0,
                        frames});
  golden::CheckClose("x_d_relative", keypoints, driver.Floats("x_d_relative"), 2e-6);
}

TEST_CASE("a range of frames is written from the beginning of the output") {
  const golden::File portrait("portrait"), driver("driver");
  const Floats source = PortraitMotion(portrait), canonical = portrait.Floats("raw_kp");
  const Floats motion = DrivingMotion(driver), x_d = driver.Floats("x_d");
  Floats keypoints(3 * 63 + 1, -5.0F);
  Run(AbsoluteKeypoints{motion.data(), source.data(), canonical.data(), keypoints.data(), 100, 103});
  CHECK(keypoints.back() == -5.0F);
  keypoints.pop_back();
  CHECK(golden::MaxError(keypoints, Floats(x_d.begin() + 100 * 63, x_d.begin() + 103 * 63)) < 1e-6);
}

TEST_CASE("relative motion that stands still is the portrait") {
  const golden::File portrait("portrait"), driver("driver");
  const Floats source = PortraitMotion(portrait), canonical = portrait.Floats("raw_kp");
  const Floats motion = DrivingMotion(driver);
  Floats still(63), wanted(63);
  Run(RelativeKeypoints{motion.data(), source.data(), motion.data(), canonical.data(), still.data(), 0, 1});
  Run(SourceKeypoints{source.data(), canonical.data(), wanted.data()});
  CHECK(golden::MaxError(still, wanted) < 1e-6);
}

TEST_CASE("in absolute mode a frame's zoom is a factor of the portrait's scale") {
  Floats motion(2 * 70, 0.125F), plain(2 * 63), zoomed(2 * 63);
  const Floats source(70, 2.0F), canonical(63, 0.25F);
  Floats rows(2 * 70, 0.0F);
  rows[0] = 1.0F;
  rows[70] = 3.0F;
  Run(AbsoluteKeypoints{motion.data(), source.data(), canonical.data(), plain.data(), 0, 2});
  Run(AbsoluteKeypoints{
      motion.data(), source.data(), canonical.data(), zoomed.data(), 0, 2, {rows.data(), 2}});
  for (std::size_t i = 0; i < 126; i++) {
    const float shift = i % 3 < 2 ? 0.125F : 0.0F;
    const float factor = i < 63 ? 1.0F : 3.0F;
    CHECK(zoomed[i] - shift == doctest::Approx(factor * (plain[i] - shift)));
  }
  CHECK(std::vector<float>(zoomed.begin(), zoomed.begin() + 63) ==
        std::vector<float>(plain.begin(), plain.begin() + 63));
}
