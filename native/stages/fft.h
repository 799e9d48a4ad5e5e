#pragma once

#include <cstddef>
#include <vector>

namespace kdtalker::stages {

// Discrete Fourier transforms of one size, float64, of radix 4 and 5: the mel spectrogram's size is 400. The
// order of operations is fixed. Owns its workspace; one thread at a time.
class ComplexFft {
 public:
  // Throws Error INVALID_ARGUMENT for a size that is not a product of fours and fives.
  explicit ComplexFft(std::size_t size);

  // X[k] = sum x[n] exp(-2 pi i k n / size). In place, [size] each.
  void Transform(double* real, double* imaginary);

  std::size_t size() const { return size_; }

 private:
  // One pass of Stockham's algorithm: splits each of `stride` transforms of length radix * rest into radix
  // shorter ones.
  struct Pass {
    std::size_t radix, rest, stride;
    std::vector<double> cos, sin;  // [rest, radix]: the twiddle exp(-2 pi i p k / (radix rest))
  };
  static Pass MakePass(std::size_t length, std::size_t stride);
  struct Planes {
    double* real;
    double* imaginary;
  };
  void Run(const Pass& pass, const Planes& from, const Planes& to) const;

  std::size_t size_;
  std::vector<Pass> passes_;
  std::vector<double> work_;  // [2, size]
};

// Magnitudes of the transform of real data, computed by a complex transform of half the size.
class RealSpectrum {
 public:
  explicit RealSpectrum(std::size_t size);

  // samples [size] to magnitudes [size / 2 + 1].
  void Magnitudes(const double* samples, double* magnitudes);

 private:
  ComplexFft half_;
  std::vector<double> cos_, sin_;         // exp(-2 pi i k / size), k = 0..size/2
  std::vector<double> real_, imaginary_;  // [size / 2]
};

}  // namespace kdtalker::stages
