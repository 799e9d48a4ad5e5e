#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Motion of a stream on the host, as it is decided: what a loop of idle life is joined with later, by this
// stream or another. Thread-safe.
class TrackRecord {
 public:
  // Frames [first, last) are kept, and those of the call before forgotten.
  void Begin(std::int64_t first, std::int64_t last);

  // Keeps those before `known`, of a track [rows, 70]. One thread at a time.
  void Add(Stream& stream, const Tensor& track, std::int64_t known);

  // Frames from `frame` on are made anew.
  void Cut(std::int64_t frame);

  // Rows [count, 70]; empty if not all of them are there.
  std::vector<float> Rows(std::int64_t first, std::int64_t count) const;

 private:
  std::int64_t next() const;  // the frame behind those that are kept

  mutable std::mutex mutex_;  // guards what follows
  std::int64_t first_ = 0, last_ = 0;
  std::vector<float> rows_;
};

}  // namespace kdtalker
