// What the double tells ThreadSanitizer, so that it knows no other order than the one that CUDA promises:
// enqueueing, events, synchronisation, edges of graphs, barriers. Without ThreadSanitizer all of this does
// nothing.
#pragma once

#include <cstddef>
#include <functional>

// What lanes do for each other is no access of theirs.
#define SIMT_UNSEEN __attribute__((no_sanitize("thread")))

namespace simt {

// An edge of happens-before, from those that release the token to those that acquire it afterwards.
void Release(void* token);
void Acquire(void* token);

// What happens during the life of one is the double's own: TSan sees no access of it, and its locks order
// nothing.
struct Unseen {
  Unseen();
  ~Unseen();
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};

// Calls `run` so that TSan takes it for a thread of its own: ordered after those that released the tokens
// `after`, before whoever acquires `done`, and by nothing else.
void RunApart(const std::function<void()>& run, void* const* after, std::size_t count, void* done);

// Prints a message and ends the process with status 70.
[[noreturn]] void Fail(const char* format, ...);

}  // namespace simt
