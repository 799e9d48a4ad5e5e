#include "cuda/array.h"

namespace {

// Settings of one test; the next begins with none.
struct Configured {
  explicit Configured(const std::string& text) { fake::Configure(text); }
  ~Configured() { fake::Configure(""); }
};

TEST_CASE("double: a planned error comes once, after as many calls as said") {
  const Configured configured("fail=cudaMalloc:1:2");
  void *first = nullptr, *second = nullptr;
  OK(cudaMalloc(&first, 16));
  CHECK(cudaMalloc(&second, 16) == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaSuccess);
  OK(cudaMalloc(&second, 16));
  OK(cudaFree(first));
  OK(cudaFree(second));
}

TEST_CASE("double: memory ends, and comes back when it is freed") {
  const std::size_t used = fake::Read().used;
  const Configured configured("memory=" + std::to_string(used + (1 << 20)));
  void *small = nullptr, *large = nullptr;
  OK(cudaMalloc(&small, 16));
  CHECK(cudaMalloc(&large, 1 << 20) == cudaErrorMemoryAllocation);
  OK(cudaFree(small));
  OK(cudaMalloc(&large, 1 << 20));
  OK(cudaFree(large));
  CHECK(fake::Read().used == used);
}

TEST_CASE("double: a lost device stays lost") {
  const Configured configured("lose=1:700");
  void* address = nullptr;
  OK(cudaMalloc(&address, 16));
  CHECK(cudaMalloc(&address, 16) == cudaErrorIllegalAddress);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
}

TEST_CASE("double: a machine without a device, and one whose driver is too old") {
  int count = 0;
  {
    const Configured configured("devices=0");
    CHECK(cudaGetDeviceCount(&count) == cudaErrorNoDevice);
  }
  const Configured configured("driver=12080");
  CHECK(cudaGetDeviceCount(&count) == cudaErrorInsufficientDriver);
}

}  // namespace
