#include "stages/stream_condition.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/device.h"
#include "core/stop_token.h"
#include "kernels/windows.h"
#include "support/late_device.h"
#include "support/row_program.h"

using namespace kdtalker;
using Floats = std::vector<float>;

namespace {

constexpr std::int64_t kWindow = 16, kHop = 4, kAhead = 2, kFeatures = 2, kConditions = 32, kRows = 40;
constexpr std::int64_t kColumns = 2000;

void Hear(const void* column, float* feature) {
  const auto* mel = static_cast<const float*>(column);
  feature[0] = mel[0];
  feature[1] = mel[15];
}

void Condition(const void* row, float* condition) {
  const auto* feature = static_cast<const float*>(row);
  for (std::int64_t c = 0; c < kConditions; c++)
    condition[c] = 3 * feature[0] - feature[1] + static_cast<float>(c);
}

// A stream that hears columns of which each says its number.
class Heard {
 public:
  explicit Heard(std::shared_ptr<Device> device = OpenDevice("cpu"))
      : device_(std::move(device)),
        stream_(device_->MakeStream()),
        mel_(device_, Type::kFloat32, {kColumns, kernels::kMelBands}),
        audio_(std::make_shared<RowProgram>("audio", Slot{"mel", Type::kFloat32, {-1, 1, 80, 16}},
                                            Slot{"feature", Type::kFloat32, {-1, kFeatures}}, Hear)),
        conditions_(
            std::make_shared<RowProgram>("condition", Slot{"audio", Type::kFloat32, {1, -1, kFeatures}},
                                         Slot{"condition", Type::kFloat32, {1, -1, kConditions}}, Condition)),
        audio_network_({"audio", {{"mel", "mel"}}, {{"feature", "feature"}}}, audio_),
        condition_network_({"condition", {{"audio", "audio"}}, {{"condition", "condition"}}}, conditions_),
        encoder_(audio_network_, device_, kHop, 25),
        network_(condition_network_, device_, kHop, kFeatures),
        features_(*stream_, encoder_, 512),
        condition_(*stream_, network_, features_, kRows),
        heard_(device_, Type::kFloat32, {1, kWindow, kFeatures}),
        found_(device_, Type::kFloat32, {1, kWindow, kConditions}) {
    for (std::int64_t i = 0; i < mel_.count(); i++)
      mel_.f32()[i] = static_cast<float>(i / kernels::kMelBands);
  }

  // Hears the frames before `last`. Rows that were made for the window that ends there.
  std::int64_t HearTo(std::int64_t last, std::int64_t first, std::int64_t span = 0) {
    const StopToken stop;
    features_.Advance(*stream_, encoder_, stages::MelColumns(mel_), last, stop);
    const std::int64_t before = conditions_->made();
    condition_.Advance(*stream_, network_, features_, first, stop);
    const std::int64_t made = conditions_->made() - before;
    features_.Gather(*stream_, first, span, heard_);
    condition_.Gather(*stream_, first, span, found_);
    return made;
  }

  // The condition of silence, as another stream finds it.
  Floats SilenceFor(Stream& other) const {
    condition_.Gather(other, 0, 0, found_);
    return DownloadFloats(other, found_, Crossing::kTrace);
  }

  void Cut(std::int64_t frame) {
    features_.Cut(frame);
    condition_.Cut(frame);
  }

  // Whether each row is that of its frame's features.
  bool right() const {
    Floats expected(kConditions);
    bool same = true;
    for (std::int64_t row = 0; row < kWindow; row++) {
      Condition(heard_.f32() + row * kFeatures, expected.data());
      same = same && std::equal(expected.begin(), expected.end(), found_.f32() + row * kConditions);
    }
    return same;
  }

 private:
  std::shared_ptr<Device> device_;
  std::unique_ptr<Stream> stream_;
  Tensor mel_;
  std::shared_ptr<RowProgram> audio_, conditions_;
  stages::Network audio_network_, condition_network_;
  stages::AudioFeatures encoder_;
  stages::ConditionRows network_;
  stages::StreamFeatures features_;
  stages::StreamCondition condition_;
  Tensor heard_, found_;
};

std::int64_t WindowOf(std::int64_t last) {
  return last - kWindow;
}

}  // namespace

TEST_CASE("a stream's condition is made of new frames alone, once, whatever reads it") {
  Heard heard;
  std::int64_t last = kHop + kAhead;
  CHECK(heard.HearTo(last, WindowOf(last)) == 8);  // six rows, four at a time
  CHECK(heard.right());
  for (int hop = 0; hop < 40; hop++) {
    last += kHop;
    CHECK(heard.HearTo(last, WindowOf(last)) == kHop);
    CHECK(heard.right());
    CHECK(heard.HearTo(last, last - 10, 12) == 0);  // a plan, whose rest is like what was heard
    CHECK(heard.right());
    CHECK(heard.HearTo(last, last - 3) == 0);
    CHECK(heard.right());
  }
}

TEST_CASE("an interruption has those rows made again that it took back, and older ones that were given up") {
  Heard heard;
  heard.HearTo(100, 100 - kWindow);
  heard.Cut(90);
  CHECK(heard.HearTo(94, WindowOf(94)) == kHop);  // frames 78 to 89 are there
  CHECK(heard.right());
  heard.Cut(72);
  CHECK(heard.HearTo(76, WindowOf(76)) == kHop);
  CHECK(heard.right());
  heard.Cut(30);
  CHECK(heard.HearTo(34, WindowOf(34)) == kWindow);  // twelve frames before the cut, and four behind it
  CHECK(heard.right());
  CHECK(heard.HearTo(38, WindowOf(38)) == kHop);
  CHECK(heard.right());
}

TEST_CASE("before the first frame a stream's condition is that of silence, also after an interruption") {
  Heard heard;
  heard.HearTo(60, 60 - kWindow);
  heard.Cut(3);
  heard.HearTo(6, WindowOf(6));
  CHECK(heard.right());
}

TEST_CASE("what silence sounds like is there for every stream, and the encoder is free for others") {
  const std::shared_ptr<Device> device = std::make_shared<LateDevice>();
  const auto stream = device->MakeStream(), other = device->MakeStream();
  const auto rows = std::make_shared<RowProgram>("audio", Slot{"mel", Type::kFloat32, {-1, 1, 80, 16}},
                                                 Slot{"feature", Type::kFloat32, {-1, kFeatures}}, Hear);
  const stages::Network audio({"audio", {{"mel", "mel"}}, {{"feature", "feature"}}}, rows);
  stages::AudioFeatures encoder(audio, device, kHop, 25);
  const stages::StreamFeatures features(*stream, encoder, kRows);
  const Tensor heard(device, Type::kFloat32, {1, kWindow, kFeatures});
  features.Gather(*other, 0, 0, heard);
  CHECK(DownloadFloats(*other, heard, Crossing::kTrace) == Floats(kWindow * kFeatures, kernels::kSilentMel));
}

TEST_CASE("so is its condition, and the network that made it") {
  const std::shared_ptr<Device> device = std::make_shared<LateDevice>();
  const Heard heard(device);
  const Floats silence(kFeatures, kernels::kSilentMel);
  Floats row(kConditions), expected;
  Condition(silence.data(), row.data());
  for (std::int64_t i = 0; i < kWindow; i++) expected.insert(expected.end(), row.begin(), row.end());
  CHECK(heard.SilenceFor(*device->MakeStream()) == expected);
}
