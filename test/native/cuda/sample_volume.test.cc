#include "cuda/kernels/sample_volume.h"

#include <cmath>

#include "cuda/functor.h"

namespace {

using namespace kdtalker;
using kernels::plan::BlockSample;

constexpr int kFeatures = 32;

struct Case {
  int lengths[3];            // of the volume along x, y and z
  int depth, height, width;  // of the field
  int cells() const { return depth * height * width; }
  std::int64_t volume() const { return std::int64_t{lengths[0]} * lengths[1] * lengths[2]; }
  int at(const int (&cell)[3]) const { return (cell[2] * lengths[1] + cell[1]) * lengths[0] + cell[0]; }
};

// Adds what one of the eight cells around a place gives.
void AddCorner(const Case& size, const Array<__half>& volume, const float* place, int corner,
               double (&sums)[kFeatures]) {
  int cell[3];
  double weight = 1;
  for (int axis = 0; axis < 3; axis++) {
    const double at = ((place[axis] + 1.0) * size.lengths[axis] - 1) / 2;
    cell[axis] = static_cast<int>(std::floor(at)) + (corner >> axis & 1);
    weight *= 1 - std::abs(at - cell[axis]);
    if (std::isnan(at) || cell[axis] < 0 || cell[axis] >= size.lengths[axis]) return;
  }
  for (int f = 0; f < kFeatures; f++)
    sums[f] += weight * __half2float(volume.host[(f / 16 * size.volume() + size.at(cell)) * 16 + f % 16]);
}

void CheckCell(const Case& size, const Array<__half>& volume, const Array<float>& places,
               const Array<__half>& out, int i) {
  const int plane = size.height * size.width;
  double expected[kFeatures] = {};
  for (int corner = 0; corner < 8; corner++)
    AddCorner(size, volume, places.host + std::ptrdiff_t{3} * i, corner, expected);
  for (int f = 0; f < kFeatures; f++) {
    const int channel = f * size.depth + i / plane;
    const __half found = out.host[(channel / 16 * plane + i % plane) * 16 + channel % 16];
    CHECK(std::abs(__half2float(found) - expected[f]) < 1e-3);
  }
}

void RunInEachOrder(const Case& size) {
  InEachOrder([&] {
    const CudaStream stream;
    Array<__half> volume(static_cast<std::size_t>(size.volume() * kFeatures)),
        out(static_cast<std::size_t>(size.cells() * kFeatures));
    Array<float> places(static_cast<std::size_t>(size.cells() * 3));
    FillHalves(volume);
    for (std::size_t i = 0; i < places.count; i++) places.host[i] = 1.1F * Noise(i);
    places.host[7] = NAN;
    volume.Send(stream);
    places.Send(stream);
    const double apart = Apart(stream, out, [&](auto of) {
      const auto& [x, y, z] = size.lengths;
      return BlockSample{AsHalves(of(out)),
                         {AsHalves(of(volume)), z, y, x},
                         of(places),
                         kFeatures / 16,
                         size.depth * kFeatures / 16,
                         size.depth,
                         size.height,
                         size.width};
    });
    CHECK(apart < 1e-3);
    for (int i = 0; i < size.cells(); i += 7) CheckCell(size, volume, places, out, i);
    CheckCell(size, volume, places, out, 2);
  });
}

TEST_CASE("sample volume: trilinear, zero outside, zero where a place is NaN") {
  RunInEachOrder({{9, 7, 16}, 16, 5, 10});
}

TEST_CASE("sample volume: a field of another size than the volume") {
  RunInEachOrder({{6, 5, 3}, 2, 3, 7});
}

}  // namespace
