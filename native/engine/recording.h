#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Tensors for a trace, by name, copied to the host in the call that adds them. Float32, or blocks of
// halves of a picture, which become float32.
class Recording {
 public:
  struct Entry {
    std::vector<std::int64_t> dims;
    std::vector<float> values;  // row-major
  };

  void Add(Stream& stream, const std::string& name, const Tensor& tensor);

  // [rows, columns] of a matrix on the device, written as [columns, rows].
  void AddTransposed(Stream& stream, const std::string& name, const Tensor& matrix);

  // Frames of motion [n, 70] on the device as one tensor for each part of the layout of kernels/motion.h:
  // <prefix>scale, yaw, pitch and roll [n, 1], t [n, 3] and exp [n, 63].
  void AddParts(Stream& stream, const std::string& prefix, const Tensor& motion, bool with_scale = true);

  // The angles of one frame of motion [70] as pitch_deg, yaw_deg and roll_deg, [1, 1] each.
  void AddDegrees(Stream& stream, const Tensor& motion);

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace kdtalker
