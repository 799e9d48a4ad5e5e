#include "stages/stream_mel.h"

#include "core/stream.h"
#include "kernels/ring.h"
#include "kernels/windows.h"

namespace kdtalker::stages {

StreamMel::StreamMel(const std::shared_ptr<Device>& device, std::int64_t rows, std::int64_t most)
    : given_(device, Type::kFloat32, {most, kernels::kMelBands}),
      ring_(device, Type::kFloat32, {rows, kernels::kMelBands}) {
  host_ = device->MakeHostBuffer(given_.bytes());
}

void StreamMel::Append(Stream& stream, std::int64_t count) {
  const std::size_t bytes = static_cast<std::size_t>(count * kernels::kMelBands) * sizeof(float);
  stream.Upload(given_.address(), host_, bytes, Crossing::kSpectrogram);
  stream.Launch(kernels::ScatterRows{given_.f32(), ring_.f32(), count_, count, count, ring_.dims()[0],
                                     kernels::kMelBands});
  count_ += count;
}

}  // namespace kdtalker::stages
