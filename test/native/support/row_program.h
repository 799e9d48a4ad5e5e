// A network of a test that makes each row by itself, on the host in the order of the stream. Counts rows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/program.h"

class RowProgram final : public kdtalker::Program {
 public:
  using Make = void (*)(const void* in, float* out);
  RowProgram(const char* name, kdtalker::Slot in, kdtalker::Slot out, Make make)
      : Program(name), make_(make), in_(RowOf(in)), out_(RowOf(out)) {
    inputs_.push_back(std::move(in));
    outputs_.push_back(std::move(out));
  }
  std::unique_ptr<kdtalker::Binding> MakeBinding() override;

  // Given to streams.
  std::int64_t made() const { return made_; }

 private:
  class Bound;
  static std::int64_t RowOf(const kdtalker::Slot& slot) {
    std::int64_t row = 1;
    for (const std::int64_t length : slot.dims) row *= length < 0 ? 1 : length;
    return row;
  }
  Make make_;
  std::int64_t in_, out_;  // elements of a row
  std::atomic<std::int64_t> made_{0};
};

class RowProgram::Bound final : public kdtalker::Binding {
 public:
  explicit Bound(const std::shared_ptr<RowProgram>& rows) : Binding(rows), rows_(*rows) {}
  // What the stream does later reads nothing of this, which may be gone by then.
  void Run(kdtalker::Stream& stream, const kdtalker::StopToken& /*stop*/) override {
    const std::int64_t count = read_->count() / rows_.in_;
    const auto row = static_cast<std::int64_t>(read_->bytes()) / count;
    const kdtalker::Device& device = stream.device();
    const auto* in = static_cast<const std::byte*>(device.Resolve(read_->address()));
    auto* out = static_cast<float*>(device.Resolve(made_->address()));
    stream.OnHost([make = rows_.make_, width = rows_.out_, in, out, count, row] {
      for (std::int64_t i = 0; i < count; i++) make(in + i * row, out + i * width);
    });
    rows_.made_ += count;
  }

 private:
  void BindInput(const std::string& /*name*/, const kdtalker::Tensor& tensor) override { read_ = &tensor; }
  void BindOutput(const std::string& /*name*/, const kdtalker::Tensor& tensor) override { made_ = &tensor; }
  RowProgram& rows_;
  const kdtalker::Tensor *read_ = nullptr, *made_ = nullptr;
};

inline std::unique_ptr<kdtalker::Binding> RowProgram::MakeBinding() {
  return std::make_unique<Bound>(std::static_pointer_cast<RowProgram>(shared_from_this()));
}
