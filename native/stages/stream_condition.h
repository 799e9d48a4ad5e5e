#pragma once

#include <cstdint>
#include <memory>

#include "core/tensor.h"
#include "stages/network.h"
#include "stages/stream_features.h"

namespace kdtalker::stages {

// The network `condition` for so many rows: what the denoiser takes of what is heard. Owns its buffers; one
// thread at a time.
class ConditionRows {
 public:
  ConditionRows(const Network& condition, const std::shared_ptr<Device>& device, std::int64_t rows,
                std::int64_t features);

  // Of in(), to out().
  void Run(Stream& stream, const StopToken& stop) { network_.Run(stream, stop); }

  std::int64_t rows() const { return in_.dims()[1]; }
  const Tensor& in() const { return in_; }    // [1, rows, features]
  const Tensor& out() const { return out_; }  // [1, rows, c]

 private:
  Tensor in_, out_;
  NetworkRun network_;
};

// The denoiser's condition of a stream, where each row depends on the features of its frame alone: rows are
// computed once, and kept for the last frames. Before the first frame they are those of silence. One thread
// at a time.
class StreamCondition {
 public:
  // `rows` frames are kept. Done on the device when the constructor returns.
  StreamCondition(Stream& stream, ConditionRows& network, const StreamFeatures& features, std::int64_t rows);

  // Makes the rows of frames [first, features.known()) that are not there, with any network of the same
  // weights. No more than `rows` frames.
  void Advance(Stream& stream, ConditionRows& network, const StreamFeatures& features, std::int64_t first,
               const StopToken& stop);

  // As StreamFeatures::Gather, to `out` [1, window, c]. Its rows are there.
  void Gather(Stream& stream, std::int64_t first, std::int64_t span, const Tensor& out) const;

  void Cut(std::int64_t frame);  // frames from this one on are made again

  // Frames [first, last) were silent, and are the last ones that are known.
  void Silence(Stream& stream, std::int64_t first, std::int64_t last);

 private:
  void Make(Stream& stream, ConditionRows& network, const StreamFeatures& features, std::int64_t first,
            std::int64_t last, const StopToken& stop);
  std::int64_t rows() const { return ring_.dims()[0]; }
  std::int64_t width() const { return ring_.dims()[1]; }

  Tensor silence_;                 // [1, c]
  Tensor ring_;                    // [rows, c]
  std::int64_t from_, known_ = 0;  // frames [from_, known_) are there
};

}  // namespace kdtalker::stages
