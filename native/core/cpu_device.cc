#include <cstdlib>
#include <cstring>

#include "core/device.h"
#include "core/direct_stream.h"

namespace kdtalker {
namespace {

// The host's own memory and arithmetic.
class CpuDevice final : public Device {
 public:
  std::string_view name() const override { return "cpu"; }

  std::unique_ptr<Stream> MakeStream(Priority) override {
    return std::make_unique<DirectStream>(shared_from_this());
  }
  std::unique_ptr<Event> MakeEvent() override { return std::make_unique<DirectEvent>(); }
  void* Resolve(void* address) const override { return address; }
  void ResolveArguments(void*, std::size_t) const override {}

 protected:
  void* AllocateBytes(std::size_t bytes) override { return AllocateHost(bytes); }
  void Free(void* address, std::size_t) noexcept override { std::free(address); }
  void CopyIn(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void* AdoptBytes(std::unique_ptr<void, void (*)(void*)> buffer, std::size_t) override {
    return buffer.release();
  }
};

}  // namespace

std::shared_ptr<Device> MakeCpuDevice() {
  return std::make_shared<CpuDevice>();
}

}  // namespace kdtalker
