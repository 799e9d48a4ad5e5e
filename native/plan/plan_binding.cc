#include "plan/plan_binding.h"

#include <algorithm>
#include <cstddef>
#include <variant>

#include "core/error.h"
#include "core/stop_watch.h"
#include "core/stream.h"

namespace kdtalker::plan {
namespace {

void Launch(Stream& stream, const Kernel& kernel) {
  std::visit([&stream](const auto& each) { stream.Launch(each); }, kernel);
}

}  // namespace

PlanBinding::PlanBinding(const std::shared_ptr<PlanProgram>& program)
    : Binding(program),
      plan_(*program),
      arena_(plan_.device()->Allocate(static_cast<std::size_t>(plan_.tables().arena_bytes))),
      slots_(plan_.tables().slots.size(), nullptr) {
  kernels_.reserve(plan_.tables().operations.size());
}

void PlanBinding::Bind(const std::string& name, bool output, const Tensor& tensor) {
  if (&tensor.device() != plan_.device().get())
    throw Error("PACK_INVALID", "Expected a tensor of the plan's device for '" + name + "' of '" +
                                    plan_.file() + "' but received one of another device");
  const std::vector<PlanSlot>& slots = plan_.tables().slots;
  const auto slot = std::find_if(slots.begin(), slots.end(), [&](const PlanSlot& each) {
    return each.name == name && each.output == output;
  });
  slots_[static_cast<std::size_t>(slot - slots.begin())] = tensor.address();
  ready_ = false;
}

void* PlanBinding::AddressOf(const Buffer& buffer) const {
  const auto in = [&buffer](const Memory& memory) -> void* {
    return static_cast<std::byte*>(memory.address()) + buffer.position;
  };
  switch (buffer.where) {
    case Where::kArena:
      return in(arena_);
    case Where::kWeights:
      return in(plan_.weights());
    case Where::kConstants:
      return in(plan_.constants());
    default:
      return slots_[static_cast<std::size_t>(buffer.position)];
  }
}

void PlanBinding::MakeReady() {
  for (std::size_t i = 0; i < slots_.size(); i++) {
    if (slots_[i] != nullptr) continue;
    const PlanSlot& slot = plan_.tables().slots[i];
    if (!slot.output) {
      throw Error("PACK_INVALID", "Expected a tensor for input '" + slot.name + "' of '" + plan_.file() +
                                      "' but received none");
    }
    const auto bytes = static_cast<std::size_t>(ElementCount(slot.dims)) * SizeOf(slot.type);
    slots_[i] = spares_.emplace_back(plan_.device()->Allocate(bytes)).address();
  }
  MakeKernels();
  ready_ = true;
}

void PlanBinding::MakeKernels() {
  repeat_.Reset();
  kernels_.clear();
  const Tables& tables = plan_.tables();
  std::vector<void*> addresses;
  for (const Buffer& buffer : tables.buffers) addresses.push_back(AddressOf(buffer));
  for (const Operation& operation : tables.operations)
    kernels_.push_back(KernelOf(tables, operation, addresses));
}

void PlanBinding::Prepare(const Stream& stream) {
  if (&stream.device() != plan_.device().get())
    throw Error("PACK_INVALID",
                "Expected a stream of the device of '" + plan_.file() + "' but received another's");
  if (!ready_) MakeReady();
}

void PlanBinding::Run(Stream& stream, const StopToken& stop) {
  Prepare(stream);
  stop.ThrowIfStopped();
  repeat_.Run(stream, [&] {
    for (const Kernel& kernel : kernels_) {
      stop.ThrowIfStopped();
      Launch(stream, kernel);
    }
  });
}

std::vector<double> PlanBinding::TimeKernels(Stream& stream, int rounds) {
  Prepare(stream);
  StopWatch watch(stream);
  std::vector<double> milliseconds;
  for (const Kernel& kernel : kernels_) {
    Repeat repeat;
    const auto all = [&] {
      for (int i = 0; i < rounds; i++) Launch(stream, kernel);
    };
    Launch(stream, kernel);  // a capture may not load it
    repeat.Run(stream, all);
    repeat.Run(stream, all);  // where there are graphs this and the next are one call
    milliseconds.push_back(watch.Milliseconds([&] { repeat.Run(stream, all); }) / rounds);
  }
  return milliseconds;
}

}  // namespace kdtalker::plan
