// The puppet pack for tests of the engine: the options that lib/talker passes, a picture and a voice. `npm
// run build:lib` makes the pack; KDTALKER_ORT, set by native/build/test.mjs, names the ONNX Runtime library.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/speech.h"
#include "engine/talker.h"
#include "ops/domain.h"
#include "support/skip.h"

namespace puppet {

inline const char* const kFolder = "dist/built-in/puppet/";

inline bool Built() {
  const bool built = std::filesystem::exists(std::string(kFolder) + "pack.json");
  return !skip::WithoutRuntime() &&
         !skip::Unless(built, "`npm run build:lib`, run from the project's folder");
}

inline std::shared_ptr<kdtalker::Runtime> Runtime() {
  auto runtime = kdtalker::Runtime::Open(std::getenv("KDTALKER_ORT"), "");
  kdtalker::ops::Register(*runtime);
  return runtime;
}

inline kdtalker::TalkerOptions Options(const std::string& device, int threads) {
  const auto file = [](const char* name) { return std::string(kFolder) + name + ".onnx"; };
  kdtalker::TalkerOptions options;
  options.device = device;
  options.threads = threads;
  options.roles["appearance"] = {file("appearance"), {{"image", "img"}}, {{"feature", "f_s"}}};
  options.roles["motion"] = {file("motion"),
                             {{"image", "img"}},
                             {{"keypoints", "kp"},
                              {"pitch", "pitch"},
                              {"yaw", "yaw"},
                              {"roll", "roll"},
                              {"translation", "t"},
                              {"expression", "exp"},
                              {"scale", "scale"}}};
  options.roles["audio"] = {file("audio"), {{"mel", "mel"}}, {{"feature", "feature"}}};
  options.roles["denoiser"] = {
      file("denoiser"),
      {{"x", "x_t"}, {"timestep", "t"}, {"audio", "audio"}, {"canonical", "ori_kps"}, {"reference", "ref"}},
      {{"noise", "eps"}}};
  options.roles["render"] = {
      file("renderer"), {{"feature", "f_s"}, {"source", "x_s"}, {"driving", "x_d"}}, {{"image", "out"}}};
  options.crop_size = options.width = options.height = 512;
  options.motion_size = 256;
  options.motion_mean.assign(70, 0.0F);
  options.motion_mean[0] = 1.0F;
  options.motion_std.assign(70, 0.02F);
  options.motion_std[1] = 9.0F;
  options.motion_std[2] = 5.0F;
  options.motion_std[3] = 4.0F;
  options.keypoints_mean.assign(63, 0.0F);
  options.keypoints_std.assign(63, 1.0F);
  options.blink_direction.assign(63, 0.0F);
  options.blink_direction[31] = options.blink_direction[34] = 0.065F;
  options.blink_template = {0.12F, 0.55F, 1.0F, 0.95F, 0.6F, 0.3F, 0.1F};
  return options;
}

inline std::shared_ptr<kdtalker::Talker> Talker(const std::string& device, int threads) {
  return std::make_shared<kdtalker::Talker>(Runtime(), Options(device, threads));
}

inline kdtalker::PortraitOptions Picture() {
  kdtalker::PortraitOptions options;
  options.crop.resize(std::size_t{3} * 512 * 512);
  for (std::size_t i = 0; i < options.crop.size(); i++)
    options.crop[i] = static_cast<std::uint8_t>(i * 7 % 251);
  options.keypoints.assign(126, 0.0F);
  for (std::size_t i = 0; i < 63; i++) options.keypoints[i] = 1.0F;
  return options;
}

// A tone that swells and fades.
inline std::shared_ptr<kdtalker::Speech> Speech(const kdtalker::Talker& talker, std::int64_t frames) {
  auto speech = std::make_shared<kdtalker::Speech>(talker.device(), 16000);
  std::vector<float> samples(static_cast<std::size_t>(640 * frames));
  for (std::size_t i = 0; i < samples.size(); i++) {
    const double t = static_cast<double>(i) / 16000.0;
    samples[i] = static_cast<float>(0.4 * std::sin(2764.6 * t) * std::sin(12.0 * t));
  }
  speech->Push(samples.data(), samples.size());
  speech->Finish();
  return speech;
}

}  // namespace puppet
