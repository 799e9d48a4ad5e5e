#include "cuda/self_test.h"

#include <cstring>
#include <vector>

#include "core/kernel_list.h"
#include "cuda/functors.h"
#include "cuda/kernels/conv.h"
#include "cuda/kernels/sample_volume.h"
#include "kernels/normal.h"
#include "kernels/plan/block_product.h"

namespace kdtalker::cuda {
namespace {

// The memory and the stream of one test; everything is released when it ends, also if a call fails.
class Bench {
 public:
  explicit Bench(Device& device) : device_(device) {
    error_ = cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, 0);
  }
  ~Bench() {
    if (stream_ != nullptr) {
      cudaStreamSynchronize(stream_);
      cudaStreamDestroy(stream_);
    }
    for (void* each : held_) device_.memory.Release(each);
    for (void* each : pinned_) device_.host.Release(each);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  // A copy of the values on the device; null after an error.
  template <class T>
  T* Send(const std::vector<T>& values) {
    const std::size_t bytes = values.size() * sizeof(T);
    void *pinned = Take(device_.host, pinned_, bytes), *address = Take(device_.memory, held_, bytes);
    if (error_ != cudaSuccess) return nullptr;
    std::memcpy(pinned, values.data(), bytes);
    Keep(cudaMemcpyAsync(address, pinned, bytes, cudaMemcpyHostToDevice, stream_));
    return static_cast<T*>(address);
  }

  template <class T>
  bool Equals(const T* address, const std::vector<T>& expected) {
    const std::size_t bytes = expected.size() * sizeof(T);
    void* pinned = Take(device_.host, pinned_, bytes);
    if (error_ != cudaSuccess) return true;
    Keep(cudaMemcpyAsync(pinned, address, bytes, cudaMemcpyDeviceToHost, stream_));
    Keep(cudaStreamSynchronize(stream_));
    return error_ != cudaSuccess || std::memcmp(pinned, expected.data(), bytes) == 0;
  }

  void Keep(cudaError_t error) {
    if (error_ == cudaSuccess) error_ = error;
  }
  bool failed() const { return error_ != cudaSuccess; }
  cudaError_t error() const { return error_; }
  cudaStream_t stream() const { return stream_; }

 private:
  void* Take(Memory& memory, std::vector<void*>& list, std::size_t bytes) {
    void* address = nullptr;
    if (error_ == cudaSuccess) error_ = memory.Allocate(bytes, &address);
    if (address != nullptr) list.push_back(address);
    return address;
  }

  Device& device_;
  cudaStream_t stream_ = nullptr;
  std::vector<void*> held_, pinned_;
  cudaError_t error_ = cudaSuccess;
};

// Whole numbers of -2..2.
float Small(int i) {
  return static_cast<float>(static_cast<int>(static_cast<unsigned>(i) * 7919U % 5U) - 2);
}

std::vector<__half> SmallHalves(int count) {
  std::vector<__half> values;
  for (int i = 0; i < count; i++) values.push_back(__float2half(Small(i)));
  return values;
}

bool FunctorIsRight(Bench& bench) {
  constexpr std::int64_t kCount = 1000;
  std::vector<float> expected(kCount);
  kernels::FillNormal fill{expected.data(), kCount, 7, 1, 0, kernels::NoisePurpose::kInitial};
  for (std::int64_t i = 0; i < fill.count(); i++) fill(i);
  fill.out = bench.Send(std::vector<float>(kCount));
  if (bench.failed()) return true;
  constexpr auto kNumber = static_cast<int>(kernels::Number::kFillNormal);
  bench.Keep(LaunchNumber(bench.stream(), kNumber, &fill, sizeof(fill)));
  return bench.Equals(fill.out, expected);
}

struct SmallConv {
  static constexpr int kHeight = 9, kWidth = 17, kCells = kHeight * kWidth;
  static float Weight(int output, int input, int tap) {
    return Small(output + 3 * input + 5 * (tap / 3) + 11 * (tap % 3));
  }
  static float At(const std::vector<__half>& x, int channel, int row, int column) {
    if (row < 0 || row >= kHeight || column < 0 || column >= kWidth) return 0.0F;
    return __half2float(x[static_cast<std::size_t>((row * kWidth + column) * 16 + channel)]);
  }
  static float Sum(const std::vector<__half>& x, int output, int row, int column) {
    float sum = 0.0F;
    for (int i = 0; i < 16 * 9; i++) {
      const int input = i / 9, dy = i / 3 % 3, dx = i % 3;
      sum += At(x, input, row + dy - 1, column + dx - 1) * Weight(output, input, i % 9);
    }
    return sum;
  }
};

bool ConvolutionIsRight(Bench& bench) {
  constexpr int kValues = SmallConv::kCells * 16;
  const std::vector<__half> x = SmallHalves(kValues);
  const kernels::plan::PackedWeights packed{1, 1, 3, Conv3x128::kGroups};
  std::vector<__half> weights(static_cast<std::size_t>(packed.Count(1))), expected;
  for (int i = 0; i < 16 * 16 * 9; i++) {
    const int output = i / 144, input = i / 9 % 16, tap = i % 9;
    weights[static_cast<std::size_t>(packed.At(output, input, tap))] =
        __float2half(SmallConv::Weight(output, input, tap));
  }
  for (int i = 0; i < kValues; i++) {
    const int cell = i / 16;
    expected.push_back(
        __float2half(SmallConv::Sum(x, i % 16, cell / SmallConv::kWidth, cell % SmallConv::kWidth)));
  }
  __half* y = bench.Send(std::vector<__half>(kValues));
  Conv3x128 conv{};
  conv.x = bench.Send(x);
  conv.weights = bench.Send(weights);
  conv.bias = bench.Send(std::vector<float>(16));
  conv.y = y;
  conv.in_blocks = conv.out_blocks = conv.slices = conv.depth = 1;
  conv.height = SmallConv::kHeight;
  conv.width = SmallConv::kWidth;
  conv.alpha = conv.after = 1.0F;
  if (bench.failed()) return true;
  bench.Keep(Launch(bench.stream(), conv));
  return bench.Equals(y, expected);
}

// Every cell takes the value of its right neighbour.
bool SamplingIsRight(Bench& bench) {
  constexpr int kSide = 64, kDepth = 16, kCells = kDepth * kSide * kSide;
  const std::vector<__half> volume = SmallHalves(kCells * 32);
  std::vector<__half> expected(volume.size());
  std::vector<float> places;
  for (int i = 0; i < kCells; i++) {
    const int x = i % kSide, y = i / kSide % kSide, z = i / kSide / kSide;
    for (const float place :
         {(2.0F * x + 3.0F) / kSide, (2.0F * y + 1.0F) / kSide, (2.0F * z + 1.0F) / kDepth})
      places.push_back(place - 1.0F);
    for (int f = 0; f < 32 && x + 1 < kSide; f++)
      expected[static_cast<std::size_t>(((f * kSide + y) * kSide + x) * kDepth + z)] =
          volume[static_cast<std::size_t>((f / 16 * kCells + i + 1) * 16 + f % 16)];
  }
  __half* out = bench.Send(std::vector<__half>(volume.size()));
  const auto* halves = reinterpret_cast<const kernels::Half*>(bench.Send(volume));
  const SampleVolume sample{
      {halves, kDepth, kSide, kSide}, bench.Send(places), out, 2, 32, kDepth, kSide, kSide};
  if (bench.failed()) return true;
  bench.Keep(Launch(bench.stream(), sample));
  return bench.Equals(out, expected);
}

struct Part {
  const char* name;
  bool (*is_right)(Bench& bench);
};
constexpr Part kParts[] = {
    {"noise", &FunctorIsRight}, {"convolution", &ConvolutionIsRight}, {"sampling", &SamplingIsRight}};

}  // namespace

cudaError_t SelfTest(Device& device, const char** wrong) {
  for (const Part& part : kParts) {
    Bench bench(device);
    if (!bench.failed() && !part.is_right(bench)) *wrong = part.name;
    if (bench.failed() || *wrong != nullptr) return bench.error();
  }
  return cudaSuccess;
}

}  // namespace kdtalker::cuda
