#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "stages/network.h"

namespace kdtalker {

using Networks = std::map<std::string, stages::Network>;

// What a clip chooses: the frames of a window, and the sampler's steps.
struct Lengths {
  std::int64_t window, steps;
};

// Networks that differ from a pack's own only in the lengths that clips choose: a plan has one length, so
// another one is another plan. Thread-safe.
class OpenLengths {
 public:
  void Add(const std::string& role, const stages::Network& network);

  // `own`, with those networks replaced whose lengths are others. Throws Error INVALID_ARGUMENT if a plan of
  // these lengths was not added.
  Networks For(const Networks& own, const Lengths& lengths) const;

  // The network of a role of `own`, or one that was added in its place, that takes so many frames. Null if
  // there is none. Neither goes before this and `own` do.
  const stages::Network* Taking(const Networks& own, const std::string& role, std::int64_t frames) const;

 private:
  mutable std::mutex mutex_;
  std::multimap<std::string, stages::Network> added_;
};

}  // namespace kdtalker
