#include "engine/frame_tickets.h"

#include <cstring>

namespace kdtalker {

FrameTickets::FrameTickets(Stream& stream) : stream_(stream), slots_(stream.device().asynchronous() ? 3 : 1) {
  for (Slot& slot : slots_) slot.sent = stream.device().MakeEvent();
}

FrameTickets::Ticket FrameTickets::Begin(const Tensor& picture) {
  const Ticket ticket = begun_++ % slots_.size();
  Slot& slot = slots_[ticket];
  slot.picture = &picture;
  slot.bytes = picture.bytes();
  if (slots_.size() == 1) return ticket;
  if (slot.host.bytes() < slot.bytes) slot.host = stream_.device().MakeHostBuffer(slot.bytes);
  stream_.Download(slot.host, picture.address(), slot.bytes, Crossing::kFrame);
  stream_.Record(*slot.sent);
  return ticket;
}

void FrameTickets::Finish(Ticket ticket, void* out) {
  const Slot& slot = slots_[ticket];
  if (slots_.size() == 1) return slot.picture->DownloadNow(stream_, out, Crossing::kFrame);
  slot.sent->Synchronise();
  std::memcpy(out, slot.host.data(), slot.bytes);
}

}  // namespace kdtalker
