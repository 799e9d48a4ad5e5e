#include "core/tensor.h"

#include <utility>

#include "core/stream.h"

namespace kdtalker {

std::size_t SizeOf(Type type) {
  switch (type) {
    case Type::kInt64:
      return 8;
    case Type::kUint8:
      return 1;
    case Type::kFloat16:
      return 2;
    case Type::kFloat32:
    case Type::kInt32:
      return 4;
  }
  return 4;
}

const char* TypeName(Type type) {
  switch (type) {
    case Type::kInt64:
      return "int64";
    case Type::kInt32:
      return "int32";
    case Type::kUint8:
      return "uint8";
    case Type::kFloat16:
      return "float16";
    case Type::kFloat32:
      break;
  }
  return "float32";
}

std::int64_t ElementCount(const std::vector<std::int64_t>& dims) {
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) count *= dim;
  return count;
}

std::string DimsToText(const std::vector<std::int64_t>& dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); i++) text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
  return text + "]";
}

Tensor::Tensor(const std::shared_ptr<Device>& device, Type type, std::vector<std::int64_t> dims)
    : memory_(device->Allocate(static_cast<std::size_t>(ElementCount(dims)) * SizeOf(type))),
      type_(type),
      dims_(std::move(dims)) {}

Tensor::Tensor(Memory memory, Type type, std::vector<std::int64_t> dims)
    : memory_(std::move(memory)), type_(type), dims_(std::move(dims)) {}

void Tensor::UploadNow(Stream& stream, const void* from, Crossing why) const {
  stream.UploadNow(address(), from, bytes(), why);
}

void Tensor::DownloadNow(Stream& stream, void* to, Crossing why) const {
  stream.DownloadNow(to, address(), bytes(), why);
}

void CopyTensor(Stream& stream, const Tensor& to, const Tensor& from) {
  stream.Copy(to.address(), from.address(), to.bytes());
}

std::vector<float> DownloadFloats(Stream& stream, const Tensor& tensor, Crossing why) {
  std::vector<float> values(static_cast<std::size_t>(tensor.count()));
  tensor.DownloadNow(stream, values.data(), why);
  return values;
}

}  // namespace kdtalker
