#include "engine/open_lengths.h"

#include <doctest/doctest.h>

#include <memory>

#include "support/stage.h"

using namespace kdtalker;
using stage::CodeThrownBy;

namespace {

// A network that nobody runs.
class Unused final : public Program {
 public:
  Unused(const char* file, const char* input, std::vector<std::int64_t> dims) : Program(file) {
    inputs_.push_back({input, Type::kFloat32, std::move(dims)});
  }
  std::unique_ptr<Binding> MakeBinding() override { return nullptr; }
};

stages::Network Audio(const char* file, std::int64_t window, const char* weights) {
  const stages::Role role = {file, {{"mel", "in"}}, {}, weights};
  return {role, std::make_shared<Unused>(file, "in", std::vector<std::int64_t>{window, 1, 80, 16})};
}

stages::Network Time(const char* file, std::int64_t steps) {
  const stages::Role role = {file, {{"timestep", "t"}}, {}, "time.weights"};
  return {role, std::make_shared<Unused>(file, "t", std::vector<std::int64_t>{steps})};
}

std::string FileOf(const Networks& networks, const char* role) {
  return networks.at(role).role().file;
}

}  // namespace

TEST_CASE("plans are chosen by the lengths of a clip") {
  const Networks own = {{"audio", Audio("64", 64, "audio.weights")}, {"time", Time("50 steps", 50)}};
  OpenLengths lengths;
  lengths.Add("audio", Audio("20", 20, "audio.weights"));
  lengths.Add("audio", Audio("30", 30, "audio.weights"));
  lengths.Add("time", Time("10 steps", 10));
  CHECK(FileOf(lengths.For(own, {64, 50}), "audio") == "64");
  CHECK(FileOf(lengths.For(own, {30, 50}), "audio") == "30");
  CHECK(FileOf(lengths.For(own, {30, 50}), "time") == "50 steps");
  CHECK(FileOf(lengths.For(own, {20, 10}), "time") == "10 steps");
  CHECK(CodeThrownBy([&] { lengths.For(own, {40, 50}); }) == "INVALID_ARGUMENT");
  CHECK(CodeThrownBy([&] { lengths.For(own, {64, 20}); }) == "INVALID_ARGUMENT");
}

TEST_CASE("a network that is no plan serves every length") {
  const Networks own = {{"audio", Audio("open", -1, "")}};
  CHECK(FileOf(OpenLengths().For(own, {20, 50}), "audio") == "open");
}

TEST_CASE("what a stream hears at a time is heard by a network that takes as much, if there is one") {
  const Networks own = {{"audio", Audio("64", 64, "audio.weights")}};
  OpenLengths lengths;
  lengths.Add("audio", Audio("4", 4, "audio.weights"));
  CHECK(lengths.Taking(own, "audio", 64)->role().file == "64");
  CHECK(lengths.Taking(own, "audio", 4)->role().file == "4");
  CHECK(lengths.Taking(own, "audio", 8) == nullptr);
  const Networks open = {{"audio", Audio("open", -1, "")}}, fixed = {{"audio", Audio("fixed", 64, "")}};
  CHECK(lengths.Taking(open, "audio", 8)->role().file == "open");
  CHECK(OpenLengths().Taking(fixed, "audio", 8) == nullptr);
}
