#include "engine/frame_tickets.h"

#include <cstring>

namespace kdtalker {

FrameTickets::FrameTickets(Stream& stream)
    : stream_(stream), slots_(stream.device().asynchronous() ? kMost : 1) {
  for (Slot& slot : slots_) slot.sent = stream.device().MakeEvent();
}

void FrameTickets::Send(Ticket ticket, const Tensor& picture, std::size_t shown) {
  Slot& slot = slots_[ticket];
  slot.picture = &picture;
  slot.shown = shown;
  slot.direct = slots_.size() == 1 && shown == picture.bytes();
  if (slot.direct) return;
  if (slot.host.bytes() < picture.bytes()) slot.host = stream_.device().MakeHostBuffer(picture.bytes());
  stream_.Download(slot.host, picture.address(), picture.bytes(), Crossing::kFrame);
  stream_.Record(*slot.sent);
}

const std::byte* FrameTickets::Finish(Ticket ticket, void* out) {
  const Slot& slot = slots_[ticket];
  if (slot.direct) {
    slot.picture->DownloadNow(stream_, out, Crossing::kFrame);
    return nullptr;
  }
  Wait(ticket);
  std::memcpy(out, slot.host.data(), slot.shown);
  return static_cast<const std::byte*>(slot.host.data());
}

void FrameTickets::Wait(Ticket ticket) {
  slots_[ticket].sent->Synchronise();
}

}  // namespace kdtalker
