#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/host_buffer.h"
#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Motion of a stream on the host, as it is decided: what a loop of idle life is joined with later, by this
// stream or another. What the stream's thread calls waits for nothing, and allocates once.
class TrackRecord {
 public:
  // Frames [first, last) are kept from now on, and those of the call before forgotten. Any thread.
  void Begin(std::int64_t first, std::int64_t last);

  // Copies those before `known`, of a track [rows, 70], in the order of the stream.
  void Copy(Stream& stream, const Tensor& track, std::int64_t known);

  // What was copied is there: the stream is done.
  void Keep();

  // Frames from `frame` on are made anew. Nothing is being copied.
  void Cut(std::int64_t frame);

  // Rows [count, 70]; empty if not all of them are kept. Any thread.
  std::vector<float> Rows(std::int64_t first, std::int64_t count) const;

 private:
  std::int64_t next() const;  // the frame behind those that are kept

  // Of the stream's thread: as many rows as the track, and which frames are copied to them.
  Tensor gathered_;
  HostBuffer copied_;
  std::int64_t copied_first_ = 0, copied_count_ = 0;

  mutable std::mutex mutex_;  // guards what follows; nobody waits for the device with it
  std::int64_t first_ = 0, last_ = 0;
  std::vector<float> rows_;
};

}  // namespace kdtalker
