// A stack of its own and the switch to it, known to the sanitizers.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <vector>

#include "cuda/double/simt/simt.h"

namespace simt {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kStack = 256 << 10;  // ASan makes frames larger
#else
inline constexpr std::size_t kStack = 32 << 10;
#endif

// Where a fiber, or the system thread that runs fibers, left off.
struct Context {
  void* stack_pointer = nullptr;
  char* stack = nullptr;  // null: the system thread's own
  void* tsan = nullptr;
  void* asan = nullptr;
};

struct Copy {
  void* to;
  const void* from;
  std::size_t bytes, valid;
};

struct Fiber : Context {
  ThreadView view{};
  const char* waits = nullptr;  // for the block, there; null: runs, or waits for its warp
  bool done = false;
  std::vector<Copy> copies;         // asynchronous ones, in order
  std::vector<std::size_t> groups;  // how many of them each committed group has
  std::size_t open = 0;             // and the group that is not committed yet
};
using Fibers = std::vector<Fiber>;

inline constexpr std::size_t kCopies = 256;  // that a thread may have under way

// Switches to fibers, between them and back, for one launch on one system thread.
class Switcher {
 public:
  Switcher();

  // Goes on with `fiber` until one leaves.
  void Enter(Fiber& fiber) { Switch(own_, fiber, false); }
  // Called in a fiber: goes on with `next`, or with the system thread where there is none. `last`: the fiber
  // does not come back.
  void Leave(Fiber& fiber, Fiber* next, bool last) {
    Switch(fiber, next == nullptr ? own_ : static_cast<Context&>(*next), last);
  }
  // The first thing that a fiber calls.
  void Arrive();

 private:
  void Switch(Context& from, Context& to, bool last);

  Context own_;
  const void* own_stack_ = nullptr;  // as ASan knows it
  std::size_t own_stack_size_ = 0;
};

void MakeStack(Fiber& fiber);
// Makes the next Enter begin at `entry`.
void Prepare(Fiber& fiber, void (*entry)());

// Fibers are used again, by whoever runs a launch, because TSan knows 8,128 at most.
Fibers* TakeFibers();
void GiveFibers(Fibers* fibers);

}  // namespace simt
