// CUDA's thread model on the CPU, for tests. The same kernel sources compile with a C++ compiler, and each
// thread of a block is a fiber. The fibers of one block run on one system thread, in an order drawn from a
// seed.
//
// What it finds, and how:
//   plain   wrong results under other orders; shared memory that nobody wrote (it begins as NaN); threads
//   that wait at
//           different barriers, or for lanes that have left
//   ASan    accesses beyond device memory, beyond a block's shared memory, beyond a thread's arrays
//   TSan    races between threads, blocks, streams and nodes of a graph, in whatever order they ran: a fiber
//   is a thread
//           of its own to it, and only barriers order fibers
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "cuda/double/simt/order.h"

#undef __launch_bounds__
#define __launch_bounds__(...)

#define threadIdx (simt::self_view->index)
#define blockIdx (simt::self_view->block)

namespace simt {

struct ThreadView {
  uint3 index, block;
  int lane, warp;
};
// Of the thread that runs. Kernels read it for every index, so it is found without a call.
extern constinit thread_local const ThreadView* self_view __attribute__((tls_model("initial-exec")));
inline const ThreadView& Self() {
  return *self_view;
}

struct Launch {
  dim3 grid;
  unsigned threads;          // of a block, in one dimension
  std::size_t shared_bytes;  // of a block
  unsigned seed;
  std::function<void(void* shared)> body;  // what each thread does
  // Where no thread waits for another: what those of a block do, one after another. Fibers are only needed
  // under TSan.
  std::function<void(const uint3& block, bool backwards)> alone;
};

// Runs all blocks in the calling thread. Ends the process with a message if the kernel breaks a rule of CUDA.
void Run(const Launch& launch);

// Barriers and collectives. `where` tells call sites apart.
void SyncBlock(const char* where);
void SyncWarp();
// All lanes of the warp hand in a pointer; the last to come calls `act`, then all go on.
void Collective(const char* what, void* mine, void (*act)(void* const (&lanes)[32]));
// Asynchronous copies, which happen at once or as late as the rules allow, by the seed.
void CopyLater(void* to, const void* from, std::size_t bytes, std::size_t valid);
void CommitCopies();
void AwaitCopies(unsigned pending);  // all groups but the last `pending` are done after it

// What a lane has of a product of tensor cores, 16 x 8 x 16; cuda/kernels/tensor_core.h describes where.
struct Fragments {
  float* d;
  const std::uint32_t *a, *b;
};
// Of all lanes of the warp, d += a b.
void Multiply(const Fragments& mine);
// The same of lanes at hand; `wide`: by instructions for eight floats, if the processor has them. Whether it
// has.
bool MultiplyLanes(const Fragments (&lanes)[32], bool wide);

template <class T>
struct Exchange {
  T value;
  int from;
  T result;

  SIMT_UNSEEN static void Act(void* const (&lanes)[32]) {
    for (void* lane : lanes) {
      auto* mine = static_cast<Exchange*>(lane);
      const bool there = mine->from >= 0 && mine->from < 32;
      mine->result = there ? static_cast<Exchange*>(lanes[mine->from])->value : mine->value;
    }
  }
};

template <class T>
T Shuffle(T value, int from) {
  Exchange<T> mine{value, from, value};
  Collective("shuffle", &mine, &Exchange<T>::Act);
  return mine.result;
}

}  // namespace simt

#define SIMT_TEXT(x) SIMT_TEXT_OF(x)
#define SIMT_TEXT_OF(x) #x
#define __syncthreads() simt::SyncBlock(__FILE__ ":" SIMT_TEXT(__LINE__))
#define __syncwarp() simt::SyncWarp()

template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return simt::Shuffle(value, simt::Self().lane ^ mask);
}
template <class T>
T __shfl_down_sync(unsigned, T value, int delta) {
  return simt::Shuffle(value, simt::Self().lane + delta);
}
template <class T>
T __shfl_sync(unsigned, T value, int lane) {
  return simt::Shuffle(value, lane);
}

template <class T>
T atomicAdd(T* address, T value) {
  return std::atomic_ref<T>(*address).fetch_add(value, std::memory_order_relaxed);
}
inline float rsqrtf(float x) {
  return 1.0F / __builtin_sqrtf(x);
}
