#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/stage_timer.h"
#include "core/tensor.h"
#include "stages/network.h"

namespace kdtalker::stages {

// Makes a picture from source and driving keypoints: warps and decodes, in one network (`render`) or in two
// (`warp`, `decode`). Owns its buffers; one thread at a time.
class Render {
 public:
  // The portrait's tensors: `feature`, `source` [1, 21, 3], and the outputs of the network `prepare` for
  // these two, named by further inputs of the first network.
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

  // Whether the pack's renderer can give the field beside its picture.
  static bool HasField(const std::map<std::string, Network>& networks);
  // From now on it does; field() is [1, 6, rows, columns].
  void KeepField();
  const Tensor& field() const { return field_; }

  void Run(Stream& stream, const StopToken& stop);

  // The tensors between warp and decode: `warped`, and `deformation` and `occlusion` if they are kept and the
  // pack names them. Empty if there is one network.
  const std::map<std::string, Tensor>& between() const { return between_; }

  const Tensor& image() const { return image_; }  // [1, 3, height, width], 0..1

 private:
  const Tensor& Keep(const char* name, Tensor tensor);

  StageTimer first_time_, decode_time_;
  Tensor image_, field_;
  std::map<std::string, Tensor> between_;
  NetworkRun first_;
  std::optional<NetworkRun> decode_;
};

}  // namespace kdtalker::stages
