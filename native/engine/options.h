#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/provider_kind.h"
#include "kernels/edit.h"
#include "kernels/region.h"
#include "kernels/silence_gate.h"
#include "stages/network.h"
#include "stages/paste.h"
#include "stages/retarget.h"

// Plain data from the addon for the engine. TypeScript has validated every value; the
// engine checks again only what could corrupt memory.
namespace kdtalker {

struct TalkerOptions {
  std::string device = "auto";
  DeviceOptions device_options;
  ProviderUse provider;     // of ONNX Runtime on a GPU, for roles without a plan
  int threads = 1;          // to use in all
  int session_threads = 1;  // that one run of a network can use
  std::map<std::string, stages::Role> roles;
  // Where `roles` render in half precision: the same networks in float32. Else empty.
  std::map<std::string, stages::Role> exact_roles;
  int crop_size = 0;    // side of the square crop, pixels
  int motion_size = 0;  // side of the motion network's input; divides crop_size
  int width = 0, height = 0;
  kernels::Feather feather;     // of a rendered crop that is pasted into its photo
  int fps = 25;                 // frames a second
  int window = 64;              // frames sampled at a time, unless a clip says otherwise
  bool fixed_window = true;     // the denoiser accepts only this number of frames
  bool condition_rows = false;  // each row of the role `condition` depends on its frame's features alone
  int train_timesteps = 1000;
  double beta_start = 1e-5, beta_end = 8e-3;
  double process_variance = 0.05, observation_variance = 0.001;
  std::vector<float> motion_mean, motion_std;        // [70]
  std::vector<float> keypoints_mean, keypoints_std;  // [63]
  std::vector<float> blink_direction;                // [63] raw expression units, empty: the pack has none
  std::vector<float> blink_template;                 // closing per frame, 0..1
};

struct PortraitOptions {
  std::vector<std::uint8_t> crop;  // [size, size, 3] RGB
  std::vector<float> keypoints;  // [2, 63]: factors for the motion network's values, then the numbers to add
  std::vector<float> ratios;     // how far left eye, right eye and lips are open; empty: unknown
  std::shared_ptr<const stages::PhotoPixels> photo;  // for whole pictures; null: crops only
};

// kFloat: [3, height, width], the decoder's output, 0..1.
enum class PixelFormat { kRgb, kI420, kNv12, kFloat };

// Moves the mouth to rest during silence.
struct SilenceOptions {
  kernels::SilenceRule rule{};
  kernels::MotionMask lips{};  // what comes to rest
};

// How the motion of a stream is sampled (docs/streams.md); frames, all numbers.
struct StreamOptions {
  int hop = 4;                 // decided at a time
  int ahead = 2;               // heard beyond those
  int plan_steps = 50;         // sampling steps of a plan; those of the lips are RunOptions::steps
  int replan = 4;              // frames of a voice that are heard before the plan is sampled again
  kernels::MotionMask fast{};  // the lips: what is sampled anew each hop
  bool paced = false;          // frames have to be made as fast as they play
};

struct RunOptions {
  std::uint64_t seed = 0;
  int steps = 50;
  int window = 64;
  bool ddpm = false;
  double eta = 0;
  bool relative = false;
  float pose_scale = 1, expression_scale = 1;
  std::array<float, 3> pose_offset{};  // yaw, pitch, roll in degrees
  double smoothing = 1;                // times the observation variance; 0 switches smoothing off
  kernels::BlinkMode blink = kernels::BlinkMode::kModel;
  std::optional<kernels::MotionMask> region;  // mask of what follows the driver; none: everything
  std::vector<float> edits;                   // [1 or frames, 70], kernels/frame_edits.h; empty: none
  std::optional<SilenceOptions> silence;      // for speech only
  stages::Retargeting retargeting;
  std::optional<StreamOptions> stream;  // for speech whose end is not known
  bool full = false;                    // frames are the whole photo with the crop pasted in
  std::string tenant = {};              // with whom it shares what the lanes give
  int priority = 0;                     // among those; the higher is first
};

// Options of a trace.
struct TraceOptions {
  RunOptions run;
  std::vector<float> noise;  // [windows, window, 70] the sampler's initial noise; empty: made from the seed
  std::vector<std::int64_t> frames;  // rendered
};

}  // namespace kdtalker
