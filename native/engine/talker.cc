#include "engine/talker.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "kernels/motion.h"

namespace kdtalker {

Talker::Talker(const std::shared_ptr<Runtime>& runtime, TalkerOptions options)
    : options_(std::move(options)), device_(OpenDevice(options_.device)) {
  for (const auto& [name, role] : options_.roles) {
    networks_.emplace(name, stages::Network(runtime, role, session_threads()));
  }
  motion_mean_ = UploadRow(options_.motion_mean, kernels::kMotionSize);
  motion_std_ = UploadRow(options_.motion_std, kernels::kMotionSize);
  keypoints_mean_ = UploadRow(options_.keypoints_mean, 3 * kernels::kKeypoints);
  keypoints_std_ = UploadRow(options_.keypoints_std, 3 * kernels::kKeypoints);
}

int Talker::session_threads() const {
  return std::clamp(options_.session_threads, 1, options_.threads);
}

int Talker::frames_at_once() const {
  return std::max(1, options_.threads / session_threads());
}

const stages::Network& Talker::network(const std::string& role) const {
  return stages::RoleOf(networks_, role);
}

Tensor Talker::UploadRow(const std::vector<float>& values, std::size_t length) const {
  if (values.size() != length) {
    throw Error("PACK_INVALID", "Expected " + std::to_string(length) + " statistics but received " +
                                    std::to_string(values.size()));
  }
  Tensor row(device_, Type::kFloat32, {static_cast<std::int64_t>(length)});
  row.Upload(values.data(), Crossing::kPack);
  return row;
}

}  // namespace kdtalker
