#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace kdtalker {

// A thread that makes calls for others, which wait for them: for libraries that keep things for each thread.
class CallThread {
 public:
  CallThread();  // throws Error OUT_OF_RESOURCES
  ~CallThread();
  CallThread(const CallThread&) = delete;
  CallThread& operator=(const CallThread&) = delete;

  // Has the thread call work(); returns when that has, and throws what it threw. One caller at a time.
  // Allocates nothing.
  template <class Work>
  void Call(Work work) {
    Make([](void* given) { (*static_cast<Work*>(given))(); }, &work);
  }

 private:
  void Make(void (*call)(void*), void* argument);
  void Work();

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_, done_;
  void (*call_)(void*) = nullptr;
  void* argument_ = nullptr;
  std::exception_ptr thrown_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace kdtalker
