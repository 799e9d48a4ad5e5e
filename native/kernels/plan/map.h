// A chain of elementwise operators as one kernel: the value of the first operand goes through up to eight
// steps, each with another operand or with two numbers. An operand with stride 0 along an axis is repeated
// there.
#pragma once

#include <cmath>

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

inline constexpr std::int64_t kSteps = 8;
inline constexpr std::int64_t kOperands = kSteps + 1;

// The numbers are those of lib/packs/lowering/plan/steps.ts.
enum class StepCode : std::int64_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kMinimum,
  kMaximum,
  kClip,
  kLeaky,
  kAbsolute,
  kNegate,
  kExponential,
  kSquareRoot,
  kHyperbolicTangent,
  kSine,
  kCosine,
  kSigmoid,
  kGelu,
  kSquare,
  kCount
};

struct Step {
  StepCode code;
  std::int64_t operand;  // of Map::operands; -1: the number `first` instead
  std::int64_t swapped;  // 1: the operand comes before the value
  double first, second;  // of kClip the ends, of kLeaky the slope
};

// Clip, minimum and maximum keep a NaN of the value, as ONNX Runtime's do.
KDT_HOST_DEVICE float Smaller(float a, float b) {
  return b < a || b != b ? b : a;
}
KDT_HOST_DEVICE float Larger(float a, float b) {
  return b > a || b != b ? b : a;
}

KDT_HOST_DEVICE float OfTwo(StepCode code, float a, float b) {
  switch (code) {
    case StepCode::kAdd:
      return a + b;
    case StepCode::kSubtract:
      return a - b;
    case StepCode::kMultiply:
      return a * b;
    case StepCode::kDivide:
      return a / b;
    case StepCode::kPower:
      return b == 2.0F ? a * a : std::pow(a, b);
    case StepCode::kMinimum:
      return Smaller(a, b);
    default:
      return Larger(a, b);
  }
}

KDT_HOST_DEVICE float OfOne(StepCode code, float x) {
  switch (code) {
    case StepCode::kAbsolute:
      return std::fabs(x);
    case StepCode::kNegate:
      return -x;
    case StepCode::kExponential:
      return std::exp(x);
    case StepCode::kSquareRoot:
      return std::sqrt(x);
    case StepCode::kHyperbolicTangent:
      return std::tanh(x);
    case StepCode::kSine:
      return std::sin(x);
    case StepCode::kCosine:
      return std::cos(x);
    case StepCode::kSigmoid:
      return 1.0F / (1.0F + std::exp(-x));
    case StepCode::kGelu:
      return 0.5F * x * (1.0F + std::erf(x * 0.70710678F));
    default:
      return x * x;
  }
}

struct Map {
  float* out;
  const float* operands[kOperands];
  Places places;
  Strides out_strides;
  Strides operand_strides[kOperands];
  std::int64_t steps;
  Step step[kSteps];

  KDT_HOST_DEVICE std::int64_t count() const { return places.count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place place(places, i);
    float value = operands[0][place.In(places, operand_strides[0])];
    for (std::int64_t s = 0; s < steps; s++) value = After(step[s], value, place);
    out[place.In(places, out_strides)] = value;
  }

 private:
  KDT_HOST_DEVICE float After(const Step& s, float value, const Place& place) const {
    const auto first = static_cast<float>(s.first);
    if (s.code == StepCode::kClip) return Smaller(Larger(value, first), static_cast<float>(s.second));
    if (s.code == StepCode::kLeaky) return value >= 0.0F ? value : first * value;
    if (s.code > StepCode::kMaximum) return OfOne(s.code, value);
    const float other =
        s.operand < 0 ? first : operands[s.operand][place.In(places, operand_strides[s.operand])];
    return s.swapped != 0 ? OfTwo(s.code, other, value) : OfTwo(s.code, value, other);
  }
};

}  // namespace kdtalker::kernels::plan
