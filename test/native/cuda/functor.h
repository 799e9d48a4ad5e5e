// Compares kernels of blocks with the functors that they are launched for.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "cuda/array.h"
#include "cuda/blocks.h"
#include "kernels/half.h"

inline kdtalker::kernels::Half* AsHalves(__half* address) {
  return reinterpret_cast<kdtalker::kernels::Half*>(address);
}

inline double NumberOf(float value) {
  return value;
}
inline double NumberOf(__half value) {
  return __half2float(value);
}

inline void FillFloats(Array<float>& array, float scale = 1.0F) {
  for (std::size_t i = 0; i < array.count; i++) array.host[i] = scale * Noise(i + 99);
}

// Runs what functor(of) makes of each array's address, on the device and here, and returns how far the
// numbers of `out` are apart at most, of the largest one.
template <class T, class Functor>
double Apart(const CudaStream& stream, Array<T>& out, Functor functor) {
  OK(kdtalker::cuda::LaunchBlocks(stream, functor([](auto& array) { return array.device; })));
  out.Fetch(stream);
  stream.Wait();
  const std::vector<T> found(out.host, out.host + out.count);
  const auto here = functor([](auto& array) { return array.host; });
  for (std::int64_t i = 0; i < here.count(); i++) here(i);
  double most = 0, largest = 0;
  for (std::size_t i = 0; i < out.count; i++) {
    const double expected = NumberOf(out.host[i]), apart = std::abs(NumberOf(found[i]) - expected);
    most = apart > most || std::isnan(apart) ? apart : most;
    largest = std::max(largest, std::abs(expected));
  }
  CHECK(largest > 0);
  return most / largest;
}
