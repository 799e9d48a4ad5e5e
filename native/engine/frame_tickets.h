#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// Finished pictures on their way from the device to the reader. A ticket stands for one; each has a buffer of
// the host and an event, so that the device renders the next frame while the reader's is copied. A device
// that is not asynchronous has one ticket and no buffer: the picture goes straight to the reader.
class FrameTickets {
 public:
  using Ticket = std::size_t;

  explicit FrameTickets(Stream& stream);

  std::size_t most() const { return slots_.size(); }  // that may be open

  // Sends the picture. It must stay as it is until Finish() if there is one ticket; otherwise what comes
  // after in the stream may change it. Allocates only if the picture is larger than those before.
  Ticket Begin(const Tensor& picture);

  // Waits for the picture and writes it to `out`. Tickets finish in the order in which they began. Throws the
  // stream's error.
  void Finish(Ticket ticket, void* out);

 private:
  struct Slot {
    const Tensor* picture = nullptr;
    std::size_t bytes = 0;
    HostBuffer host;
    std::unique_ptr<Event> sent;
  };

  Stream& stream_;
  std::vector<Slot> slots_;
  std::size_t begun_ = 0;
};

}  // namespace kdtalker
