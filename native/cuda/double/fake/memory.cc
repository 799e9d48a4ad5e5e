// Device memory and pinned memory. A freed address is never used again, so that what still uses it faults.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cuda/double/fake/stream.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace fake {
namespace {

constexpr std::size_t kPage = 4096, kRange = std::size_t{64} << 30;

char* Reserve() {
  void* base = ::mmap(nullptr, kRange, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) simt::Fail("no address space for the device");
  return static_cast<char*>(base);
}

struct Device {
  char* const guard = Reserve();
  char* const view = Reserve();
  std::size_t end = 0;  // guarded by State::mutex
};
Device& OnlyDevice() {
  static Device& device = *new Device;
  return device;
}

std::size_t OffsetOf(const void* address) {
  return reinterpret_cast<std::size_t>(address) - reinterpret_cast<std::size_t>(OnlyDevice().guard);
}

bool Within(const Ranges& ranges, std::size_t at, std::size_t bytes) {
  Hidden hidden(Get().mutex);
  auto range = ranges.upper_bound(at);
  return range != ranges.begin() && (--range, at + bytes <= range->first + range->second);
}

std::size_t Pages(std::size_t bytes) {
  return (std::max<std::size_t>(bytes, 1) + kPage - 1) / kPage * kPage;
}

// Its bytes are NaN in every type.
cudaError_t Allocate(void** address, std::size_t bytes) {
  State& state = Get();
  Device& device = OnlyDevice();
  Hidden hidden(state.mutex);
  const std::size_t size = Pages(bytes);
  if (state.counters.used + size > state.settings.memory || device.end + size + kPage > kRange)
    return cudaErrorMemoryAllocation;
  char* view = device.view + device.end;
  if (::mprotect(view, size, PROT_READ | PROT_WRITE) != 0) return cudaErrorMemoryAllocation;
  ASAN_POISON_MEMORY_REGION(view, size);
  ASAN_UNPOISON_MEMORY_REGION(view, bytes);
  std::memset(view, 0xFF, bytes);
  *address = device.guard + device.end;
  state.blocks.emplace(device.end, bytes);
  device.end += size + kPage;
  state.counters.used += size;
  return cudaSuccess;
}

// The block may not be touched any more; the device has as many bytes more.
std::size_t Close(const Ranges::value_type& block) {
  const std::size_t size = Pages(block.second);
  char* view = OnlyDevice().view + block.first;
  ::madvise(view, size, MADV_DONTNEED);
  ::mprotect(view, size, PROT_NONE);
  return size;
}

void Free(void* address) {
  State& state = Get();
  Hidden hidden(state.mutex);
  const auto block = state.blocks.find(OffsetOf(address));
  if (block == state.blocks.end()) simt::Fail("freeing %p, which is no memory of the device", address);
  state.counters.used -= Close(*block);
  state.blocks.erase(block);
}

}  // namespace

void ForgetMemory() {
  State& state = Get();
  Hidden hidden(state.mutex);
  for (const auto& block : state.blocks) Close(block);
  for (const auto& [address, bytes] : state.pinned) std::free(reinterpret_cast<void*>(address));
  state.blocks.clear();
  state.pinned.clear();
  state.counters.used = 0;
  OnlyDevice().end = 0;
}

bool IsDevice(const void* address) {
  return OffsetOf(address) < kRange;
}
char* View(const void* address) {
  return OnlyDevice().view + OffsetOf(address);
}
bool Inside(const void* address, std::size_t bytes) {
  return Within(Get().blocks, OffsetOf(address), bytes);
}
bool Pinned(const void* address, std::size_t bytes) {
  return Within(Get().pinned, reinterpret_cast<std::size_t>(address), bytes);
}

}  // namespace fake

using namespace fake;

extern "C" {

cudaError_t cudaMalloc(void** address, std::size_t bytes) {
  FAKE_WAITS;
  return Give(Allocate(address, bytes));
}
cudaError_t cudaFree(void* address) {
  FAKE_WAITS;
  AwaitAllStreams();
  if (address != nullptr) Free(address);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** address, std::size_t bytes) {
  FAKE_WAITS;
  if (::posix_memalign(address, 256, std::max<std::size_t>(bytes, 1)) != 0)
    return Give(cudaErrorMemoryAllocation);
  Hidden hidden(Get().mutex);
  Get().pinned.emplace(reinterpret_cast<std::size_t>(*address), bytes);
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* address) {
  FAKE_WAITS;
  AwaitAllStreams();
  Hidden(Get().mutex), Get().pinned.erase(reinterpret_cast<std::size_t>(address));
  std::free(address);
  return cudaSuccess;
}

}  // extern "C"
