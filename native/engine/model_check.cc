#include "engine/model_check.h"

#include <utility>
#include <vector>

#include "core/limits.h"
#include "engine/role_check.h"
#include "engine/tensor_rule.h"
#include "kernels/edit.h"
#include "kernels/motion.h"
#include "kernels/warp_photo.h"
#include "kernels/windows.h"

namespace kdtalker {
namespace {

using kernels::kKeypoints;
using kernels::kMotionSize;
using stages::Signature;
using Words = RoleCheck::Words;

void CheckRange(const char* what, std::int64_t value, std::int64_t most) {
  if (value >= 1 && value <= most) return;
  RefusePack("1 to " + std::to_string(most), what, std::to_string(value));
}

void CheckLength(const char* what, const std::vector<float>& values, std::int64_t length) {
  if (static_cast<std::int64_t>(values.size()) == length) return;
  RefusePack(std::to_string(length) + " numbers", what, std::to_string(values.size()));
}

void CheckSizes(const TalkerOptions& pack) {
  CheckRange("crop.size", pack.crop_size, kMostPackSide);
  CheckRange("motionSize", pack.motion_size, pack.crop_size);
  CheckRange("output.width", pack.width, kMostPackSide);
  CheckRange("output.height", pack.height, kMostPackSide);
  if (pack.fps < kLeastFps || pack.fps > kMostFps)
    RefusePack(std::to_string(kLeastFps) + " to " + std::to_string(kMostFps), "fps",
               std::to_string(pack.fps));
  CheckRange("sampler.window", pack.window, kMostWindow);
  if (pack.crop_size % pack.motion_size == 0) return;
  RefusePack("a divisor of crop.size, " + std::to_string(pack.crop_size) + ",", "motionSize",
             std::to_string(pack.motion_size));
}

void CheckBlink(const TalkerOptions& pack) {
  if (pack.blink_direction.empty() && pack.blink_template.empty()) return;
  CheckLength("blink.direction", pack.blink_direction, kernels::kExpressionSize);
  CheckRange("the length of blink.template", static_cast<std::int64_t>(pack.blink_template.size()),
             kMostBlinkFrames);
}

bool IsPlanned(const std::map<std::string, Signature>& networks) {
  auto open = networks.find("denoiser");
  if (open == networks.end()) open = networks.find("audio");
  return open != networks.end() && !open->second.role.weights.empty();
}

// All networks, in the order in which a clip runs them.
class ModelCheck {
 public:
  ModelCheck(const TalkerOptions& pack, const std::map<std::string, Signature>& networks)
      : pack_(pack),
        networks_(networks),
        planned_(IsPlanned(networks)),
        frames_(planned_ || pack.fixed_window ? pack.window : TensorRule::kOpen),
        steps_(planned_ ? TensorRule::kAny : TensorRule::kOpen) {}

  void Run() {
    Appearance();
    Motion();
    Audio();
    Denoiser();
    Pictures();
    Retargeting();
  }

  void RunHeard() {
    Audio();
    if (Has("condition")) Condition();
  }

 private:
  RoleCheck Role(const std::string& name) const {
    const auto found = networks_.find(name);
    if (found == networks_.end()) RefusePack("a network", "role " + name, "none");
    return {name, found->second};
  }
  bool Has(const std::string& name) const { return networks_.count(name) != 0; }

  static TensorRule Keypoints() { return TensorRule::Given({1, kKeypoints, 3}); }
  TensorRule Frames(std::int64_t width) const { return TensorRule::Given({1, frames_, width}); }
  TensorRule Volume() const { return TensorRule::Given(feature_); }

  void Appearance() {
    RoleCheck role = Role("appearance");
    role.Inputs({{"image", TensorRule::Given({1, 3, pack_.crop_size, pack_.crop_size})}});
    role.Outputs({{"feature", TensorRule::Fixed()}});
    feature_ = role.Output("feature").dims;
  }

  void Motion() const {
    RoleCheck role = Role("motion");
    role.Inputs({{"image", TensorRule::Given({1, 3, pack_.motion_size, pack_.motion_size})}});
    role.Outputs({{"keypoints", Keypoints()},
                  {"pitch", TensorRule::Numbers(1)},
                  {"yaw", TensorRule::Numbers(1)},
                  {"roll", TensorRule::Numbers(1)},
                  {"translation", TensorRule::Numbers(3)},
                  {"expression", TensorRule::Numbers(kernels::kExpressionSize)},
                  {"scale", TensorRule::Numbers(1)}});
    role.Traced({"raw_kp", "raw_pitch", "raw_yaw", "raw_roll", "raw_t", "raw_exp", "raw_scale"});
  }

  void Audio() {
    RoleCheck role = Role("audio");
    role.Inputs({{"mel", TensorRule::Given({frames_, 1, kernels::kMelBands, kernels::kMelWindow})}});
    role.Outputs({{"feature", TensorRule::Given({frames_, TensorRule::kAny})}});
    features_ = role.Output("feature").dims.back();
  }

  void Denoiser() const {
    Words inputs = {{"x", Frames(kMotionSize)},
                    {"canonical", TensorRule::Given({1, kMotionSize})},
                    {"reference", TensorRule::Given({1, kMotionSize})}};
    for (auto& word : Has("condition") ? SplitInputs() : WholeInputs()) inputs.push_back(std::move(word));
    RoleCheck role = Role("denoiser");
    role.Inputs(inputs);
    role.Outputs({{"noise", Frames(kMotionSize)}});
  }

  Words WholeInputs() const {
    return {{"timestep", TensorRule::Given({1}, Type::kInt64)}, {"audio", Frames(features_)}};
  }

  // What `condition` makes of the audio, and `time` of as many timesteps as the caller wants steps.
  Words SplitInputs() const {
    RoleCheck condition = Condition(), time = Role("time");
    time.Inputs({{"timestep", TensorRule::Given({steps_}, Type::kInt64)}});
    time.Outputs({{"time", TensorRule::Given({steps_, TensorRule::kAny})}});
    return {{"condition", Frames(condition.Output("condition").dims.back())},
            {"time", TensorRule::Given({1, time.Output("time").dims.back()})}};
  }

  RoleCheck Condition() const {
    RoleCheck condition = Role("condition");
    condition.Inputs({{"audio", Frames(features_)}});
    condition.Outputs({{"condition", Frames(TensorRule::kAny)}});
    return condition;
  }

  void Pictures() const {
    const TensorRule image = TensorRule::Made({1, 3, pack_.height, pack_.width});
    const Words prepared = Has("prepare") ? Prepare() : Words{};
    if (Has("field") && !Has("render") && !Has("warp")) return PictureMoved(prepared);
    const std::string name = Has("render") ? "render" : "warp";
    RoleCheck first = Role(name);
    first.Inputs(FrameInputs(name, prepared));
    if (Has("render")) {
      first.Outputs({{"image", image}});
      Field(first, prepared);
      return;
    }
    first.Outputs({{"feature", Between()}});
    first.Traced({"deformation", "occlusion"});
    RoleCheck decode = Role("decode");
    decode.Inputs({{"feature", AsMade(first.Output("feature"))}});
    decode.Outputs({{"image", image}});
  }

  // What one network makes for another; of plans in halves it may be blocks of halves.
  TensorRule Between() const { return planned_ ? TensorRule::FixedOrHalves() : TensorRule::Fixed(); }
  static TensorRule AsMade(const Slot& slot) { return TensorRule::Given(slot.dims, slot.type); }

  // What a network of every frame reads: what is prepared is for those that name it.
  Words FrameInputs(const std::string& name, const Words& prepared) const {
    Words inputs = {{"feature", Volume()}, {"source", Keypoints()}, {"driving", Keypoints()}};
    const auto& named = networks_.at(name).role.inputs;
    for (const auto& word : prepared) {
      if (named.count(word.first) != 0) inputs.push_back(word);
    }
    return inputs;
  }

  // How the picture is moved: two cells or more along each side, between which a pixel lies.
  void Field(const RoleCheck& render, const Words& prepared) const {
    if (networks_.at("render").role.outputs.count("field") == 0) return;
    CheckField("render", render);
    if (Has("field")) FieldAlone(TensorRule::Given(render.Output("field").dims), prepared);
  }

  static void CheckField(const std::string& name, const RoleCheck& role) {
    const std::int64_t any = TensorRule::kAny;
    role.Outputs({{"field", TensorRule::Made({1, kernels::kFieldGiven, any, any})}});
    const auto& dims = role.Output("field").dims;
    if (dims[2] >= 2 && dims[3] >= 2) return;
    RefusePack("two rows and columns or more", "field of " + name, DimsToText(dims));
  }

  // The same without the picture.
  void FieldAlone(const TensorRule& rule, const Words& prepared) const {
    RoleCheck role = Role("field");
    role.Inputs(FrameInputs("field", prepared));
    role.Outputs({{"field", rule}});
  }

  // No network makes the picture: the feature is the crop's, and the field moves it.
  void PictureMoved(const Words& prepared) const {
    const std::vector<std::int64_t> picture = {1, 3, pack_.height, pack_.width};
    if (feature_ != picture || pack_.height < 2 || pack_.width < 2)
      RefusePack("a picture of " + DimsToText(picture) + ", two pixels or more along each side,",
                 "the feature that role field moves", DimsToText(feature_));
    const std::int64_t any = TensorRule::kAny;
    FieldAlone(TensorRule::Made({1, kernels::kFieldGiven, any, any}), prepared);
    CheckField("field", Role("field"));
  }

  // The part of a network of every frame that runs once a portrait; returns what is left for each frame.
  Words Prepare() const {
    RoleCheck role = Role("prepare");
    const stages::Role& names = networks_.at("prepare").role;
    Words given, made;
    for (const auto& [word, tensor] : names.inputs)
      given.emplace_back(word, word == "feature" ? Volume() : Keypoints());
    role.Inputs(given);
    for (const auto& [word, tensor] : names.outputs) {
      role.Outputs({{word, Between()}});
      made.emplace_back(word, AsMade(role.Output(word)));
    }
    return made;
  }

  void Retargeting() const {
    if (Has("stitching")) {
      RoleCheck role = Role("stitching");
      role.Inputs({{"source", Keypoints()}, {"driving", Keypoints()}});
      role.Outputs({{"stitched", Keypoints()}});
      role.Traced({"delta"});
    }
    if (Has("eye")) Opening("eye", 3);
    if (Has("lip")) Opening("lip", 2);
  }

  // `ratios`: the source's, and the wanted one.
  void Opening(const std::string& name, std::int64_t ratios) const {
    RoleCheck role = Role(name);
    role.Inputs({{"source", Keypoints()}, {"ratio", TensorRule::Given({1, ratios})}});
    role.Outputs({{"delta", Keypoints()}});
  }

  const TalkerOptions& pack_;
  const std::map<std::string, Signature>& networks_;
  bool planned_;         // all lengths are fixed
  std::int64_t frames_;  // of a window; open where the caller may choose another
  std::int64_t steps_;
  std::vector<std::int64_t> feature_;
  std::int64_t features_ = 0;
};

}  // namespace

void CheckNumbers(const TalkerOptions& pack) {
  CheckSizes(pack);
  CheckLength("the mean of motion in statistics", pack.motion_mean, kMotionSize);
  CheckLength("the std of motion in statistics", pack.motion_std, kMotionSize);
  CheckLength("the mean of keypoints in statistics", pack.keypoints_mean, kernels::kExpressionSize);
  CheckLength("the std of keypoints in statistics", pack.keypoints_std, kernels::kExpressionSize);
  CheckBlink(pack);
}

void CheckSignatures(const TalkerOptions& pack, const std::map<std::string, Signature>& networks) {
  ModelCheck(pack, networks).Run();
}

void CheckHeard(const TalkerOptions& pack, const std::map<std::string, Signature>& networks) {
  ModelCheck(pack, networks).RunHeard();
}

}  // namespace kdtalker
