// Streams whose denoiser is told of what is heard by rows that are kept in a ring.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/live_sampler.h"
#include "support/onnx_file.h"
#include "support/stage.h"

using namespace stage;

namespace {

using onnx_file::kFloat;
using onnx_file::kInt64;
using onnx_file::Value;

// The puppet with a denoiser in three networks, which move everything to the mean of what is heard.
struct Split {
  explicit Split(std::int64_t features) {
    const std::string name = "kdtalker-rows-" + std::to_string(::getpid());
    folder = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directory(folder);
    onnx_file::Write(File("condition"), {{"Neg", {"a"}, "c"}}, {Value("a", kFloat, {1, -1, features})},
                     Value("c", kFloat, {1, -1, features}));
    onnx_file::Write(File("time"),
                     {{"Cast", {"t"}, "f", {onnx_file::Attribute("to", kFloat)}},
                      {"Unsqueeze", {"f"}, "row", {onnx_file::AttributeList("axes", 1)}}},
                     {Value("t", kInt64, {-1})}, Value("row", kFloat, {-1, 1}));
    onnx_file::Write(
        File("denoiser"),
        {{"ReduceMean", {"c"}, "heard", {onnx_file::AttributeList("axes", 2)}}, {"Add", {"x", "heard"}, "e"}},
        {Value("x", kFloat, {1, -1, 70}), Value("c", kFloat, {1, -1, features}), Value("k", kFloat, {1, 70}),
         Value("r", kFloat, {1, 70}), Value("row", kFloat, {1, 1})},
        Value("e", kFloat, {1, -1, 70}));
  }
  ~Split() { std::filesystem::remove_all(folder); }
  Split(const Split&) = delete;
  Split& operator=(const Split&) = delete;

  std::string File(const char* role) const { return (folder / role).string() + ".onnx"; }

  std::shared_ptr<Talker> Open(bool rows) const {
    TalkerOptions options = puppet::Options("cpu", 2);
    options.condition_rows = rows;
    options.roles["condition"] = {File("condition"), {{"audio", "a"}}, {{"condition", "c"}}};
    options.roles["time"] = {File("time"), {{"timestep", "t"}}, {{"time", "row"}}};
    options.roles["denoiser"] = {
        File("denoiser"),
        {{"x", "x"}, {"condition", "c"}, {"canonical", "k"}, {"reference", "r"}, {"time", "row"}},
        {{"noise", "e"}}};
    return std::make_shared<Talker>(puppet::Runtime(), options);
  }

  std::filesystem::path folder;
};

std::vector<float> Tone(std::int64_t frames) {
  std::vector<float> samples(static_cast<std::size_t>(640 * frames));
  for (std::size_t i = 0; i < samples.size(); i++) {
    const double t = static_cast<double>(i) / 16000.0;
    samples[i] = static_cast<float>(0.4 * std::sin(2764.6 * t) * std::sin(12.0 * t));
  }
  return samples;
}

RunOptions Options(std::uint64_t seed) {
  RunOptions options;
  options.seed = seed;
  options.steps = 2;
  options.stream = StreamOptions{4, 2, 3, 4, {}};
  return options;
}

// Frames of a stream that is interrupted.
std::vector<Bytes> Frames(const std::shared_ptr<Portrait>& portrait, std::uint64_t seed) {
  Run run(portrait, std::make_shared<LiveSpeech>(16000, 25), Options(seed));
  const auto samples = Tone(20);
  run.Hear(samples.data(), samples.size());
  std::vector<Bytes> frames = FramesOf(run, 7);
  run.Interrupt(7);
  run.Hear(samples.data(), samples.size());
  run.EndSpeech();
  for (Bytes& frame : FramesOf(run, 10)) frames.push_back(std::move(frame));
  return frames;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("streams whose conditions are rows in a ring make the frames of whole windows, side by side too") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  const std::int64_t features =
      stages::RoleOf(puppet.talker->networks(), "audio").output("feature").dims.back();
  const Split pack(features);
  const auto whole = pack.Open(false), rows = pack.Open(true);
  const auto expected = Frames(Portrait::Prepare(whole, puppet::Picture()), 1);
  CHECK(expected[3] != expected[6]);
  const auto portrait = Portrait::Prepare(rows, puppet::Picture());
  std::vector<std::vector<Bytes>> made(3);
  std::vector<std::thread> streams;
  for (std::size_t i = 0; i < made.size(); i++)
    streams.emplace_back([&, i] { made[i] = Frames(portrait, i == 1 ? 2 : 1); });
  for (std::thread& stream : streams) stream.join();
  CHECK(made[0] == expected);
  CHECK(made[2] == expected);
  CHECK(made[1] != expected);
}

TEST_SUITE_END();
