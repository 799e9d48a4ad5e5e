#pragma once

#include <cstddef>
#include <cstdint>

namespace kdtalker::stages {

/// A read-only picture: RGB24, rows without padding, first row on top.
struct Picture {
  const std::uint8_t* data;
  int width;
  int height;

  std::size_t bytes() const {
    return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

/// A picture to write to, of the same layout.
struct MutablePicture {
  std::uint8_t* data;
  int width;
  int height;
};

/// The value of a sample outside the input.
enum class Border {
  kBlack,      ///< each of the four neighbours outside counts as 0
  kReplicate,  ///< the nearest pixel of the input
};

/// Resamples `in` into `out` bilinearly with exact (not fixed-point) weights, rounded to the nearest level.
///
/// `matrix` is a row-major 2x3 that maps output pixel indices to input pixel indices,
/// [x_in, y_in] = M [x_out, y_out, 1]; index 0 is the centre of the first pixel. A mapped coordinate that is
/// not finite counts as outside (black) or as the first pixel (replicate). Both pictures have at least one
/// pixel and do not overlap. Host memory, no state, any thread.
void WarpPicture(const Picture& in, const double matrix[6], const MutablePicture& out, Border border);

}  // namespace kdtalker::stages
