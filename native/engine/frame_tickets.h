#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Finished pictures on their way from the device to the reader. A ticket, a number below count(), stands for
// one; each has a buffer of the host and an event, so that the device renders the next frame while the
// reader's is copied. A device that is not asynchronous has one ticket and no buffer: the picture goes
// straight to the reader.
class FrameTickets {
 public:
  using Ticket = std::size_t;

  static constexpr std::size_t kMost = 3;  // of an asynchronous device

  explicit FrameTickets(Stream& stream);

  std::size_t count() const { return slots_.size(); }

  // Sends a picture, the tensor's first `shown` bytes, and in the same copy what follows it there. It must
  // stay as it is until Finish() if there is one ticket; otherwise what comes after in the stream may change
  // it. Allocates only if there are more bytes than before.
  void Send(Ticket ticket, const Tensor& picture, std::size_t shown);

  // Waits for the picture and writes it to `out`. Returns the bytes that were sent, valid until the ticket
  // sends again; null if nothing followed the picture. Throws the stream's error. One thread for each ticket.
  const std::byte* Finish(Ticket ticket, void* out);

  // Waits for what was sent. Throws the stream's error.
  void Wait(Ticket ticket);

 private:
  struct Slot {
    const Tensor* picture = nullptr;
    std::size_t shown = 0;
    bool direct = false;  // nothing was sent: the picture goes to the reader from the device
    HostBuffer host;
    std::unique_ptr<Event> sent;
  };

  Stream& stream_;
  std::vector<Slot> slots_;
};

}  // namespace kdtalker
