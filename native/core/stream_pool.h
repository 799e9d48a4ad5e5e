#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/stream.h"

namespace kdtalker {

// Streams on loan for short work (a portrait), so that only the first such work makes one. Thread-safe;
// outlives its loans.
class StreamPool {
 public:
  // Its destructor waits for what the stream was given. What that uses must be declared before the loan, or
  // wait in its own destructor. To hear of errors, call Synchronise() before.
  class Loan {
   public:
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.TakeBack(std::move(stream_)); }

    Stream& operator*() const { return *stream_; }
    Stream* operator->() const { return stream_.get(); }

   private:
    friend class StreamPool;
    Loan(StreamPool& pool, std::unique_ptr<Stream> stream) : pool_(pool), stream_(std::move(stream)) {}
    StreamPool& pool_;
    std::unique_ptr<Stream> stream_;
  };

  explicit StreamPool(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  StreamPool(const StreamPool&) = delete;
  StreamPool& operator=(const StreamPool&) = delete;

  // Throws Error OUT_OF_RESOURCES.
  Loan Lend();

 private:
  std::unique_ptr<Stream> TakeIdle();
  void TakeBack(std::unique_ptr<Stream> stream) noexcept;

  const std::shared_ptr<Device> device_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Stream>>
      idle_;  // room for every stream on loan, so that giving back never fails
  std::size_t lent_ = 0;
};

}  // namespace kdtalker
