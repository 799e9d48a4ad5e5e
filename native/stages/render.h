#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/stage_timer.h"
#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// Makes a picture from source and driving keypoints: warps and decodes, in one network (`render`) or in two
// (`warp`, `decode`). Or says only how the picture moves, if `render` can: by `field`, where the pack has
// that network, which makes no picture. If the feature is the crop's picture, what `field` says moves it, and
// `render` does not run and need not be there. Owns its buffers; one thread at a time.
class Render {
 public:
  // The portrait's tensors: `feature`, `source` [1, 21, 3], and the outputs of the network `prepare` for
  // these two, named by further inputs of the networks that run for every frame.
  struct Source {
    const Tensor& feature;
    const Tensor& keypoints;
    const std::map<std::string, Tensor>& prepared;
  };

  // Each run reads `driving` [1, 21, 3]; it and the source's tensors must outlive this. With `keep_all`,
  // between() also has the other outputs of `warp`. `clock` records the time of warp (the whole time, if
  // there is one network) and of decode.
  Render(const std::map<std::string, Network>& networks, const Source& source, const Tensor& driving,
         bool keep_all = false, StageClock* clock = nullptr);

  // From now on the tensors of another portrait are read, of the same shapes. Not before earlier runs are
  // done on the device.
  void Show(const Source& source);

  // Whether the pack's renderer can say how the picture moves.
  static bool HasField(const std::map<std::string, Network>& networks);

  // Whether the feature is the picture that the field moves, so that no network makes one.
  static bool MovesFeature(const std::map<std::string, Network>& networks);

  void Run(Stream& stream, const StopToken& stop);       // makes image()
  void RunField(Stream& stream, const StopToken& stop);  // makes field(), which must be there

  // The tensors between warp and decode: `warped`, and `deformation` and `occlusion` if they are kept and the
  // pack names them. Empty if there is one network.
  const std::map<std::string, Tensor>& between() const { return between_; }

  const Tensor& image() const { return image_; }  // [1, 3, height, width], 0..1
  const Tensor& field() const { return field_; }  // [1, 6, rows, columns]; none without HasField()

 private:
  const Tensor& Keep(const char* name, Tensor tensor);
  void AddWarped(const std::map<std::string, Network>& networks, const Tensor& driving, bool keep_all);
  void AddField(const std::map<std::string, Network>& networks, const Tensor& driving);
  void MoveFeature(Stream& stream) const;

  StageTimer first_time_, decode_time_;
  Tensor image_, field_;
  const bool moves_feature_;
  const float* feature_ = nullptr;  // the portrait's, on the device
  std::map<std::string, Tensor> between_;
  NetworkRun first_;  // `field` with moves_feature_
  std::optional<NetworkRun> decode_, field_run_;
};

}  // namespace kdtalker::stages
