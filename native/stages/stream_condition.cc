#include "stages/stream_condition.h"

#include <algorithm>

#include "core/stop_token.h"
#include "kernels/ring.h"

namespace kdtalker::stages {

ConditionRows::ConditionRows(const Network& condition, const std::shared_ptr<Device>& device,
                             std::int64_t rows, std::int64_t features)
    : in_(device, Type::kFloat32, {1, rows, features}),
      out_(device, Type::kFloat32, {1, rows, condition.output("condition").dims.back()}),
      network_(condition) {
  network_.Input("audio", in_).Output("condition", out_);
}

// Features behind the last known ones are those of silence.
StreamCondition::StreamCondition(Stream& stream, ConditionRows& network, const StreamFeatures& features,
                                 std::int64_t rows)
    : silence_(stream.shared_device(), Type::kFloat32, {1, network.out().dims().back()}),
      ring_(stream.shared_device(), Type::kFloat32, {rows, silence_.dims()[1]}),
      from_(-rows) {
  const StopToken never;
  features.Gather(stream, features.known(), 0, network.in());
  network.Run(stream, never);
  stream.Copy(silence_.address(), network.out().address(), silence_.bytes());
  stream.Launch(kernels::ScatterRows{silence_.f32(), ring_.f32(), 0, rows, 1, rows, width()});
  stream.Synchronise();  // the network is lent to other streams
}

void StreamCondition::Cut(std::int64_t frame) {
  known_ = std::min(known_, frame);
  from_ = std::min(from_, known_);
}

void StreamCondition::Silence(Stream& stream, std::int64_t first, std::int64_t last) {
  const std::int64_t from = std::max(first, last - rows());
  stream.Launch(kernels::ScatterRows{silence_.f32(), ring_.f32(), from, last - from, 1, rows(), width()});
  from_ = known_ < from ? from : std::min(from_, from);
  known_ = last;
}

// What an interruption goes back to may be older than the rows that are kept.
void StreamCondition::Advance(Stream& stream, ConditionRows& network, const StreamFeatures& features,
                              std::int64_t first, const StopToken& stop) {
  if (first < from_) {
    Make(stream, network, features, first, std::min(from_, features.known()), stop);
    from_ = first;
  }
  Make(stream, network, features, known_, features.known(), stop);
  known_ = std::max(known_, features.known());
  from_ = std::max(from_, known_ - rows());
}

void StreamCondition::Make(Stream& stream, ConditionRows& network, const StreamFeatures& features,
                           std::int64_t first, std::int64_t last, const StopToken& stop) {
  for (std::int64_t frame = first; frame < last; frame += network.rows()) {
    const std::int64_t count = std::min(network.rows(), last - frame);
    features.Gather(stream, frame, 0, network.in());
    network.Run(stream, stop);
    stream.Launch(
        kernels::ScatterRows{network.out().f32(), ring_.f32(), frame, count, count, rows(), width()});
  }
}

void StreamCondition::Gather(Stream& stream, std::int64_t first, std::int64_t span, const Tensor& out) const {
  stream.Launch(kernels::GatherRows{ring_.f32(), silence_.f32(), out.f32(), first, out.dims()[1], known_,
                                    rows(), width(), span});
}

}  // namespace kdtalker::stages
