#include "stages/stream_condition.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/device.h"
#include "core/stop_token.h"
#include "kernels/windows.h"

using namespace kdtalker;
using Floats = std::vector<float>;

namespace {

constexpr std::int64_t kWindow = 16, kHop = 4, kAhead = 2, kFeatures = 2, kConditions = 32, kRows = 40;
constexpr std::int64_t kColumns = 2000;

// A network on the processor that makes each row of one: `make(in, out)`. Counts rows.
class Rows final : public Program {
 public:
  using Make = void (*)(const float* in, float* out);
  Rows(const char* name, Slot in, Slot out, Make make)
      : Program(name), make_(make), width_{RowOf(in), RowOf(out)} {
    inputs_.push_back(std::move(in));
    outputs_.push_back(std::move(out));
  }
  std::unique_ptr<Binding> MakeBinding() override;
  std::int64_t made = 0;

 private:
  class Bound;
  static std::int64_t RowOf(const Slot& slot) {
    std::int64_t row = 1;
    for (const std::int64_t length : slot.dims) row *= length < 0 ? 1 : length;
    return row;
  }
  Make make_;
  std::pair<std::int64_t, std::int64_t> width_;
};

class Rows::Bound final : public Binding {
 public:
  explicit Bound(const std::shared_ptr<Rows>& rows) : Binding(rows), rows_(*rows) {}
  void Run(Stream& /*stream*/, const StopToken& /*stop*/) override {
    const auto [in, out] = rows_.width_;
    const std::int64_t count = in_->count() / in;
    for (std::int64_t row = 0; row < count; row++)
      rows_.make_(in_->f32() + row * in, out_->f32() + row * out);
    rows_.made += count;
  }

 private:
  void BindInput(const std::string& /*name*/, const Tensor& tensor) override { in_ = &tensor; }
  void BindOutput(const std::string& /*name*/, const Tensor& tensor) override { out_ = &tensor; }
  Rows& rows_;
  const Tensor *in_ = nullptr, *out_ = nullptr;
};

std::unique_ptr<Binding> Rows::MakeBinding() {
  return std::make_unique<Bound>(std::static_pointer_cast<Rows>(shared_from_this()));
}

void Hear(const float* mel, float* feature) {
  feature[0] = mel[0];
  feature[1] = mel[15];
}

void Condition(const float* feature, float* condition) {
  for (std::int64_t c = 0; c < kConditions; c++)
    condition[c] = 3 * feature[0] - feature[1] + static_cast<float>(c);
}

// A stream that hears columns of which each says its number.
class Heard {
 public:
  Heard()
      : device_(OpenDevice("cpu")),
        stream_(device_->MakeStream()),
        mel_(device_, Type::kFloat32, {kColumns, kernels::kMelBands}),
        audio_(std::make_shared<Rows>("audio", Slot{"mel", Type::kFloat32, {-1, 1, 80, 16}},
                                      Slot{"feature", Type::kFloat32, {-1, kFeatures}}, Hear)),
        conditions_(std::make_shared<Rows>("condition", Slot{"audio", Type::kFloat32, {1, -1, kFeatures}},
                                           Slot{"condition", Type::kFloat32, {1, -1, kConditions}},
                                           Condition)),
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
    const std::int64_t before = conditions_->made;
    condition_.Advance(*stream_, network_, features_, first, stop);
    const std::int64_t made = conditions_->made - before;
    features_.Gather(*stream_, first, span, heard_);
    condition_.Gather(*stream_, first, span, found_);
    return made;
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
  std::shared_ptr<Rows> audio_, conditions_;
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
