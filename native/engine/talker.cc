#include "engine/talker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.h"
#include "engine/frame_tickets.h"
#include "engine/renderer_pool.h"
#include "engine/sampler_pool.h"

namespace kdtalker {
namespace {

// One core renders the puppet three to six times faster than real time (25 frames per second), and every
// further core as much again: eight are more than an encoder can use. Other clips use the remaining cores.
constexpr int kMostAtOnce = 8;

// Where the call computes, a lane is a thread that does so, frames and steps alike. A device that goes on
// alone is given as many frames as a renderer can begin, and the steps of a clip beside them.
LaneSchedule::Shape ShapeOf(const Device& device, int lanes, std::size_t batch) {
  const int files = lanes * static_cast<int>(batch) + 1;  // enough to fill all lanes, and one that follows
  if (!device.asynchronous()) return {lanes, 0, files, batch};
  return {static_cast<int>(FrameTickets::kMost) * lanes, 1, files, batch};
}

Lanes::Cost CostOf(const Device& device, int session_threads) {
  const bool alone = !device.asynchronous() && session_threads == 1;
  return alone ? Lanes::Cost::kProcessor : Lanes::Cost::kTime;
}

std::string RolesWithoutPlan(const TalkerOptions& options) {
  std::string roles;
  for (const auto& [role, network] : options.roles) {
    if (network.weights.empty()) roles += (roles.empty() ? "" : ", ") + role;
  }
  return roles;
}

// Throws Error DEVICE_UNAVAILABLE if the networks cannot run on the device.
std::shared_ptr<Device> DeviceFor(const TalkerOptions& options) {
  const bool provided = options.provider.provider != Provider::kNone;
  DeviceOptions device_options = options.device_options;
  if (provided) device_options.graphs = false;  // no capture takes what a provider gives
  auto device = OpenDevice(options.device, device_options);
  const std::string missing = provided || device->runs_sessions() ? "" : RolesWithoutPlan(options);
  if (missing.empty()) return device;
  throw Error("DEVICE_UNAVAILABLE", "Expected a plan for device '" + std::string(device->name()) +
                                        "' of each network but the pack has none of " + missing +
                                        ". Use device 'cpu'");
}

}  // namespace

Talker::Talker(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options)
    : Talker(runtime, options, DeviceFor(options)) {}

Talker::Talker(const std::shared_ptr<Runtime>& runtime, TalkerOptions options, std::shared_ptr<Device> device,
               RendererKind renderers)
    : device_(std::move(device)),
      streams_(device_),
      model_(runtime, device_, std::move(options)),
      lanes_(ShapeOf(*device_, lane_count(), renderers.batch), CostOf(*device_, model_.session_threads())),
      renderers_(std::make_unique<RendererPool>(*this, std::move(renderers),
                                                static_cast<std::size_t>(lane_count()))),
      samplers_(std::make_unique<SamplerPool>(*this, static_cast<std::size_t>(lane_count()))) {
  motion_mean_ = UploadRow(this->options().motion_mean);
  motion_std_ = UploadRow(this->options().motion_std);
  keypoints_mean_ = UploadRow(this->options().keypoints_mean);
  keypoints_std_ = UploadRow(this->options().keypoints_std);
}

Talker::~Talker() = default;

int Talker::frames_at_once() const {
  return std::min(lane_count(), kMostAtOnce);
}

int Talker::lane_count() const {
  if (!device_->runs_sessions()) return 1;  // one frame uses the whole device
  return std::max(options().threads / model_.session_threads(), 1);
}

const stages::Network& Talker::network(const std::string& role) const {
  return stages::RoleOf(networks(), role);
}

Tensor Talker::UploadRow(const std::vector<float>& values) const {
  Tensor row(device_, Type::kFloat32, {static_cast<std::int64_t>(values.size())});
  row.UploadNow(*streams_.Lend(), values.data(), Crossing::kPack);
  return row;
}

}  // namespace kdtalker
