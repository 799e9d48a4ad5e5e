// Streams, events and captures: what CUDA's handles point to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cuda/double/fake/state.h"

namespace fake {

using Work = std::function<void()>;

// A moment that can be waited for; its address is TSan's token.
class Signal {
 public:
  void Set();
  bool IsSet();
  void Wait();
  // When it was set.
  std::chrono::steady_clock::time_point time() const { return time_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::chrono::steady_clock::time_point time_;
};

struct Node {
  Work work;
  std::vector<int> after;
};

struct Capture {
  std::vector<Node> nodes;
  std::map<cudaStream_t, int> tips;  // last node of each stream; -1: none yet
};

// Appends a node and returns its number; -1 in `after` stands for nothing.
int AddNode(Capture& capture, Work work, std::vector<int> after);

// Appends work to a stream, or to the graph that it captures.
cudaError_t Submit(cudaStream_t stream, Work work);

// While one lives, a thread of the host waits: streams work even if the setting `late` holds them.
struct Waiting {
  Waiting();
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

// What cudaFree does: all work of the device has ended when it returns.
void AwaitAllStreams();

}  // namespace fake

struct CUstream_st {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<fake::Work, std::shared_ptr<char>>> queue;
  bool busy = false, closing = false;
  std::shared_ptr<fake::Capture> capture;
  std::thread worker;  // its address is the token of all that the stream has done

  void Serve();
  bool IsDone();
  bool MayWork() const;
  void Await();
  void End();
};
struct CUevent_st {
  std::mutex mutex;                      // guards the signal: one thread may record while another waits
  std::shared_ptr<fake::Signal> signal;  // of the last record
  std::shared_ptr<fake::Capture> capture;
  int node = -1;
  bool timed = false;

  std::shared_ptr<fake::Signal> Last() {
    fake::Hidden hidden(mutex);
    return signal;
  }
};
struct CUgraph_st {
  std::vector<fake::Node> nodes;
};
// Launches that are under way keep the nodes: the graph may be destroyed before they are done.
struct CUgraphExec_st {
  std::shared_ptr<const std::vector<fake::Node>> nodes;
};
