#include "cuda/kernels/sample_volume.h"

#include <cmath>

#include "cuda/array.h"

namespace {

using namespace kdtalker;
using Sample = cuda::SampleVolume;

constexpr int kCells = Sample::kDepth * Sample::kSide * Sample::kSide;
constexpr int kLengths[3] = {Sample::kSide, Sample::kSide, Sample::kDepth};

// Adds what one of the eight cells around a place gives.
void AddCorner(const Array<__half>& volume, const float* place, int corner, double (&sums)[32]) {
  int cell[3];
  double weight = 1;
  for (int axis = 0; axis < 3; axis++) {
    const double at = ((place[axis] + 1.0) * kLengths[axis] - 1) / 2;
    cell[axis] = static_cast<int>(std::floor(at)) + (corner >> axis & 1);
    weight *= 1 - std::abs(at - cell[axis]);
    if (std::isnan(at) || cell[axis] < 0 || cell[axis] >= kLengths[axis]) return;
  }
  for (int f = 0; f < 32; f++)
    sums[f] += weight * __half2float(volume.host[((cell[2] * 64 + cell[1]) * 64 + cell[0]) * 32 + f]);
}

void CheckCell(const Array<__half>& volume, const Array<float>& places, const Array<__half>& out, int i) {
  const int x = i % 64, y = i / 64 % 64, z = i / 4096;
  double expected[32] = {};
  for (int corner = 0; corner < 8; corner++) AddCorner(volume, places.host + 3 * i, corner, expected);
  for (int f = 0; f < 32; f++)
    CHECK(std::abs(__half2float(out.host[((f * 64 + y) * 64 + x) * 16 + z]) - expected[f]) < 1e-3);
}

TEST_CASE("sample volume: trilinear, zero outside, zero where a place is NaN") {
  InEachOrder([] {
    const CudaStream stream;
    Array<__half> volume(kCells * 32), out(kCells * 32);
    Array<float> places(kCells * 3);
    FillHalves(volume);
    for (std::size_t i = 0; i < places.count; i++) places.host[i] = 1.1F * Noise(i);
    places.host[7] = NAN;
    volume.Send(stream);
    places.Send(stream);
    OK(cuda::Launch(stream, Sample{volume.device, places.device, out.device}));
    out.Fetch(stream);
    stream.Wait();
    for (int i = 0; i < kCells; i += 37) CheckCell(volume, places, out, i);
    CheckCell(volume, places, out, 2);
  });
}

}  // namespace
