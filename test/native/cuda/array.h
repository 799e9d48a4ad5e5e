// Handles of CUDA's runtime as the kernels' tests use them, and the orders in which a test runs.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "cuda/kernels/launch.h"

#define OK(call) REQUIRE((call) == cudaSuccess)

// Device memory with a pinned copy beside it.
template <class T>
class Array {
 public:
  T *device, *host;
  const std::size_t count;

  explicit Array(std::size_t n) : count(n) {
    OK(cudaMalloc(reinterpret_cast<void**>(&device), n * sizeof(T)));
    OK(cudaMallocHost(reinterpret_cast<void**>(&host), n * sizeof(T)));
  }
  ~Array() {
    cudaFree(device);
    cudaFreeHost(host);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  void Send(cudaStream_t stream) {
    OK(cudaMemcpyAsync(device, host, count * sizeof(T), cudaMemcpyHostToDevice, stream));
  }
  void Fetch(cudaStream_t stream) {
    OK(cudaMemcpyAsync(host, device, count * sizeof(T), cudaMemcpyDeviceToHost, stream));
  }
};

class CudaStream {
 public:
  CudaStream() { OK(cudaStreamCreateWithPriority(&handle_, cudaStreamNonBlocking, 0)); }
  ~CudaStream() { cudaStreamDestroy(handle_); }
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;
  operator cudaStream_t() const { return handle_; }
  void Wait() const { OK(cudaStreamSynchronize(handle_)); }

 private:
  cudaStream_t handle_;
};

class CudaEvent {
 public:
  CudaEvent() { OK(cudaEventCreateWithFlags(&handle_, cudaEventDisableTiming)); }
  ~CudaEvent() { cudaEventDestroy(handle_); }
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;
  operator cudaEvent_t() const { return handle_; }

 private:
  cudaEvent_t handle_;
};

// A number of -1..1 for each index.
inline float Noise(std::size_t i) {
  std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435761U + 12345U;
  x = (x ^ x >> 15) * 2246822519U;
  return static_cast<float>(x >> 8) / 8388608.0F - 1.0F;
}

inline void FillHalves(Array<__half>& array) {
  for (std::size_t i = 0; i < array.count; i++) array.host[i] = __float2half(Noise(i));
}

// Runs a test forward, backward and in two drawn orders. TSan finds in two what others find in four. A GPU
// has an order of its own.
inline void InEachOrder(const std::function<void()>& test) {
#if defined(__CUDACC__)
  test();
#else
#if defined(SIMT_TSAN)
  constexpr unsigned kOrders = 2;
#else
  constexpr unsigned kOrders = 4;
#endif
  for (unsigned seed = 0; seed < kOrders; seed++) {
    CAPTURE(seed);
    fake::Configure("seed=" + std::to_string(seed));
    test();
  }
  fake::Configure("");
#endif
}
