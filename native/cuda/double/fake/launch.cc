// Launches and copies.
#include <sys/mman.h>

#include <cstring>

#include "cuda/double/fake/stream.h"
#include "cuda/double/simt/simt.h"

namespace fake {
namespace {

constexpr std::uintptr_t kPage = 4096;

// Heaps, stacks and mappings of the host lie high up; what lies lower are two small numbers side by side.
bool IsMapped(std::uintptr_t address) {
  unsigned char resident;
  return address >= 0x500000000000 && address < 0x800000000000 &&
         ::mincore(reinterpret_cast<void*>(address / kPage * kPage), 1, &resident) == 0;
}

// Puts the views of device addresses into a kernel's plain data. Kernels do not get memory of the host.
std::vector<std::uint64_t> Translated(const Kernel& kernel) {
  std::vector<std::uint64_t> words((kernel.bytes + 7) / 8);
  std::memcpy(words.data(), kernel.data, kernel.bytes);
  for (std::uint64_t& word : words) {
    auto* address = reinterpret_cast<void*>(word);
    if (IsDevice(address)) {
      word = reinterpret_cast<std::uint64_t>(View(address));
    } else if (IsMapped(word) && !Pinned(address, 1)) {
      simt::Fail("a kernel is given %p, which is memory of the host", address);
    }
  }
  return words;
}

}  // namespace

cudaError_t LaunchKernel(cudaStream_t stream, const Kernel& kernel) {
  if (const cudaError_t error = Begin("cudaLaunchKernel"); error != cudaSuccess) return error;
  const dim3& grid = kernel.grid;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535 ||
      kernel.shared_bytes > (std::size_t{99} << 10) || kernel.bytes > 4096)
    return Give(cudaErrorInvalidConfiguration);
  Count(&Counters::launches);
  return Submit(
      stream, [grid, threads = kernel.threads, shared_bytes = kernel.shared_bytes, call = kernel.call,
               alone = kernel.alone, seed = Set().seed, words = Translated(kernel)] {
        simt::Launch launch{grid, threads, shared_bytes, seed, {}, {}};
        launch.body = [&](void* shared) { call(words.data(), shared); };
        if (alone != nullptr)
          launch.alone = [&](const uint3& block, bool backwards) { alone(words.data(), block, backwards); };
        simt::Run(launch);
      });
}

}  // namespace fake

using namespace fake;

extern "C" {

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  FAKE_CALL;
  const bool in = kind == cudaMemcpyHostToDevice, out = kind == cudaMemcpyDeviceToHost;
  if (!in && !out && kind != cudaMemcpyDeviceToDevice) return Give(cudaErrorInvalidValue);
  if ((!out && !Inside(to, bytes)) || (!in && !Inside(from, bytes))) return Give(cudaErrorInvalidValue);
  if ((in && !Pinned(from, bytes)) || (out && !Pinned(to, bytes)))
    simt::Fail("an asynchronous copy of memory that is not pinned, which would make the host wait");
  void* target = out ? to : View(to);
  const void* source = in ? from : View(from);
  return Submit(stream, [=] { std::memmove(target, source, bytes); });
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  FAKE_CALL;
  if (!Inside(to, bytes)) return Give(cudaErrorInvalidValue);
  return Submit(stream, [to = View(to), value, bytes] { std::memset(to, value, bytes); });
}

}  // extern "C"
