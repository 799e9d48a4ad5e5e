// How a kernel of blocks is written and started, with nvcc and with the emulator alike. It is plain data with
//
//   kThreads                  of a block
//   kBlocks                   that a multiprocessor should hold
//   Shared                    what a block's threads share, at most 99 KB
//   dim3 grid() const
//   void Block(Shared&) const the work of one thread
#pragma once

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#define KDT_DEVICE __device__ __forceinline__
#define KDT_UNROLL _Pragma("unroll")
#define KDT_NO_UNROLL _Pragma("unroll 1")
#else
#include "cuda/double/fake/fake.h"
#include "cuda/double/simt/simt.h"
#define KDT_DEVICE inline
#define KDT_UNROLL _Pragma("GCC unroll 8")
#define KDT_NO_UNROLL
#endif

#include <cstdint>

#include "kernels/kernel.h"

namespace kdtalker::cuda {

// Two halves in a word, the first in its lower part.
KDT_DEVICE float LowHalf(std::uint32_t word) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(word & 0xFFFF)));
}
KDT_DEVICE float HighHalf(std::uint32_t word) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(word >> 16)));
}
KDT_DEVICE std::uint32_t TwoHalves(float low, float high) {
  return __half_as_ushort(__float2half_rn(low)) |
         static_cast<std::uint32_t>(__half_as_ushort(__float2half_rn(high))) << 16;
}
// Eight of them.
KDT_DEVICE void Unpack(const uint4& words, float (&values)[8]) {
  const std::uint32_t each[4] = {words.x, words.y, words.z, words.w};
  KDT_UNROLL
  for (int i = 0; i < 4; i++) {
    values[2 * i] = LowHalf(each[i]);
    values[2 * i + 1] = HighHalf(each[i]);
  }
}

struct NoShared {};

// A functor over indices, one thread each; if it has pieces, one thread each of those.
template <class Kernel>
struct Each {
  static constexpr int kThreads = 256, kBlocks = 4;
  using Shared = NoShared;
  Kernel kernel;

  static constexpr bool kInPieces = requires(const Kernel& each) { each.pieces(); };

  KDT_HOST_DEVICE std::int64_t count() const {
    if constexpr (kInPieces) {
      return kernel.pieces();
    } else {
      return kernel.count();
    }
  }
  dim3 grid() const { return dim3(static_cast<unsigned>((count() + kThreads - 1) / kThreads)); }
  KDT_DEVICE void Block(Shared&) const { Thread(std::int64_t{blockIdx.x} * kThreads + threadIdx.x); }
  KDT_DEVICE void Thread(std::int64_t i) const {
    if (i >= count()) return;
    if constexpr (kInPieces) {
      kernel.Piece(i);
    } else {
      kernel(i);
    }
  }
};

#if defined(__CUDACC__)

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads, Kernel::kBlocks) RunBlocks(const Kernel kernel) {
  extern __shared__ __align__(128) unsigned char shared[];
  kernel.Block(*reinterpret_cast<typename Kernel::Shared*>(shared));
}

template <class Kernel>
cudaError_t Launch(cudaStream_t stream, const Kernel& kernel) {
  constexpr int kBytes = sizeof(typename Kernel::Shared);
  if (kBytes > 48 << 10) {
    const cudaError_t error =
        cudaFuncSetAttribute(RunBlocks<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
    if (error != cudaSuccess) return error;
  }
  RunBlocks<Kernel><<<kernel.grid(), Kernel::kThreads, kBytes, stream>>>(kernel);
  return cudaGetLastError();
}

#else

template <class Kernel>
void CallBlock(const void* data, void* shared) {
  static_cast<const Kernel*>(data)->Block(*static_cast<typename Kernel::Shared*>(shared));
}

// The threads of a block of functors, one after another.
template <class Kernel>
void CallThreads(const void* data, const uint3& block, bool backwards) {
  const Kernel kernel = *static_cast<const Kernel*>(data);
  const std::int64_t first = std::int64_t{block.x} * Kernel::kThreads, last = first + Kernel::kThreads - 1;
  for (std::int64_t i = 0; i < Kernel::kThreads; i++) kernel.Thread(backwards ? last - i : first + i);
}

template <class Kernel>
cudaError_t Launch(cudaStream_t stream, const Kernel& kernel) {
  Kernel plain = kernel;
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(&plain);  // what is left there must not look like an address
#endif
  fake::Kernel given{plain.grid(), Kernel::kThreads, sizeof(typename Kernel::Shared),
                     &plain,       sizeof(plain),    &CallBlock<Kernel>,
                     nullptr};
  if constexpr (requires(std::int64_t i) { plain.Thread(i); }) given.alone = &CallThreads<Kernel>;
  return fake::LaunchKernel(stream, given);
}

#endif

}  // namespace kdtalker::cuda
