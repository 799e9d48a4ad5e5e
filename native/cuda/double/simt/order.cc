#include "cuda/double/simt/order.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#if defined(SIMT_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreSyncBegin(const char*, int);
void AnnotateIgnoreSyncEnd(const char*, int);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}
#endif

namespace simt {

#if defined(SIMT_TSAN)

void Release(void* token) {
  __tsan_release(token);
}

void Acquire(void* token) {
  __tsan_acquire(token);
}

Unseen::Unseen() {
  __tsan_ignore_thread_begin();
  AnnotateIgnoreSyncBegin("", 0);
}

Unseen::~Unseen() {
  AnnotateIgnoreSyncEnd("", 0);
  __tsan_ignore_thread_end();
}

void RunApart(const std::function<void()>& run, void* const* after, std::size_t count, void* done) {
  void* before = __tsan_get_current_fiber();
  void* fiber = __tsan_create_fiber(0);
  __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
  for (std::size_t i = 0; i < count; i++) Acquire(after[i]);
  run();
  Release(done);
  __tsan_switch_to_fiber(before, __tsan_switch_to_fiber_no_sync);
  __tsan_destroy_fiber(fiber);
}

#else

void Release(void*) {}
void Acquire(void*) {}
Unseen::Unseen() = default;
Unseen::~Unseen() = default;
void RunApart(const std::function<void()>& run, void* const*, std::size_t, void*) {
  run();
}

#endif

void Fail(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fputs("simt: ", stderr);
  std::vfprintf(stderr, format, arguments);
  std::fputs("\n", stderr);
  va_end(arguments);
  std::_Exit(70);
}

}  // namespace simt
