#pragma once

#include <memory>
#include <vector>

#include "core/tensor.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "kernels/edit.h"
#include "stages/smoothing.h"

namespace kdtalker {

// The motion of a clip on the device, and the keypoints that follow from it. Raw frames are appended;
// smoothed, edited frames become ready a few frames later (the smoother's lag). One thread appends, in one
// stream.
//
// Frames have the numbers that they have in the clip. Its buffers have a row for each, or, where the end is
// not known, for the last frames: row of frame f is f modulo rows().
class Timeline {
 public:
  // A clip of so many frames. `mel` is the speech's spectrogram, for the silence gate; null for a replay.
  // Throws Error INVALID_ARGUMENT if options given frame by frame have another number of frames.
  Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options, std::int64_t frames,
           const Tensor* mel = nullptr);

  // A stream, whose end is not known: the last `rows` frames. The smoother looks no further ahead than
  // options.stream says. Who appends writes the silence gate.
  struct Last {
    std::int64_t rows;
  };
  Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options, Last last);

  // Normalised motion [count + provisional, 70] of the next `count` frames, from the sampler. The smoother
  // looks at provisional frames too; the next call gives them again.
  void AppendNormalised(Stream& stream, const Tensor& motion, std::int64_t count,
                        std::int64_t provisional = 0);

  // When the generated blinks of frames that are not ready come.
  void SetBlinks(const kernels::BlinkClock& clock) { clock_ = clock; }

  // In a join from `frame` on blinks go over to another time, which is added to a frame's number.
  void JoinBlinks(std::int64_t frame, std::int64_t then) {
    clock_ = {clock_.join == kernels::kEveryFrame ? clock_.shift : clock_.then, frame, then};
  }

  // Frames from `frame` on will be appended anew. They must be no more than rows() before the newest.
  void Cut(std::int64_t frame);

  // The whole raw motion [frames, 70] at once, already smoothed and edited: replay.
  void UploadMotion(Stream& stream, const std::vector<float>& motion);

  std::int64_t frames() const { return frames_; }  // kernels::kEveryFrame: the end is not known
  std::int64_t rows() const { return rows_; }
  std::int64_t known() const { return known_; }
  std::int64_t ready() const { return ready_; }  // frames whose motion is final, once the stream is there

  // Writes x_d [last - first, 21, 3] of ready frames to a device address, for frames that show `source`: the
  // clip's own portrait or a picture of its source video. Ready frames do not change, so once the stream that
  // makes them is there, any thread may call this with its own.
  void Keypoints(Stream& stream, std::int64_t first, std::int64_t last, const Portrait& source, bool relative,
                 float* out) const;

  bool relative() const { return options_.relative; }  // the mode of the clip's frames

  const Tensor& motion() const { return motion_; }  // [rows, 70], smoothed and edited where ready
  const Tensor& raw() const { return raw_; }        // [rows, 70], as sampled where known, de-normalised
  const Tensor& rest() const { return rest_; }      // [70], motion at rest, raw; once a frame is ready
  const Tensor& gate() const { return gate_; }      // [rows]; none without a silence gate

  std::vector<float> DownloadMotion(Stream& stream) const;  // [rows, 70], smoothed and edited
  std::vector<float> DownloadRaw(Stream& stream) const;     // [rows, 70], as sampled, de-normalised

 private:
  struct Size {
    std::int64_t frames, rows, states;
    std::int32_t lag;  // at most
  };
  Timeline(Stream& stream, std::shared_ptr<Portrait> portrait, const RunOptions& options, const Size& size);

  void Advance(Stream& stream, std::int64_t provisional);
  void KeepReference(Stream& stream);
  void Rest(Stream& stream, std::int64_t last);
  kernels::FrameEdits edits() const;
  kernels::EditMotion Edit(std::int64_t last) const;

  std::shared_ptr<Portrait> portrait_;
  const RunOptions options_;
  std::int64_t frames_, rows_, states_, known_ = 0, ready_ = 0;
  stages::Smoothing smoothing_;
  kernels::BlinkClock clock_;
  Tensor raw_, motion_, reference_, smooth_state_;
  Tensor rest_;   // [70], motion outside of the region, and of lips in silence
  Tensor edits_;  // [1 or frames, 70] of the user's; none without
  Tensor gate_;
};

}  // namespace kdtalker
