// A GPU, over the C interface of libkdtalker_cuda.so. Its memory is no memory of the host; what it is given
// is not done when a call returns. Each talker has a CudaDevice of its own, with counters of its own.
#include "core/cuda_device.h"

#include <charconv>
#include <optional>
#include <utility>

#include "core/cuda_library.h"
#include "core/cuda_stream.h"
#include "core/error.h"

namespace kdtalker {
namespace {

constexpr int kOldestCapability = 80;

// What stands before the number; empty if it is no name of a GPU.
std::string_view WordOf(std::string_view name) {
  for (const std::string_view word : {"cuda", "tensorrt"}) {
    if (name.substr(0, word.size()) == word) return word;
  }
  return "";
}

// "cuda" is GPU 0, "cuda:3" GPU 3.
std::optional<int> IndexOf(std::string_view name) {
  const std::size_t word = WordOf(name).size();
  if (word == 0) return std::nullopt;
  if (name.size() == word) return 0;
  if (name[word] != ':') return std::nullopt;
  int index = -1;
  const char* end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data() + word + 1, end, index);
  if (error != std::errc() || at != end || index < 0) return std::nullopt;
  return index;
}

class CudaDevice final : public Device {
 public:
  CudaDevice(const CudaLibrary& library, const std::string& name, const DeviceOptions& options)
      : library_(library), api_(library.api()), name_(name), graphs_(options.graphs) {
    const int index = GpuNumberOf(name);
    CheckCapability(index);
    Check(api_.open(index, options.most_bytes, &handle_), "a context");
  }
  ~CudaDevice() override { api_.close(handle_); }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;

  std::string_view name() const override { return name_; }
  bool asynchronous() const override { return true; }
  bool runs_sessions() const override { return false; }
  DeviceWork work() const override {
    cuda::Counters counters{};
    api_.counters(handle_, &counters);
    return {counters.allocations, counters.launches, counters.graph_launches, counters.synchronisations};
  }

  std::unique_ptr<Stream> MakeStream(Priority priority) override { return NewStream(priority); }
  std::unique_ptr<Event> MakeEvent() override { return NewEvent(false); }
  std::unique_ptr<TimedEvent> MakeTimedEvent() override { return NewEvent(true); }

  // Arithmetic happens on the device, by its own addresses.
  void* Resolve(void*) const override { throw NotHere(); }
  void ResolveArguments(void*, std::size_t) const override { throw NotHere(); }

 protected:
  void* AllocateBytes(std::size_t bytes) override {
    void* address = nullptr;
    Check(api_.allocate(handle_, bytes, &address), std::to_string(bytes) + " bytes");
    return address;
  }
  void* AllocateHost(std::size_t bytes) override {
    void* address = nullptr;
    Check(api_.allocate_host(handle_, bytes, &address), std::to_string(bytes) + " bytes of pinned memory");
    return address;
  }
  // The library keeps memory until the streams are past what they were given, so that nothing waits here.
  void Free(void* address, std::size_t) noexcept override { api_.release(handle_, address); }
  void FreeHost(void* address, std::size_t) noexcept override { api_.release_host(handle_, address); }

  void CopyIn(void* to, const void* from, std::size_t bytes) override {
    NewStream(Priority::kNormal)->CopyInNow(to, from, bytes);
  }

 private:
  void Check(cuda::Status status, const std::string& what) const { library_.Check(status, name_, what); }

  void CheckCapability(int index) const {
    cuda::Properties properties{};
    int count = 0;
    Check(api_.count(&count), "a GPU");
    Check(api_.properties(index, &properties), "its properties");
    if (properties.capability >= kOldestCapability) return;
    throw Error("DEVICE_UNAVAILABLE", "Expected a GPU of compute capability 8.0 or newer for device '" +
                                          name_ + "' but " + properties.name + " has " +
                                          std::to_string(properties.capability / 10) + "." +
                                          std::to_string(properties.capability % 10) + ". Use device 'cpu'");
  }

  std::unique_ptr<CudaStream> NewStream(Priority priority) {
    cuda::Stream* stream = nullptr;
    Check(api_.make_stream(handle_, priority == Priority::kHigh, &stream), "a stream");
    return std::make_unique<CudaStream>(shared_from_this(), library_, handle_, stream, graphs_);
  }

  std::unique_ptr<CudaEvent> NewEvent(bool timed) {
    cuda::Event* event = nullptr;
    Check(api_.make_event(handle_, timed, &event), "an event");
    return std::make_unique<CudaEvent>(shared_from_this(), library_, event);
  }

  Error NotHere() const {
    return Error("DEVICE_UNAVAILABLE", "Expected a plan of the networks for device '" + name_ +
                                           "' but this pack has none: its networks run on 'cpu'");
  }

  const CudaLibrary& library_;
  const cuda::Api& api_;
  const std::string name_;
  const bool graphs_;
  cuda::Device* handle_ = nullptr;
};

}  // namespace

bool IsGpuName(const std::string& name) {
  return IndexOf(name).has_value();
}

int GpuNumberOf(std::string_view name) {
  return IndexOf(name).value_or(0);
}

std::shared_ptr<Device> MakeCudaDevice(const std::string& name, const DeviceOptions& options) {
  const std::string whole = std::string(WordOf(name)) + ":" + std::to_string(GpuNumberOf(name));
  return std::make_shared<CudaDevice>(CudaLibrary::Open(), whole, options);
}

}  // namespace kdtalker
