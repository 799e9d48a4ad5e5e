// A convolution of a picture (block_convolution.h) that also writes the moments of what it stores, part by
// part: the values are normalised later, and need not be read again for that. One index for each part of a
// block of outputs. On a GPU a warp measures what it has made: cuda/kernels/measured.h.
#pragma once

#include "kernels/plan/block_convolution.h"
#include "kernels/plan/moments.h"

namespace kdtalker::kernels::plan {

// The forms that a GPU has a kernel for; cuda/blocks.cu lists them.
KDT_HOST_DEVICE bool HasMeasuredForm(std::int64_t side, std::int64_t groups) {
  return side == 3 && (groups == 2 || groups == 4 || groups == 8);
}

struct BlockMeasuredConvolution : BlockConvolution {
  float* moments;  // [out_blocks, parts, 2, 16]

  KDT_HOST_DEVICE PictureParts parts() const {
    return {product.height, product.width, product.packed.groups / 2};
  }
  KDT_HOST_DEVICE std::int64_t count() const { return out_blocks * parts().count(); }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const PictureParts all = parts();
    const std::int64_t block = i / all.count(), part = i % all.count(), columns = all.ColumnsOf(part),
                       cells = all.CellsOf(part),
                       first = (block * product.height + all.Top(part)) * product.width + all.Left(part);
    const auto at = [&](std::int64_t cell) {
      return first + cell / columns * product.width + cell % columns;
    };
    for (std::int64_t cell = 0; cell < cells; cell++) BlockConvolution::operator()(at(cell));
    for (std::int64_t lane = 0; lane < kLanes; lane++) {
      double sum = 0.0, squares = 0.0;
      for (std::int64_t cell = 0; cell < cells; cell++) sum += FloatOf(out[at(cell) * kLanes + lane]);
      const double mean = sum / static_cast<double>(cells);
      for (std::int64_t cell = 0; cell < cells; cell++) {
        const double off = FloatOf(out[at(cell) * kLanes + lane]) - mean;
        squares += off * off;
      }
      moments[i * kMoments + lane] = static_cast<float>(mean);
      moments[i * kMoments + kLanes + lane] = static_cast<float>(squares);
    }
  }
};

}  // namespace kdtalker::kernels::plan
