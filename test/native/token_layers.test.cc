// Compares layers over tokens on every instruction set with float64 arithmetic, written separately from
// docs/model.md 6.
#include "ops/token_layers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/cpu/linear_layout.h"
#include "ops/team.h"

namespace {

using namespace kdtalker;
using kernels::Bf16;
using kernels::CpuKernels;
using kernels::Isa;
using ops::TokenInputs;
using ops::TokenLayer;
using Kind = TokenLayer::Kind;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  float Next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8) / 8388608.0F - 1.0F;
  }
  Floats Some(int count, float scale) {
    Floats values(static_cast<std::size_t>(count));
    for (float& value : values) value = scale * Next();
    return values;
  }

 private:
  std::uint32_t state_;
};

float Rounded(float value, const float*) {
  return value;
}
float Rounded(float value, const Bf16*) {
  const std::uint32_t word = std::uint32_t{kernels::RoundToBf16(value).bits} << 16;
  float result;
  __builtin_memcpy(&result, &word, sizeof(result));
  return result;
}

// A matrix [channels, outputs], plain and laid out.
template <class T>
struct Matrix {
  Floats values;
  std::vector<T> laid_out;
  Matrix(Random& random, int channels, int outputs)
      : values(random.Some(channels * outputs, 1.7F / std::sqrt(static_cast<float>(channels)))),
        laid_out(kernels::LayOutLinear<T>(values.data(), channels, outputs)) {
    for (float& value : values) value = Rounded(value, static_cast<const T*>(nullptr));
  }
};

Doubles Product(const Doubles& x, int rows, int channels, const Floats& matrix, int outputs,
                const float* bias) {
  Doubles y(static_cast<std::size_t>(rows * outputs));
  for (int row = 0; row < rows; row++) {
    for (int c = 0; c < channels; c++) {
      const double value = x[static_cast<std::size_t>(row * channels + c)];
      for (int o = 0; o < outputs; o++)
        y[static_cast<std::size_t>(row * outputs + o)] +=
            value * static_cast<double>(matrix[static_cast<std::size_t>(c * outputs + o)]);
    }
    for (int o = 0; bias != nullptr && o < outputs; o++)
      y[static_cast<std::size_t>(row * outputs + o)] += static_cast<double>(bias[o]);
  }
  return y;
}

double Silu(double x) {
  return x / (1.0 + std::exp(-x));
}

Doubles Normalised(const Doubles& x, int rows, int width, const Floats& gamma, const Floats& beta) {
  Doubles y(x.size());
  for (int row = 0; row < rows; row++) {
    const double* from = x.data() + row * width;
    double mean = 0, variance = 0;
    for (int i = 0; i < width; i++) mean += from[i] / width;
    for (int i = 0; i < width; i++) variance += (from[i] - mean) * (from[i] - mean) / width;
    for (int i = 0; i < width; i++)
      y[static_cast<std::size_t>(row * width + i)] =
          (from[i] - mean) / std::sqrt(variance + 1e-5) *
              static_cast<double>(gamma[static_cast<std::size_t>(i)]) +
          static_cast<double>(beta[static_cast<std::size_t>(i)]);
  }
  return y;
}

void Add(Doubles& x, const Doubles& y) {
  for (std::size_t i = 0; i < x.size(); i++) x[i] += y[i];
}

constexpr int kFar = 5, kTurning = 12;

// The weights of all kinds of layers, and their results in float64.
template <class T>
class Layers {
 public:
  Layers(int frames, int channels, int width, int heads)
      : random_(static_cast<std::uint32_t>(frames * 31 + channels)),
        frames_(frames),
        rows_(frames + 2),
        channels_(channels),
        width_(width),
        heads_(heads),
        in_(random_, channels, width),
        first_(random_, width, width),
        second_(random_, width, width),
        qkv_(random_, width, 3 * width),
        proj_(random_, width, width),
        out_(random_, width, channels) {
    for (Floats* each : {&bias_, &second_bias_, &beta_}) *each = random_.Some(width, 0.3F);
    gamma_ = random_.Some(width, 1.0F);
    out_bias_ = random_.Some(channels, 0.3F);
    x = random_.Some(rows_ * channels, 1.0F);
    audio_ = random_.Some(frames * Condition(), 0.5F);
    time_ = random_.Some(Condition(), 0.5F);
    distances_ = random_.Some((2 * kFar + 1) * heads, 1.0F);
    for (int i = 0; i < kTurning; i++)
      frequencies_.push_back(std::pow(10000.0F, static_cast<float>(-2 * (i / 2)) / kTurning));
  }

  int rows() const { return rows_; }
  int channels() const { return channels_; }
  std::size_t outputs() const { return static_cast<std::size_t>(rows_ * channels_); }

  ops::TokenPlan Plan() const {
    return {{{Kind::kLinear, width_, 0, 0},
             {Kind::kResidual, width_, 0, 0},
             {Kind::kAttention, width_, 0, 0},
             {Kind::kSilu, width_, 0, 0},
             {Kind::kResidual, width_, 2 * std::int64_t{width_}, 0},
             {Kind::kLinear, channels_, 0, 0}},
            heads_,
            1e-5F};
  }

  std::vector<TokenInputs> Inputs() const {
    TokenInputs in, residual, attention, out;
    in.weights = in_.laid_out.data();
    in.bias = bias_.data();
    residual.weights = first_.laid_out.data();
    residual.second = second_.laid_out.data();
    attention.weights = qkv_.laid_out.data();
    attention.second = proj_.laid_out.data();
    for (TokenInputs* each : {&residual, &attention}) {
      each->bias = bias_.data();
      each->second_bias = second_bias_.data();
      each->gamma = gamma_.data();
      each->beta = beta_.data();
    }
    residual.audio = audio_.data();
    residual.time = time_.data();
    residual.audio_rows = frames_;
    residual.audio_row = Condition();
    attention.distances = distances_.data();
    attention.frequencies = frequencies_.data();
    attention.far = kFar;
    attention.turning = kTurning;
    out.weights = out_.laid_out.data();
    out.bias = out_bias_.data();
    return {in, residual, attention, {}, residual, out};
  }

  Doubles Expected() const {
    Doubles stream = Product(Doubles(x.begin(), x.end()), rows_, channels_, in_.values, width_, bias_.data());
    Residual(stream, 0);
    Attend(stream);
    for (double& value : stream) value = Silu(value);
    Residual(stream, 2 * width_);
    return Product(stream, rows_, width_, out_.values, channels_, out_bias_.data());
  }

  Floats x;

 private:
  int Condition() const { return 4 * width_; }

  double Conditioned(double value, int row, int i, int offset) const {
    const auto at = [&](int column) {
      const double audio =
          row < 2 ? 0.0
                  : static_cast<double>(audio_[static_cast<std::size_t>((row - 2) * Condition() + column)]);
      return audio + static_cast<double>(time_[static_cast<std::size_t>(column)]);
    };
    return Silu(value * (1.0 + at(offset + i)) + at(offset + width_ + i));
  }

  void Residual(Doubles& stream, int offset) const {
    Doubles hidden = Normalised(Product(stream, rows_, width_, first_.values, width_, bias_.data()), rows_,
                                width_, gamma_, beta_);
    for (int row = 0; row < rows_; row++) {
      for (int i = 0; i < width_; i++) {
        double& value = hidden[static_cast<std::size_t>(row * width_ + i)];
        value = Conditioned(value, row, i, offset);
      }
    }
    hidden = Product(hidden, rows_, width_, second_.values, width_, second_bias_.data());
    for (double& value : hidden) value = Silu(value);
    Add(stream, hidden);
  }

  double Turned(const Doubles& qkv, int row, int first, int i) const {
    const auto at = [&](int j) { return qkv[static_cast<std::size_t>(row * 3 * width_ + first + j)]; };
    if (i >= kTurning) return at(i);
    const double angle =
        static_cast<double>(row) * static_cast<double>(frequencies_[static_cast<std::size_t>(i)]);
    return at(i) * std::cos(angle) + (i % 2 == 0 ? -at(i + 1) : at(i - 1)) * std::sin(angle);
  }

  void Attend(Doubles& stream) const {
    const Doubles qkv = Product(Normalised(stream, rows_, width_, gamma_, beta_), rows_, width_, qkv_.values,
                                3 * width_, nullptr);
    Doubles mixed(stream.size());
    for (int head = 0; head < heads_; head++) {
      for (int row = 0; row < rows_; row++) MixRow(qkv, head, row, mixed);
    }
    Add(stream, Product(mixed, rows_, width_, proj_.values, width_, second_bias_.data()));
  }

  void MixRow(const Doubles& qkv, int head, int row, Doubles& mixed) const {
    const int size = width_ / heads_, first = head * size;
    Doubles weights(static_cast<std::size_t>(rows_));
    double sum = 0;
    for (int key = 0; key < rows_; key++) {
      double score = 0;
      for (int i = 0; i < size; i++)
        score += Turned(qkv, row, first, i) * Turned(qkv, key, width_ + first, i);
      const int away = std::clamp(key - row, -kFar, kFar) + kFar;
      weights[static_cast<std::size_t>(key)] =
          std::exp(score / std::sqrt(size) +
                   static_cast<double>(distances_[static_cast<std::size_t>(away * heads_ + head)]));
      sum += weights[static_cast<std::size_t>(key)];
    }
    for (int key = 0; key < rows_; key++) {
      for (int i = 0; i < size; i++)
        mixed[static_cast<std::size_t>(row * width_ + first + i)] +=
            weights[static_cast<std::size_t>(key)] / sum *
            qkv[static_cast<std::size_t>(key * 3 * width_ + 2 * width_ + first + i)];
    }
  }

  Random random_;
  int frames_, rows_, channels_, width_, heads_;
  Matrix<T> in_, first_, second_, qkv_, proj_, out_;
  Floats bias_, second_bias_, gamma_, beta_, out_bias_, audio_, time_, distances_, frequencies_;
};

double Difference(const Floats& found, const Doubles& expected) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < expected.size(); i++) {
    const double away = static_cast<double>(found[i]) - expected[i];
    difference += away * away;
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference / norm);
}

template <class T>
Floats Run(const Layers<T>& layers, const CpuKernels& kernels) {
  ScratchPool scratch;
  Floats y(layers.outputs());
  ops::RunTokenLayers<T>(kernels, scratch, ops::Workers(), layers.Plan(), layers.Inputs(), layers.x.data(),
                         layers.rows(), layers.channels(), y.data());
  return y;
}

struct Shape {
  int frames, channels, width, heads;
};

// A window has 66 tokens; the other numbers give tiles of every height, and outputs that fill no panel.
const Shape kShapes[] = {{64, 70, 128, 2}, {1, 70, 64, 2}, {2, 33, 64, 1},  {13, 5, 96, 3},
                         {17, 70, 64, 2},  {30, 1, 32, 1}, {31, 64, 64, 1}, {100, 70, 64, 2}};

std::vector<Isa> Isas() {
  std::vector<Isa> isas;
  for (int i = 0; i <= static_cast<int>(kernels::BestIsa()); i++) isas.push_back(static_cast<Isa>(i));
  return isas;
}

}  // namespace

TEST_CASE("layers over tokens, float32, every instruction set") {
  for (const Shape& shape : kShapes) {
    const Layers<float> layers(shape.frames, shape.channels, shape.width, shape.heads);
    const Doubles expected = layers.Expected();
    for (const Isa isa : Isas()) {
      CAPTURE(shape.frames);
      CAPTURE(kernels::IsaName(isa));
      CHECK(Difference(Run(layers, kernels::CpuKernelsOf(isa)), expected) < 2e-6);
    }
  }
}

TEST_CASE("layers over tokens, bfloat16") {
  const CpuKernels& kernels = kernels::CpuKernelsOf(Isa::kAvx512Bf16);
  if (kernels::BestIsa() != Isa::kAvx512Bf16) {
    MESSAGE("SKIPPED: needs AVX512-BF16");
    return;
  }
  for (const Shape& shape : kShapes) {
    const Layers<Bf16> layers(shape.frames, shape.channels, shape.width, shape.heads);
    CAPTURE(shape.frames);
    CHECK(Difference(Run(layers, kernels), layers.Expected()) < 1e-2);
  }
}

TEST_CASE("bfloat16 where there is no arithmetic for it is an error") {
  const Layers<Bf16> layers(1, 8, 32, 1);
  CHECK_THROWS_WITH(Run(layers, kernels::CpuKernelsOf(Isa::kPortable)), doctest::Contains("AVX512-BF16"));
}

TEST_CASE("members of a team share the items of each phase, whoever comes and when") {
  constexpr int kPhases = 40, kItems = 7, kMembers = 4;
  std::vector<ops::TeamPhase> phases(kPhases);
  std::vector<std::atomic<int>> done(kPhases * kItems);
  std::atomic<int> early{0};
  const auto program = [&](int index) {
    ops::TeamMember member(phases.data(), index);
    for (int phase = 0; phase < kPhases; phase++) {
      member.For(kItems, [&](int item) {
        if (phase > 0 && done[static_cast<std::size_t>((phase - 1) * kItems + item)].load() != 1) early++;
        done[static_cast<std::size_t>(phase * kItems + item)]++;
      });
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kMembers);
  for (int i = 0; i < kMembers; i++) threads.emplace_back(program, i);
  for (std::thread& thread : threads) thread.join();
  program(kMembers);  // all items are done
  CHECK(early == 0);
  CHECK(std::all_of(done.begin(), done.end(), [](const std::atomic<int>& count) { return count == 1; }));
}

TEST_CASE("a member of a team begins a phase with the item that it took ahead") {
  constexpr int kPhases = 40, kItems = 7, kMembers = 4, kAhead = 2;
  std::vector<ops::TeamPhase> phases(kPhases);
  std::vector<std::atomic<int>> done(kPhases * kItems);
  std::atomic<int> others{0};
  const auto program = [&](int index) {
    ops::TeamMember member(phases.data(), index);
    int taken[kPhases];
    std::fill(std::begin(taken), std::end(taken), kItems);
    for (int phase = 0; phase < kPhases; phase++) {
      int expected = taken[phase];
      const auto work = [&](int item) {
        if (expected < kItems && item != expected) others++;
        expected = kItems;
        done[static_cast<std::size_t>(phase * kItems + item)]++;
      };
      if (phase % kAhead != 0) {
        member.For(kItems, work);
        continue;
      }
      member.ForWithNext(kItems, [&](int item, int next) {
        work(item);
        if (next < kItems) {
          expected = next;
        } else if (phase + kAhead < kPhases) {
          taken[phase + kAhead] = member.TakeAhead(kAhead, kItems);
        }
      });
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kMembers);
  for (int i = 0; i < kMembers; i++) threads.emplace_back(program, i);
  for (std::thread& thread : threads) thread.join();
  CHECK(others == 0);
  CHECK(std::all_of(done.begin(), done.end(), [](const std::atomic<int>& count) { return count == 1; }));
}
