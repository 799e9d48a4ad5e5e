#pragma once

#include <string>

#include "ops/conv_runner.h"

namespace kdtalker::ops {

// A convolution over a blocked tensor with zero padding that keeps the size, stride 1: activation(conv + bias) +
// residual. Attributes: channels, kernel, algorithm ("pointwise", "winograd2", "winograd4"), alpha (the activation is
// max(v, alpha v): 1 none, 0 ReLU).
template <class T>
class Conv {
 public:
  static constexpr const char* kName = "Conv";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>, kElementOf<T>};
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

// A convolution of 3x3 (x3) over a blocked tensor whose last two axes are repeated `factor` times (2 or 4) first.
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

// SPADE: x normalised by its statistics, times gamma, plus beta, which are convolutions of `a`; then max(v, alpha v).
// x is read with each cell repeated `factor` times along the last two axes.
template <class T>
class Spade {
 public:
  static constexpr const char* kName = "Spade";
  static constexpr Element kInputs[] = {kElementOf<T>, kElementOf<std::uint8_t>, kElementOf<float>, kElementOf<T>,
                                        kElementOf<float>};
  static constexpr Element kOutput = kElementOf<T>;
  static constexpr int kOptional = 0;

  explicit Spade(const Ort::ConstKernelInfo& info);
  void Compute(const Ort::KernelContext& context);
  static Dims InferShape(Shapes& shapes);

 private:
  int channels_, factor_;
  kernels::Method method_;
  float alpha_;
  ConvRunner<T> runner_;
};

// "pointwise", "winograd2", "winograd4"; throws Error PACK_INVALID.
kernels::Method MethodOf(const std::string& algorithm);

}  // namespace kdtalker::ops
