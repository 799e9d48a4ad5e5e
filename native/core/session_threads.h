#pragma once

#include <onnxruntime_cxx_api.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kdtalker {

// The threads that ONNX Runtime uses for one session. They are started before it asks for them: if ONNX
// Runtime fails to start one itself, it waits forever for the others. Must outlive the session.
class SessionThreads {
 public:
  // Starts `most` threads, or as many as the system allows; zero is enough, because the calling thread works
  // too.
  explicit SessionThreads(int most);
  ~SessionThreads();
  SessionThreads(const SessionThreads&) = delete;
  SessionThreads& operator=(const SessionThreads&) = delete;

  std::size_t count() const { return threads_.size(); }

  // A session made with these options runs on these threads and the calling one.
  void GiveTo(Ort::SessionOptions& options);

 private:
  struct Thread {
    OrtThreadWorkerFn work = nullptr;
    void* argument = nullptr;
    std::thread thread;
  };

  static OrtCustomThreadHandle Take(void* self, OrtThreadWorkerFn work, void* argument);
  static void Join(OrtCustomThreadHandle thread);
  void WaitAndWork(Thread& thread);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool ending_ = false;
  std::size_t taken_ = 0;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace kdtalker
