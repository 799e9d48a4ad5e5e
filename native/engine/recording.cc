#include "engine/recording.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "kernels/motion.h"
#include "kernels/plan/from_blocks.h"

namespace kdtalker {
namespace {

using kernels::kMotionSize;

struct Part {
  const char* name;
  std::int64_t first, size;
};

constexpr std::array<Part, 6> kParts = {{{"scale", kernels::kScale, 1},
                                         {"yaw", kernels::kYaw, 1},
                                         {"pitch", kernels::kPitch, 1},
                                         {"roll", kernels::kRoll, 1},
                                         {"t", kernels::kTranslation, 3},
                                         {"exp", kernels::kExpression, kernels::kExpressionSize}}};

// Blocks of halves [blocks, height, width, 16] as floats [1, channels, height, width].
Tensor Unblocked(Stream& stream, const Tensor& halves) {
  const auto& dims = halves.dims();
  const std::int64_t height = dims[1], width = dims[2], channels = dims[0] * kernels::plan::kLanes;
  Tensor floats(stream.shared_device(), Type::kFloat32, {1, channels, height, width});
  const auto* blocks = static_cast<const kernels::Half*>(halves.address());
  stream.Launch(kernels::plan::FromBlocks{
      floats.f32(), blocks, {4, {channels, 1, height, width}}, {{height * width, 0, width, 1}}});
  return floats;
}

}  // namespace

void Recording::Add(Stream& stream, const std::string& name, const Tensor& tensor) {
  if (tensor.type() == Type::kFloat16) return Add(stream, name, Unblocked(stream, tensor));
  entries_[name] = {tensor.dims(), DownloadFloats(stream, tensor, Crossing::kTrace)};
}

void Recording::AddTransposed(Stream& stream, const std::string& name, const Tensor& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.dims()[0]);
  const auto columns = static_cast<std::size_t>(matrix.dims()[1]);
  const std::vector<float> values = DownloadFloats(stream, matrix, Crossing::kTrace);
  Entry entry{{matrix.dims()[1], matrix.dims()[0]}, std::vector<float>(values.size())};
  for (std::size_t i = 0; i < values.size(); i++) entry.values[i % columns * rows + i / columns] = values[i];
  entries_[name] = std::move(entry);
}

void Recording::AddParts(Stream& stream, const std::string& prefix, const Tensor& motion, bool with_scale) {
  const std::vector<float> values = DownloadFloats(stream, motion, Crossing::kTrace);
  const std::int64_t frames = motion.count() / kMotionSize;
  for (const Part& part : kParts) {
    if (!with_scale && part.first == kernels::kScale) continue;
    Entry entry{{frames, part.size}, {}};
    for (std::int64_t frame = 0; frame < frames; frame++) {
      const auto first = values.begin() + frame * kMotionSize + part.first;
      entry.values.insert(entry.values.end(), first, first + part.size);
    }
    entries_[prefix + part.name] = std::move(entry);
  }
}

void Recording::AddDegrees(Stream& stream, const Tensor& motion) {
  const std::vector<float> values = DownloadFloats(stream, motion, Crossing::kTrace);
  entries_["pitch_deg"] = {{1, 1}, {values[kernels::kPitch]}};
  entries_["yaw_deg"] = {{1, 1}, {values[kernels::kYaw]}};
  entries_["roll_deg"] = {{1, 1}, {values[kernels::kRoll]}};
}

}  // namespace kdtalker
