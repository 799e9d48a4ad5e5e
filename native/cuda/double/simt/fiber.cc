// Compiled without -fsanitize=thread even in its builds (SIMT_TSAN tells of them): a switch inside of an
// instrumented function would spoil TSan's shadow stack.
#include "cuda/double/simt/fiber.h"

#include <sys/mman.h>

#include <mutex>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(SIMT_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

static_assert(sizeof(void*) == 8 && __x86_64__, "the switch below is written for x86-64");

// Saves the callee's registers and the stack pointer, and goes on where the other stack left off.
extern "C" void simt_switch(void** save, void* load);
asm(R"(
.text
.globl simt_switch
.hidden simt_switch
.type simt_switch, @function
simt_switch:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
.size simt_switch, .-simt_switch
)");

namespace simt {
namespace {

class Pool {
 public:
  Fibers* Take() {
    const Unseen unseen;
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return new Fibers;
    Fibers* fibers = idle_.back();
    idle_.pop_back();
    return fibers;
  }
  void Give(Fibers* fibers) {
    const Unseen unseen;
    const std::lock_guard lock(mutex_);
    idle_.insert(idle_.begin(), fibers);
  }

 private:
  std::mutex mutex_;
  std::vector<Fibers*> idle_;
};

// Never destroyed: streams' threads may end after static objects.
Pool& AllFibers() {
  static auto& pool = *new Pool;
  return pool;
}

}  // namespace

Switcher::Switcher() {
#if defined(SIMT_TSAN)
  own_.tsan = __tsan_get_current_fiber();
#endif
}

void Switcher::Switch(Context& from, Context& to, [[maybe_unused]] bool last) {
#if defined(SIMT_TSAN)
  __tsan_switch_to_fiber(to.tsan, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(__SANITIZE_ADDRESS__)
  const bool own = to.stack == nullptr;
  __sanitizer_start_switch_fiber(last ? nullptr : &from.asan, own ? own_stack_ : to.stack,
                                 own ? own_stack_size_ : kStack);
#endif
  simt_switch(&from.stack_pointer, to.stack_pointer);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(from.asan, nullptr, nullptr);
#endif
}

// The first fiber comes from the system thread, the others may come from a fiber.
void Switcher::Arrive() {
#if defined(__SANITIZE_ADDRESS__)
  const bool first = own_stack_ == nullptr;
  __sanitizer_finish_switch_fiber(nullptr, first ? &own_stack_ : nullptr, first ? &own_stack_size_ : nullptr);
#endif
}

void MakeStack(Fiber& fiber) {
  const Unseen unseen;
  void* stack = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) Fail("no memory for a stack");
  fiber.stack = static_cast<char*>(stack);
  fiber.copies.reserve(kCopies);
  fiber.groups.reserve(kCopies);
#if defined(SIMT_TSAN)
  fiber.tsan = __tsan_create_fiber(0);
#endif
}

void Prepare(Fiber& fiber, void (*entry)()) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(fiber.stack, kStack);
#endif
  auto** top = reinterpret_cast<void**>(fiber.stack + kStack) - 1;
  *--top = reinterpret_cast<void*>(entry);
  fiber.stack_pointer = top - 6;
  fiber.done = false;
  fiber.waits = nullptr;
  fiber.copies.clear();
  fiber.groups.clear();
  fiber.open = 0;
}

Fibers* TakeFibers() {
  return AllFibers().Take();
}

void GiveFibers(Fibers* fibers) {
  AllFibers().Give(fibers);
}

}  // namespace simt
