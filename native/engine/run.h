#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/session.h"
#include "engine/options.h"
#include "engine/portrait.h"
#include "engine/renderer.h"
#include "engine/speech.h"
#include "engine/timeline.h"

namespace kdtalker {

// One pass over a clip: portrait and speech (or motion) to frames. A sampling thread and one or more
// rendering threads of its own, started when first needed; the sampler keeps a few windows ahead of the
// renderers, which work only for frames that somebody waits for, so a slow reader slows all down and nothing
// grows. Requests are given frames in their order, whichever is done first. All methods may be called from
// any thread; callbacks run on the run's threads.
class Run {
 public:
  struct Motion {
    std::vector<float> motion, raw;  // [frames, 70] each: smoothed and edited; as sampled
  };
  using OnFrame =
      std::function<void(std::int64_t index, std::exception_ptr error)>;  // index -1: no frame is left
  using OnMotion = std::function<void(Motion motion, std::exception_ptr error)>;

  Run(std::shared_ptr<Portrait> portrait, std::shared_ptr<Speech> speech, RunOptions options);
  Run(std::shared_ptr<Portrait> portrait, std::vector<float> motion, RunOptions options);
  ~Run();  // closes
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Asks for the next frame, to be written to `out` (frame_bytes(format) of host memory that stays valid
  // until on_frame). Whole pictures are never kFloat: Error INVALID_ARGUMENT. With `source` that frame shows
  // another portrait than the clip's: a source video hands over each frame's own with the request, so that
  // there are never more of them than requests.
  void Read(PixelFormat format, void* out, OnFrame on_frame, std::shared_ptr<Portrait> source = nullptr);
  void ReadMotion(OnMotion on_motion);

  // Ends the work soon: what waits gets Error ABORTED. Returns at once.
  void Stop();

  // Stops and waits for the threads: afterwards no buffer of a reader is touched. Idempotent; not from a
  // callback.
  void Close();

  std::int64_t frames() const { return frames_; }
  std::size_t frame_bytes(PixelFormat format) const { return size_.Bytes(format); }
  std::int64_t sampled() const { return sampled_.load(); }    // frames whose motion is final
  std::int64_t rendered() const { return rendered_.load(); }  // frames handed out

 private:
  struct FrameRequest {
    std::int64_t frame;
    PixelFormat format;
    void* out;
    OnFrame on_frame;
    std::shared_ptr<Portrait> source;  // null: the clip's
  };

  void CheckFormat(PixelFormat format) const;
  void CheckSource(const Portrait& source) const;
  void Start(std::unique_lock<std::mutex> lock, bool rendering);
  void StartRendering();  // mutex held
  void SampleAll();       // thread of sampler_
  void RenderAll();       // threads of renderers_
  void WaitToSample();
  void CountFrame();
  bool TakeRequest(FrameRequest& request);
  void PublishMotion();
  void Fail(std::exception_ptr error);

  std::shared_ptr<Portrait> portrait_;
  std::shared_ptr<Speech> speech_;  // null: replay of motion_
  std::vector<float> replay_;
  const RunOptions options_;
  const FrameSize size_;
  std::int64_t frames_;
  StopToken stop_;
  std::unique_ptr<Timeline> timeline_;  // made by the sampling thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool closed_ = false;
  std::deque<FrameRequest> requests_;
  std::deque<OnMotion> motion_requests_;
  std::exception_ptr error_;
  bool sampling_done_ = false;
  std::int64_t asked_ = 0;  // frames promised to requests

  std::atomic<std::int64_t> sampled_{0}, rendered_{0};
  std::mutex join_mutex_;
  std::thread sampler_;  // last, with those below: they use everything above
  std::vector<std::thread> renderers_;
};

}  // namespace kdtalker
