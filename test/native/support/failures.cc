#include "support/failures.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <new>

namespace {

constexpr std::int64_t kNever = -1;

std::atomic<std::int64_t> asked[2], refused_at[2] = {kNever, kNever};
std::atomic<bool> refused[2];
thread_local int exempt_scopes = 0;

bool Refuse(failures::Kind kind) {
  const std::int64_t at = refused_at[kind].load(std::memory_order_relaxed);
  if (at == kNever || exempt_scopes > 0) return false;
  if (asked[kind].fetch_add(1) != at) return false;
  refused[kind] = true;
  return true;
}

}  // namespace

namespace failures {

FailNth::FailNth(Kind kind, std::int64_t n) : kind_(kind) {
  asked[kind] = 0;
  refused[kind] = false;
  refused_at[kind] = n;
}

FailNth::~FailNth() {
  refused_at[kind_] = kNever;
}

bool FailNth::happened() const {
  return refused[kind_];
}

std::int64_t FailNth::seen() const {
  return asked[kind_];
}

Exempt::Exempt() {
  exempt_scopes++;
}

Exempt::~Exempt() {
  exempt_scopes--;
}

}  // namespace failures

// The linker sends the engine's and the tests' allocations here (--wrap in CMakeLists.txt).
extern "C" {

void* __real__Znwm(std::size_t);
void* __real__Znam(std::size_t);
void* __real__ZnwmSt11align_val_t(std::size_t, std::align_val_t);
void* __real__ZnwmRKSt9nothrow_t(std::size_t, const std::nothrow_t&);
void* __real_malloc(std::size_t);
void* __real_realloc(void*, std::size_t);
int __real_posix_memalign(void**, std::size_t, std::size_t);

void* __wrap__Znwm(std::size_t bytes) {
  if (Refuse(failures::kAllocation)) throw std::bad_alloc();
  return __real__Znwm(bytes);
}

void* __wrap__Znam(std::size_t bytes) {
  if (Refuse(failures::kAllocation)) throw std::bad_alloc();
  return __real__Znam(bytes);
}

void* __wrap__ZnwmSt11align_val_t(std::size_t bytes, std::align_val_t alignment) {
  if (Refuse(failures::kAllocation)) throw std::bad_alloc();
  return __real__ZnwmSt11align_val_t(bytes, alignment);
}

void* __wrap__ZnwmRKSt9nothrow_t(std::size_t bytes, const std::nothrow_t& tag) {
  return Refuse(failures::kAllocation) ? nullptr : __real__ZnwmRKSt9nothrow_t(bytes, tag);
}

void* __wrap_malloc(std::size_t bytes) {
  return Refuse(failures::kAllocation) ? nullptr : __real_malloc(bytes);
}

void* __wrap_realloc(void* block, std::size_t bytes) {
  return Refuse(failures::kAllocation) ? nullptr : __real_realloc(block, bytes);
}

int __wrap_posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  return Refuse(failures::kAllocation) ? ENOMEM : __real_posix_memalign(block, alignment, bytes);
}

// Replaces every library's function too, because the program's own symbols come first.
__attribute__((visibility("default"))) int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                                          void* (*work)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (Refuse(failures::kThread)) return EAGAIN;
  const int status = create(thread, attributes, work, argument);
  if (status != 0) asked[failures::kThread]--;  // a refusal of the system itself does not count
  return status;
}

}  // extern "C"
