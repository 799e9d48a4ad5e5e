// A caching allocator: memory that is released is kept for the next allocation of about its size. It is
// handed out again when the operations that streams were given before its release are done, which streams
// tell (Progress); nothing waits for them.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace kdtalker::cuda {

// How far a stream is: the number of the last operation that it was given, and of the last that is known to
// be done.
struct Progress {
  std::atomic<std::uint64_t> given{0}, done{0};
  std::atomic<bool> lent{false};  // other libraries give work to the stream

  // The operation of that number is done, and with it what it waited for in other streams.
  void Reach(std::uint64_t number);

  // The operation that was given last waits for that one of another stream, for which the host never waits.
  void Follow(const std::shared_ptr<Progress>& other, std::uint64_t number);

 private:
  struct Followed {
    std::weak_ptr<Progress> other;
    std::uint64_t number, by;  // of the other's operation, and of ours that waited for it
  };
  std::vector<Followed> TakeFollowed(std::uint64_t upto);

  std::mutex mutex_;
  std::vector<Followed> followed_;  // the last one of each other stream
};

// The streams of a device.
class Streams {
 public:
  std::shared_ptr<Progress> Add();
  void Remove(const std::shared_ptr<Progress>& progress);

  // What all streams were given until now.
  struct Mark {
    std::shared_ptr<Progress> progress;
    std::uint64_t given;
  };
  std::vector<Mark> Marks();

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Progress>> all_;
};

class Memory {
 public:
  struct Source {
    cudaError_t (*allocate)(void** address, std::size_t bytes);
    cudaError_t (*free)(void* address);
  };

  // `most` bytes at a time, of those handed out and those kept; 0: no limit.
  Memory(Source source, Streams& streams, std::uint64_t most);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // On a lack of memory gives back what is kept and tries once more.
  cudaError_t Allocate(std::size_t bytes, void** address);
  void Release(void* address);

  std::uint64_t used() const { return used_.load(); }
  std::uint64_t cached() const { return cached_.load(); }
  std::uint64_t allocations() const { return allocations_.load(); }  // of the source

 private:
  struct Block {
    void* address;
    std::vector<Streams::Mark> marks;
  };
  using Kept = std::multimap<std::size_t, Block>;  // by size

  void* Take(std::size_t size);
  cudaError_t AllocateNew(std::size_t size, void** address);
  void GiveBack();

  const Source source_;
  Streams& streams_;
  const std::uint64_t most_;
  std::mutex mutex_;
  std::map<void*, std::size_t> sizes_;  // of those handed out
  Kept kept_;
  std::atomic<std::uint64_t> used_{0}, cached_{0}, allocations_{0};
};

}  // namespace kdtalker::cuda
