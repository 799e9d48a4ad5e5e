#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "engine/model_check.h"

using kdtalker::Slot;
using kdtalker::TalkerOptions;
using kdtalker::Type;
using kdtalker::stages::Signature;

namespace {

Slot Floats(const std::string& name, std::vector<std::int64_t> dims) {
  return {name, Type::kFloat32, std::move(dims)};
}

// A network whose tensors have the names of the pack's words.
Signature Network(std::vector<Slot> inputs, std::vector<Slot> outputs) {
  Signature signature{{"network.onnx", {}, {}}, std::move(inputs), std::move(outputs)};
  for (const Slot& slot : signature.inputs) signature.role.inputs[slot.name] = slot.name;
  for (const Slot& slot : signature.outputs) signature.role.outputs[slot.name] = slot.name;
  return signature;
}

TalkerOptions Pack() {
  TalkerOptions pack;
  pack.crop_size = 64;
  pack.motion_size = 32;
  pack.width = 48;
  pack.height = 40;
  pack.window = 8;
  pack.motion_mean.assign(70, 0.0F);
  pack.motion_std.assign(70, 1.0F);
  pack.keypoints_mean.assign(63, 0.0F);
  pack.keypoints_std.assign(63, 1.0F);
  return pack;
}

std::map<std::string, Signature> Networks() {
  const std::vector<std::int64_t> volume = {1, 4, 2, 8, 8}, points = {1, 21, 3};
  std::map<std::string, Signature> networks;
  networks["appearance"] = Network({Floats("image", {1, 3, 64, 64})}, {Floats("feature", volume)});
  networks["motion"] = Network(
      {Floats("image", {-1, 3, 32, 32})},
      {Floats("keypoints", points), Floats("pitch", {1, 1}), Floats("yaw", {1}), Floats("roll", {1, 1}),
       Floats("translation", {1, 3}), Floats("expression", {63}), Floats("scale", {1, 1})});
  networks["audio"] = Network({Floats("mel", {-1, 1, 80, 16})}, {Floats("feature", {-1, 12})});
  networks["denoiser"] = Network({Floats("x", {1, 8, 70}),
                                  {"timestep", Type::kInt64, {1}},
                                  Floats("audio", {1, 8, 12}),
                                  Floats("canonical", {1, 70}),
                                  Floats("reference", {1, 70})},
                                 {Floats("noise", {1, 8, 70})});
  networks["render"] =
      Network({Floats("feature", volume), Floats("source", points), Floats("driving", points)},
              {Floats("image", {1, 3, 40, 48})});
  return networks;
}

std::string Refusal(const TalkerOptions& pack, const std::map<std::string, Signature>& networks) {
  try {
    kdtalker::CheckNumbers(pack);
    kdtalker::CheckSignatures(pack, networks);
  } catch (const kdtalker::Error& error) {
    CHECK(std::string(error.code()) == "PACK_INVALID");
    return error.what();
  }
  return "";
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a model whose networks fit is a model") {
  CHECK(Refusal(Pack(), Networks()) == "");
}

TEST_CASE("a model needs no network that draws the picture which a field moves") {
  TalkerOptions pack = Pack();
  pack.width = pack.height = 64;
  auto networks = Networks();
  networks.erase("render");
  const std::vector<std::int64_t> picture = {1, 3, 64, 64}, points = {1, 21, 3};
  const auto field_of = [&](std::vector<std::int64_t> dims) {
    return Network({Floats("feature", picture), Floats("source", points), Floats("driving", points)},
                   {Floats("field", std::move(dims))});
  };
  networks["appearance"].outputs = {Floats("feature", picture)};
  networks["field"] = field_of({1, 6, 8, 8});
  CHECK(Refusal(pack, networks) == "");
  networks["field"] = field_of({1, 6, 1, 8});
  CHECK(Contains(Refusal(pack, networks), "Expected two rows and columns or more for field of field"));
  networks["field"] = field_of({1, 5, 8, 8});
  CHECK(Contains(Refusal(pack, networks), "role field"));
  networks["field"] = field_of({1, 6, 8, 8});
  pack.width = 48;
  CHECK(Contains(Refusal(pack, networks), "for the feature that role field moves"));
  networks.erase("field");
  CHECK(Contains(Refusal(pack, networks), "Expected a network for role warp but received none"));
}

TEST_CASE("a model says which size of the pack is wrong") {
  TalkerOptions pack = Pack();
  pack.motion_size = 96;
  CHECK(Contains(Refusal(pack, Networks()), "Expected 1 to 64 for motionSize but received 96"));
  pack.motion_size = 24;
  CHECK(Contains(Refusal(pack, Networks()), "a divisor of crop.size, 64, for motionSize but received 24"));
  pack = Pack();
  pack.keypoints_std.pop_back();
  CHECK(Contains(Refusal(pack, Networks()), "Expected 63 numbers for the std of keypoints"));
  pack = Pack();
  pack.blink_direction.assign(63, 0.0F);
  pack.blink_template.assign(65, 0.0F);
  CHECK(Contains(Refusal(pack, Networks()), "Expected 1 to 64 for the length of blink.template"));
}

TEST_CASE("a model says which tensor of which role is wrong") {
  struct Wrong {
    const char* role;
    bool output;
    std::size_t index;
    Slot slot;
    const char* says;
  };
  const std::vector<Wrong> all = {
      {"motion", true, 5, Floats("expression", {1, 20, 3}),
       "output 'expression' (tensor 'expression') of role motion"},
      {"motion", true, 5, Floats("expression", {-1, 63}), "received float32 [open, 63]"},
      {"motion", true, 6, {"scale", Type::kInt64, {1, 1}}, "received int64 [1, 1]"},
      {"audio", true, 0, Floats("feature", {-1, 13}), "of role denoiser"},
      {"audio", true, 0, Floats("feature", {12}), "Expected float32 [8, any]"},
      {"appearance", true, 0, Floats("feature", {1, -1, 8}), "of a fixed shape"},
      {"appearance", true, 0, Floats("feature", {1 << 20, 1 << 20, 1 << 20, 1 << 20}), "of a fixed shape"},
      {"appearance", true, 0, Floats("feature", {1, 4, 2, 8, 9}),
       "input 'feature' (tensor 'feature') of role render"},
      {"denoiser", false, 1, Floats("timestep", {1}), "Expected int64 [1]"},
      {"render", true, 0, Floats("image", {1, 3, 48, 40}), "Expected float32 [1, 3, 40, 48]"},
      {"render", true, 0, Floats("image", {-1, 3, 40, 48}), "received float32 [open, 3, 40, 48]"},
      {"render", true, 0, Floats("picture", {1, 3, 40, 48}), "a graph with 'picture'"},
      {"render", false, 2, Floats("driven", {1, 21, 3}), "a graph with 'feature', 'source', 'driven'"},
  };
  for (const Wrong& wrong : all) {
    auto networks = Networks();
    Signature& signature = networks.at(wrong.role);
    (wrong.output ? signature.outputs : signature.inputs)[wrong.index] = wrong.slot;
    const std::string message = Refusal(Pack(), networks);
    INFO(message);
    CHECK(Contains(message, wrong.says));
  }
}

TEST_CASE("a model's windows are open where a caller may choose another") {
  TalkerOptions pack = Pack();
  pack.fixed_window = false;
  CHECK(Contains(Refusal(pack, Networks()), "Expected float32 [1, open, 70] for input 'x'"));
}

TEST_CASE("a model has its roles, and nothing that nobody binds") {
  auto networks = Networks();
  networks.erase("audio");
  CHECK(Contains(Refusal(Pack(), networks), "Expected a network for role audio but received none"));
  networks = Networks();
  networks.at("render").inputs.push_back(Floats("another", {1}));
  CHECK(Contains(Refusal(Pack(), networks), "received 'another'"));
  networks = Networks();
  networks.at("motion").role.outputs["yaw"] = "pitch";
  CHECK(Contains(Refusal(Pack(), networks), "a tensor of its own for output 'yaw' (tensor 'pitch')"));
}
