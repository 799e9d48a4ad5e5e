#include "engine/prepare.h"

#include <vector>

#include "core/stream.h"
#include "core/tensor.h"
#include "engine/program_loader.h"

namespace kdtalker {
namespace {

Tensor Zeros(Stream& stream, const Slot& slot, std::int64_t open) {
  std::vector<std::int64_t> dims = slot.dims;
  for (std::int64_t& dim : dims) dim = dim < 0 ? open : dim;
  Tensor tensor(stream.shared_device(), slot.type, dims);
  const std::vector<std::uint8_t> zeros(tensor.bytes());
  tensor.UploadNow(stream, zeros.data(), Crossing::kPack);
  return tensor;
}

}  // namespace

void Prepare(const std::shared_ptr<Runtime>& runtime, const TalkerOptions& options, const std::string& role,
             std::int64_t open) {
  const auto device = OpenDevice(options.device, options.device_options);
  const auto stream = device->MakeStream();
  const auto program = ProgramLoader(runtime, device, options).Load(options.roles.at(role));
  const auto binding = program->MakeBinding();
  std::vector<Tensor> tensors;
  for (const Slot& slot : program->inputs())
    binding->Input(slot.name, tensors.emplace_back(Zeros(*stream, slot, open)));
  for (const Slot& slot : program->outputs())
    binding->Output(slot.name, tensors.emplace_back(Zeros(*stream, slot, open)));
  const StopToken stop;
  binding->Run(*stream, stop);
  stream->Synchronise();
}

}  // namespace kdtalker
