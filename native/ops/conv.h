#pragma once

#include <string>
#include <vector>

#include "ops/conv_runner.h"

namespace kdtalker::ops {

// A convolution over a blocked tensor with zero padding that keeps the size, stride 1: activation(conv +
// bias) + residual. Attributes: channels, kernel, algorithm ("direct" for a kernel of 1, "winograd2" and
// "winograd4" for a kernel of 3), activation ("none", "relu", "leaky") and alpha, the slope of "leaky".
template <class T>
class Conv {
 public:
  static constexpr const char* kName = "Conv";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>,
                                        kElementOf<T>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 1;

  explicit Conv(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  int channels_, kernel_depth_;
  kernels::Method method_;
  float alpha_;
  ConvRunner<T> runner_;
};

// A convolution of 3x3 (x3) over a blocked tensor whose last two axes are repeated `factor` times (2 or 4)
// first. Attributes: channels, kernel, factor, activation, alpha.
template <class T>
class UpConv {
 public:
  static constexpr const char* kName = "UpConv";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit UpConv(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  int channels_, kernel_depth_, factor_;
  float alpha_;
  ConvRunner<T> runner_;
};

// SPADE: x normalised by its statistics, times gamma and, if `shift` is 1, plus beta; then max(v, alpha v).
// gamma and beta are convolutions of `a`. Each cell of x is repeated `factor` times along the last two axes.
// Attributes: channels, algorithm, factor, shift, alpha (1: no activation). The weights have Spade's layout
// with shift, Conv's without.
template <class T>
class Spade {
 public:
  static constexpr const char* kName = "Spade";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>,
                                        kElementOf<T>, kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit Spade(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  int channels_, factor_;
  bool shift_;
  kernels::Method method_;
  float alpha_;
  ConvRunner<T> runner_;
};

// The method of an algorithm for a kernel of these lengths; throws Error PACK_INVALID if there is none.
kernels::Method MethodOf(const std::string& algorithm, const std::vector<std::int64_t>& kernel);

}  // namespace kdtalker::ops
