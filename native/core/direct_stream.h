#pragma once

#include <cstring>
#include <memory>
#include <utility>

#include "core/stream.h"

namespace kdtalker {

// The stream of a device whose memory and arithmetic are the host's: every operation is done within the call.
class DirectStream : public Stream {
 public:
  explicit DirectStream(std::shared_ptr<Device> device) : Stream(std::move(device), true) {}

  void Copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void Record(Event&) override {}
  void Wait(const Event&) override {}
  void Synchronise() override {}

 protected:
  void LaunchFunctor(const Functor& functor, void* kernel, std::size_t) override { functor.run(kernel); }
  void RunOnHost(void (*run)(const void*), const void* work, std::size_t) override { run(work); }
  void CopyIn(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void CopyOut(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void CopyInNow(void* to, const void* from, std::size_t bytes) override { CopyIn(to, from, bytes); }
  void CopyOutNow(void* to, const void* from, std::size_t bytes) override { CopyOut(to, from, bytes); }
};

// Of such a stream: everything recorded is done.
class DirectEvent final : public Event {
 public:
  void Synchronise() override {}
};

}  // namespace kdtalker
