// Runs a launch block after block: the scheduler of a block's fibers, its barriers and collectives. Compiled
// without -fsanitize=thread (see fiber.cc): the scheduler's own data must not look like the kernels'.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "cuda/double/simt/fiber.h"
#include "cuda/double/simt/simt.h"

namespace simt {
namespace {

struct Warp {
  void* lanes[32];
  const char* what = nullptr;
  int arrived = 0;
  unsigned turn = 0;
  char tokens[2];
};

// Threads that can go on, in the order in which they came. It calls nothing that TSan would look at.
class Ready {
 public:
  void Add(int index) { At(count_++) = index; }
  unsigned count() const { return count_; }
  int TakeLast() { return At(--count_); }
  // The first, after it has changed places with the one `at`.
  int Take(unsigned at) {
    const int index = At(at);
    At(at) = At(0);
    first_++;
    count_--;
    return index;
  }

 private:
  static constexpr unsigned kMost = 1024;  // threads of a block

  int& At(unsigned at) { return indices_[(first_ + at) % kMost]; }

  int indices_[kMost];
  unsigned first_ = 0, count_ = 0;
};

struct Block {
  const Launch* launch;
  Fibers* fibers = nullptr;
  std::vector<Warp> warps;
  Ready ready;
  std::mt19937 random;
  void* shared = nullptr;
  Switcher switcher;
  unsigned turn = 0;  // of the block's barrier
  char tokens[2];
  char begun, ended;  // tokens of the launch

  Fiber& fiber(int index) { return (*fibers)[static_cast<std::size_t>(index)]; }
};

#define SIMT_NEAR __attribute__((tls_model("initial-exec")))  // found without a call
thread_local Block* block SIMT_NEAR = nullptr;
thread_local Fiber* self SIMT_NEAR = nullptr;

void Become(Fiber* fiber) {
  self = fiber;
  self_view = fiber == nullptr ? nullptr : &fiber->view;
}

// Functors over indices run without fibers, except under TSan.
void RefuseAlone() {
  if (self == nullptr) Fail("a thread of a kernel that is alone waits for others");
}

Warp& OwnWarp() {
  RefuseAlone();
  return block->warps[static_cast<std::size_t>(self->view.warp)];
}

// The order of a seed: forward, backward, or any. Null: nobody is ready.
Fiber* TakeReady() {
  Ready& ready = block->ready;
  if (ready.count() == 0) return nullptr;
  const unsigned kind = block->launch->seed % 4;
  if (kind == 1) return &block->fiber(ready.TakeLast());
  return &block->fiber(ready.Take(kind == 0 ? 0 : static_cast<unsigned>(block->random()) % ready.count()));
}

// Goes on with a thread that is ready, or else with RunBlock.
void Leave(bool last) {
  Fiber* const from = self;
  Fiber* const next = TakeReady();
  Become(next);
  block->switcher.Leave(*from, next, last);
}

void Yield() {
  Leave(false);
}

[[noreturn]] void FiberMain() {
  block->switcher.Arrive();
  Acquire(&block->begun);
  block->launch->body(block->shared);
  if (!self->copies.empty()) Fail("thread %u ends with copies that it did not wait for", self->view.index.x);
  self->done = true;
  Release(&block->ended);
  Leave(true);
  std::abort();
}

// When nobody can go on, all that have not left must wait at one barrier; they go on. False: nobody is left.
bool ReleaseBarrier() {
  const char* where = nullptr;
  for (int i = 0; i < static_cast<int>(block->launch->threads); i++) {
    Fiber& fiber = block->fiber(i);
    if (fiber.done) continue;
    if (fiber.waits == nullptr)
      Fail("thread %d waits for lanes of its warp that never come (%s)", i,
           block->warps[static_cast<std::size_t>(i) / 32].what);
    if (where != nullptr && where != fiber.waits && std::strcmp(where, fiber.waits) != 0)
      Fail("threads of a block wait at different barriers: %s and %s", where, fiber.waits);
    where = fiber.waits;
    fiber.waits = nullptr;
    block->ready.Add(i);
  }
  block->turn++;
  return where != nullptr;
}

// New memory for each block, all NaN: what the last block left must not be seen.
void RenewShared() {
  const Unseen unseen;
  std::free(block->shared);
  if (::posix_memalign(&block->shared, 128, std::max<std::size_t>(block->launch->shared_bytes, 1)) != 0)
    std::abort();
  std::memset(block->shared, 0xFF, block->launch->shared_bytes);
}

void RunBlock(const uint3& index) {
  const Launch& launch = *block->launch;
  RenewShared();
  block->warps.assign(launch.threads / 32, {});
  block->turn = 0;
  for (int i = 0; i < static_cast<int>(launch.threads); i++) {
    Fiber& fiber = block->fiber(i);
    fiber.view = {{static_cast<unsigned>(i), 0, 0}, index, i % 32, i / 32};
    Prepare(fiber, &FiberMain);
    block->ready.Add(i);
  }
  do {
    Fiber* const first = TakeReady();
    Become(first);
    block->switcher.Enter(*first);
  } while (ReleaseBarrier());
}

// Blocks take turns with two sets of fibers: what one fiber does is in order for TSan, and neighbours are
// not.
class FiberSets {
 public:
  FiberSets() : sets_{TakeFibers(), TakeFibers()} {}
  ~FiberSets() {
    for (Fibers* each : sets_) GiveFibers(each);
  }
  FiberSets(const FiberSets&) = delete;
  FiberSets& operator=(const FiberSets&) = delete;

  Fibers* Of(std::uint64_t number, unsigned threads) {
    const Unseen unseen;
    Fibers* fibers = sets_[number % 2];
    while (fibers->size() < threads) MakeStack(fibers->emplace_back());
    return fibers;
  }

 private:
  Fibers* sets_[2];
};

bool WithoutFibers(const Launch& launch) {
#if defined(SIMT_TSAN)
  return false && launch.alone;
#else
  return static_cast<bool>(launch.alone);
#endif
}

// Calls `run(number, index)` for each block; odd seeds begin somewhere in the middle.
template <class Function>
void ForEachBlock(const Launch& launch, Function run) {
  const std::uint64_t count = std::uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  const std::uint64_t first = launch.seed % 4 >= 2 ? block->random() % count : 0;
  for (std::uint64_t i = 0; i < count; i++) {
    const auto at = static_cast<unsigned>((i + first) % count);
    run(i, uint3{at % launch.grid.x, at / launch.grid.x % launch.grid.y, at / launch.grid.x / launch.grid.y});
  }
}

void Perform(const Copy& copy) {
  if (copy.valid != 0) std::memcpy(copy.to, copy.from, copy.valid);
  const std::size_t rest = copy.bytes - copy.valid;
  if (rest != 0) std::memset(static_cast<char*>(copy.to) + copy.valid, 0, rest);
}

}  // namespace

constinit thread_local const ThreadView* self_view = nullptr;

void Run(const Launch& launch) {
  if (launch.threads == 0 || launch.threads > 1024 || launch.threads % 32 != 0)
    Fail("%u threads in a block", launch.threads);
  Block now;
  now.launch = &launch;
  now.random.seed(launch.seed);
  block = &now;
  if (WithoutFibers(launch)) {
    ForEachBlock(launch,
                 [&](std::uint64_t, const uint3& index) { launch.alone(index, launch.seed % 2 != 0); });
  } else {
    FiberSets sets;
    Release(&now.begun);
    ForEachBlock(launch, [&](std::uint64_t number, const uint3& index) {
      now.fibers = sets.Of(number, launch.threads);
      RunBlock(index);
    });
    Acquire(&now.ended);
    const Unseen unseen;
    std::free(now.shared);
  }
  block = nullptr;
}

void SyncBlock(const char* where) {
  RefuseAlone();
  void* token = &block->tokens[block->turn & 1];
  Release(token);
  self->waits = where;
  Yield();
  Acquire(token);
}

void Collective(const char* what, void* mine, void (*act)(void* const (&)[32])) {
  Warp& warp = OwnWarp();
  if (warp.arrived > 0 && warp.what != what && std::strcmp(warp.what, what) != 0)
    Fail("lanes of a warp are at different instructions: %s and %s", warp.what, what);
  warp.what = what;
  warp.lanes[self->view.lane] = mine;
  if (++warp.arrived < 32) return Yield();
  if (act != nullptr) act(warp.lanes);
  warp.arrived = 0;
  warp.turn++;
  for (int lane = 0; lane < 32; lane++) {
    if (lane != self->view.lane) block->ready.Add(32 * self->view.warp + lane);
  }
}

void SyncWarp() {
  Warp& warp = OwnWarp();
  void* token = &warp.tokens[warp.turn & 1];
  Release(token);
  Collective("__syncwarp", nullptr, nullptr);
  Acquire(token);
}

void CopyLater(void* to, const void* from, std::size_t bytes, std::size_t valid) {
  RefuseAlone();
  const Copy copy{to, from, bytes, valid};
  if ((block->launch->seed & 1) == 0) return Perform(copy);
  if (self->copies.size() == kCopies) Fail("more than %zu copies under way in a thread", kCopies);
  self->copies.push_back(copy);
  self->open++;
}

void CommitCopies() {
  self->groups.push_back(self->open);
  self->open = 0;
}

void AwaitCopies(unsigned pending) {
  while (self->groups.size() > pending) {
    const auto count = static_cast<std::ptrdiff_t>(self->groups.front());
    std::for_each_n(self->copies.begin(), count, Perform);
    self->copies.erase(self->copies.begin(), self->copies.begin() + count);
    self->groups.erase(self->groups.begin());
  }
}

}  // namespace simt
