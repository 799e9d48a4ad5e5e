#include "core/host_tensor.h"

#include "core/error.h"

namespace kdtalker {

const HostTensor& FeedOf(const Slot& slot, const HostTensors& feeds) {
  const auto found = feeds.find(slot.name);
  if (found == feeds.end())
    throw Error("INVALID_ARGUMENT", "Expected a tensor for input '" + slot.name + "' but received none");
  const HostTensor& feed = found->second;
  if (!slot.Takes(feed.type, feed.dims))
    throw Error("INVALID_ARGUMENT", "Expected " + slot.text() + " for input '" + slot.name +
                                        "' but received " + TypeName(feed.type) + " " +
                                        DimsToText(feed.dims));
  return feed;
}

}  // namespace kdtalker
