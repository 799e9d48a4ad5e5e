#include "engine/open_lengths.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "core/error.h"

namespace kdtalker {
namespace {

// Where a role's input has a length that the clip chooses.
struct OpenAxis {
  const char* role;
  const char* word;
  std::size_t axis;
  std::int64_t Lengths::* length;
};

constexpr OpenAxis kOpenAxes[] = {{"audio", "mel", 0, &Lengths::window},
                                  {"condition", "audio", 1, &Lengths::window},
                                  {"denoiser", "x", 1, &Lengths::window},
                                  {"time", "timestep", 0, &Lengths::steps}};

// ONNX Runtime's networks take what they are given, or refuse it.
bool Serves(const stages::Network& network, const OpenAxis& open, std::int64_t length) {
  return network.role().weights.empty() || network.input(open.word).dims.at(open.axis) == length;
}

std::int64_t LengthOf(const stages::Network& network, const std::string& role) {
  const auto open = std::find_if(std::begin(kOpenAxes), std::end(kOpenAxes),
                                 [&](const OpenAxis& each) { return role == each.role; });
  return network.input(open->word).dims.at(open->axis);
}

}  // namespace

void OpenLengths::Add(const std::string& role, const stages::Network& network) {
  const std::lock_guard lock(mutex_);
  added_.emplace(role, network);
}

Networks OpenLengths::For(const Networks& own, const Lengths& lengths) const {
  Networks chosen = own;
  const std::lock_guard lock(mutex_);
  for (const OpenAxis& open : kOpenAxes) {
    const auto network = chosen.find(open.role);
    const std::int64_t length = lengths.*open.length;
    if (network == chosen.end() || Serves(network->second, open, length)) continue;
    auto [found, end] = added_.equal_range(open.role);
    while (found != end && !Serves(found->second, open, length)) ++found;
    if (found == end) {
      throw Error("INVALID_ARGUMENT", std::string("Expected a plan of role ") + open.role + " for length " +
                                          std::to_string(length) + " but received none");
    }
    network->second = found->second;
  }
  return chosen;
}

const stages::Network* OpenLengths::Taking(const Networks& own, const std::string& role,
                                           std::int64_t frames) const {
  const stages::Network& first = stages::RoleOf(own, role);
  const std::int64_t length = LengthOf(first, role);
  if (length < 0 || length == frames) return &first;
  const std::lock_guard lock(mutex_);
  for (auto [found, end] = added_.equal_range(role); found != end; ++found) {
    if (LengthOf(found->second, role) == frames) return &found->second;
  }
  return nullptr;
}

}  // namespace kdtalker
