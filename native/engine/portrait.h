#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/recording.h"
#include "engine/talker.h"
#include "stages/paste.h"
#include "stages/render.h"

namespace kdtalker {

// A prepared source picture, on the talker's device. Everything is there when it is returned, for every
// stream. Immutable, so any number of clips may share it.
class Portrait {
 public:
  ~Portrait() { talker_->portraits()--; }
  Portrait(const Portrait&) = delete;
  Portrait& operator=(const Portrait&) = delete;

  // From pixels: one upload, then F and M run on the device. A recording, if given, receives their outputs
  // and the values computed from them.
  static std::shared_ptr<Portrait> Prepare(std::shared_ptr<Talker> talker, const PortraitOptions& options,
                                           Recording* recording = nullptr);

  // From the result of Save(): feature volume, canonical [63], motion [70], and the photo. Throws Error
  // PORTRAIT_INVALID when they do not fit.
  struct Saved {
    std::vector<std::int64_t> feature_dims;
    std::vector<float> feature, canonical, motion;
    std::vector<float> ratios;  // as PortraitOptions has them
    std::shared_ptr<const stages::PhotoPixels> photo;
  };
  static std::shared_ptr<Portrait> Restore(std::shared_ptr<Talker> talker, const Saved& saved);
  Saved Save() const;

  // Bytes of its tensors and of the photo on the host. A photo on the device may be added later.
  std::size_t bytes() const;

  // The motion [70] that M returns for a crop's pixels [size, size, 3], without making a portrait: a frame of
  // a driving video. One upload, one download.
  static std::vector<float> ReadMotion(const Talker& talker, const std::vector<std::uint8_t>& pixels);

  // The same motion, and the keypoints [21, 3] of the face at rest. Two downloads.
  struct Seen {
    std::vector<float> motion, canonical;
  };
  static Seen See(const Talker& talker, const std::vector<std::uint8_t>& pixels);

  const std::shared_ptr<Talker>& talker() const { return talker_; }
  std::uint64_t id() const { return id_; }  // no other of the process has it, before or after
  const Tensor& feature() const { return feature_; }
  const Tensor& canonical() const { return canonical_; }  // [1, 21, 3]
  const Tensor& motion() const { return motion_; }        // [70], raw: the pose and expression of the picture
  const Tensor& keypoints() const { return keypoints_; }  // [1, 21, 3], x_s
  const std::vector<float>& ratios() const { return ratios_; }  // left eye, right eye, lips, or empty
  stages::Render::Source render_source() const { return {feature_, keypoints_, prepared_}; }
  const Tensor& canonical_token() const { return canonical_token_; }  // [1, 70]
  const Tensor& reference_token() const { return reference_token_; }  // [1, 70]

  // The whole picture on the host; null if it was not kept.
  const std::shared_ptr<const stages::PhotoPixels>& photo_pixels() const { return photo_pixels_; }
  // The same on the device, uploaded at the first call, because few clips need whole pictures. Any thread.
  const stages::Photo& photo() const;

 private:
  explicit Portrait(std::shared_ptr<Talker> talker);
  void RunNetworks(Stream& stream, const PortraitOptions& options, const StopToken& stop,
                   Recording* recording);
  void Record(Stream& stream, Recording& recording) const;
  void Derive(Stream& stream, const StopToken& stop);   // computed from feature, canonical and motion
  void RunOnce(Stream& stream, const StopToken& stop);  // the network `prepare`, if the talker has one

  std::shared_ptr<Talker> talker_;
  const std::uint64_t id_;
  std::vector<float> ratios_;
  Tensor feature_, canonical_, motion_, keypoints_, canonical_token_, reference_token_;
  std::map<std::string, Tensor> prepared_;  // by the words of the network that reads them for each frame
  std::shared_ptr<const stages::PhotoPixels> photo_pixels_;
  mutable std::mutex photo_mutex_;  // guards what follows until it is there
  mutable std::optional<stages::Photo> photo_;
};

}  // namespace kdtalker
