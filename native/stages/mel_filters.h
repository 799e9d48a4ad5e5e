#pragma once

#include <cstddef>
#include <vector>

namespace kdtalker::stages {

// Triangular filters evenly spaced on Slaney's mel scale, each divided by half its width in hertz
// (area-normalised).
class MelFilters {
 public:
  struct Layout {
    double sample_rate;
    std::size_t fft_size;
    std::size_t bands;
    double lowest, highest;  // hertz
  };
  explicit MelFilters(const Layout& layout);

  // magnitudes [fft_size / 2 + 1] to bands [bands].
  void Apply(const double* magnitudes, double* bands) const;

 private:
  struct Band {
    std::size_t first;  // bin
    std::size_t count;
    std::size_t weights;  // where its weights begin
  };
  void Append(const Layout& layout, const double edges[3]);

  std::vector<Band> bands_;
  std::vector<double> weights_;
};

}  // namespace kdtalker::stages
