#include "stages/mel_filters.h"

#include <algorithm>
#include <cmath>

namespace kdtalker::stages {
namespace {

// Slaney's scale (Auditory Toolbox): linear to 1 kHz, 3 mel every 200 Hz, then 27 mel for each factor of 6.4.
constexpr double kLinearStep = 200.0 / 3.0;
constexpr double kBreak = 1000.0;
constexpr double kBreakMel = kBreak / kLinearStep;
const double kLogStep = std::log(6.4) / 27.0;

double ToMel(double hertz) {
  return hertz < kBreak ? hertz / kLinearStep : kBreakMel + std::log(hertz / kBreak) / kLogStep;
}

double ToHertz(double mel) {
  return mel < kBreakMel ? mel * kLinearStep : kBreak * std::exp(kLogStep * (mel - kBreakMel));
}

}  // namespace

MelFilters::MelFilters(const Layout& layout) {
  const double low = ToMel(layout.lowest);
  const double step = (ToMel(layout.highest) - low) / static_cast<double>(layout.bands + 1);
  for (std::size_t band = 0; band < layout.bands; band++) {
    double edges[3];
    for (std::size_t e = 0; e < 3; e++) edges[e] = ToHertz(low + step * static_cast<double>(band + e));
    Append(layout, edges);
  }
}

// Weights are rounded to float32, as in the reference.
void MelFilters::Append(const Layout& layout, const double edges[3]) {
  Band band = {0, 0, weights_.size()};
  const double height = 2.0 / (edges[2] - edges[0]);
  for (std::size_t bin = 0; bin <= layout.fft_size / 2; bin++) {
    const double hertz = static_cast<double>(bin) * layout.sample_rate / static_cast<double>(layout.fft_size);
    const double rising = (hertz - edges[0]) / (edges[1] - edges[0]);
    const double falling = (edges[2] - hertz) / (edges[2] - edges[1]);
    const double weight = height * std::min(rising, falling);
    if (weight <= 0.0) continue;
    if (band.count == 0) band.first = bin;
    band.count++;
    weights_.push_back(static_cast<double>(static_cast<float>(weight)));
  }
  bands_.push_back(band);
}

void MelFilters::Apply(const double* magnitudes, double* bands) const {
  for (std::size_t b = 0; b < bands_.size(); b++) {
    const Band& band = bands_[b];
    double sum = 0.0;
    for (std::size_t k = 0; k < band.count; k++)
      sum += weights_[band.weights + k] * magnitudes[band.first + k];
    bands[b] = sum;
  }
}

}  // namespace kdtalker::stages
