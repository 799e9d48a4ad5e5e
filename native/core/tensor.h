#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/device.h"

namespace kdtalker {

class Stream;

enum class Type { kFloat32, kInt64, kInt32, kUint8, kFloat16 };

std::size_t SizeOf(Type type);
const char* TypeName(Type type);  // "float32"
std::int64_t ElementCount(const std::vector<std::int64_t>& dims);
std::string DimsToText(const std::vector<std::int64_t>& dims);  // "[1, 64, 70]"

// A dense row-major array on a device.
class Tensor {
 public:
  Tensor() = default;
  Tensor(const std::shared_ptr<Device>& device, Type type, std::vector<std::int64_t> dims);
  Tensor(Memory memory, Type type, std::vector<std::int64_t> dims);

  Type type() const { return type_; }
  const std::vector<std::int64_t>& dims() const { return dims_; }
  std::int64_t count() const { return ElementCount(dims_); }
  std::size_t bytes() const { return static_cast<std::size_t>(count()) * SizeOf(type_); }
  explicit operator bool() const { return memory_.address() != nullptr; }

  // Device addresses, for kernels.
  float* f32() const { return static_cast<float*>(memory_.address()); }
  std::int64_t* i64() const { return static_cast<std::int64_t*>(memory_.address()); }
  std::uint8_t* u8() const { return static_cast<std::uint8_t*>(memory_.address()); }
  void* address() const { return memory_.address(); }
  Device& device() const { return *memory_.device(); }
  const std::shared_ptr<Device>& shared_device() const { return memory_.device(); }

  // Both are done when the call returns.
  void UploadNow(Stream& stream, const void* from, Crossing why) const;
  void DownloadNow(Stream& stream, void* to, Crossing why) const;

 private:
  Memory memory_;
  Type type_ = Type::kFloat32;
  std::vector<std::int64_t> dims_;
};

// As many bytes as `to` has.
void CopyTensor(Stream& stream, const Tensor& to, const Tensor& from);

// The values of a float32 tensor, row-major, on the host.
std::vector<float> DownloadFloats(Stream& stream, const Tensor& tensor, Crossing why);

}  // namespace kdtalker
