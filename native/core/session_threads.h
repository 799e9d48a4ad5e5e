#pragma once

#include <onnxruntime_cxx_api.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace kdtalker {

// Threads that ONNX Runtime uses, for one session or for all sessions that share them. A session's are
// started before it asks for them: if ONNX Runtime fails to start one itself, it waits forever for the
// others. Must outlive what uses them.
class SessionThreads {
 public:
  // `most` threads, which are not started yet; zero is enough, because the calling thread works too.
  explicit SessionThreads(int most);
  ~SessionThreads();
  SessionThreads(const SessionThreads&) = delete;
  SessionThreads& operator=(const SessionThreads&) = delete;

  // Starts those that are not started, or as many as the system allows. Whether all run.
  bool Start() noexcept;

  std::size_t count() const { return threads_.size(); }

  // Of an environment's, once it is made. Whether it has them: the first environment of the process, which
  // another library may have made before, is the only one.
  bool used() const noexcept;

  // Whether it works with one of them still.
  bool working() const noexcept;

  // A session made with these options runs on these threads, as many as can be started, and the calling one.
  void GiveTo(Ort::SessionOptions& options);

  // The same of the sessions that share the threads of an environment. None may run before all threads do.
  void GiveTo(Ort::ThreadingOptions& options);

 private:
  struct Thread {
    OrtThreadWorkerFn work = nullptr;
    void* argument = nullptr;
    std::thread thread;
    std::atomic<bool> working = false;  // from when ONNX Runtime takes it until it has joined it
  };

  static OrtCustomThreadHandle Take(void* self, OrtThreadWorkerFn work, void* argument);
  static void Join(OrtCustomThreadHandle thread);
  void WaitAndWork(Thread& thread);

  std::vector<Thread> threads_;
  std::mutex start_mutex_;  // guards started_ and each thread
  std::size_t started_ = 0;
  std::mutex mutex_;  // guards what follows, and the work of each thread
  std::condition_variable changed_;
  bool ending_ = false;
  std::size_t taken_ = 0;
};

}  // namespace kdtalker
