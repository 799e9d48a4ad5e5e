// A graph of one operator, by default of the domain `kdtalker`, run by ONNX Runtime on two threads.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime.h"
#include "core/session_threads.h"
#include "ops/domain.h"
#include "ops/op.h"

namespace warp {

using kdtalker::ops::Dims;
using kdtalker::ops::Element;
using kdtalker::ops::kElementOf;

// A tensor on the host, of any element type.
struct Host {
  Element element;
  Dims dims;
  std::vector<std::uint8_t> bytes;

  template <class T>
  static Host Of(const Dims& dims, const std::vector<T>& values) {
    Host host{kElementOf<T>, dims, std::vector<std::uint8_t>(values.size() * sizeof(T))};
    std::memcpy(host.bytes.data(), values.data(), host.bytes.size());
    return host;
  }
  template <class T>
  std::vector<T> Values() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
};

class OneOperator {
 public:
  // The graph declares only the rank of the output.
  OneOperator(const char* name, std::vector<Host> inputs,
              const std::map<std::string, std::int64_t>& attributes, Element output, std::size_t rank,
              const char* domain = "kdtalker")
      : inputs_(std::move(inputs)), domain_(domain), session_(Load(name, attributes, output, rank)) {}

  // The output's dims as ONNX Runtime inferred them when it loaded the graph.
  Dims InferredDims() const { return session_.GetOutputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape(); }

  // Throws Ort::Exception with the operator's message.
  Host Run() {
    const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
    const auto names = Names();
    std::vector<const char*> pointers;
    std::vector<Ort::Value> values;
    for (std::size_t i = 0; i < inputs_.size(); i++) {
      Host& input = inputs_[i];
      pointers.push_back(names[i].c_str());
      values.push_back(Ort::Value::CreateTensor(memory, input.bytes.data(), input.bytes.size(),
                                                input.dims.data(), input.dims.size(), input.element));
    }
    const char* output = "y";
    const auto results =
        session_.Run(Ort::RunOptions(), pointers.data(), values.data(), values.size(), &output, 1);
    const auto info = results[0].GetTensorTypeAndShapeInfo();
    Host host{info.GetElementType(), info.GetShape(), {}};
    const auto* bytes = static_cast<const std::uint8_t*>(results[0].GetTensorRawData());
    host.bytes.assign(bytes, bytes + results[0].GetTensorSizeInBytes());
    return host;
  }

 private:
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < inputs_.size(); i++)
      names.push_back(std::string("x").append(std::to_string(i)));
    return names;
  }

  // The wire format of Protocol Buffers: a field with a number, and a field with bytes.
  static std::string Varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 128; value >>= 7) bytes.push_back(static_cast<char>(value % 128 + 128));
    bytes.push_back(static_cast<char>(value));
    return bytes;
  }
  static std::string Number(std::uint64_t field, std::int64_t value) {
    return Varint(field * 8).append(Varint(static_cast<std::uint64_t>(value)));
  }
  static std::string Bytes(std::uint64_t field, const std::string& value) {
    return Varint(field * 8 + 2).append(Varint(value.size())).append(value);
  }

  static std::string Info(const std::string& name, Element element, const Dims& dims) {
    std::string shape;
    for (const std::int64_t dim : dims) shape.append(Bytes(1, dim < 0 ? std::string() : Number(1, dim)));
    return Bytes(1, name).append(Bytes(2, Bytes(1, Number(1, element).append(Bytes(2, shape)))));
  }

  // onnx.proto's ModelProto.
  std::string Model(const char* name, const std::map<std::string, std::int64_t>& attributes, Element output,
                    std::size_t rank) const {
    const auto names = Names();
    std::string node, graph;
    for (const std::string& input : names) node.append(Bytes(1, input));
    node.append(Bytes(2, "y")).append(Bytes(4, name)).append(Bytes(7, domain_));
    for (const auto& [key, value] : attributes) {
      node.append(Bytes(5, Bytes(1, key).append(Number(3, value)).append(Number(20, 2))));
    }
    graph.append(Bytes(1, node)).append(Bytes(2, "graph"));
    for (std::size_t i = 0; i < names.size(); i++) {
      graph.append(Bytes(11, Info(names[i], inputs_[i].element, inputs_[i].dims)));
    }
    graph.append(Bytes(12, Info("y", output, Dims(rank, -1))));
    const std::string ours = Bytes(1, domain_).append(Number(2, 1)), standard = Number(2, 21);
    return Number(1, 10).append(Bytes(7, graph)).append(Bytes(8, standard)).append(Bytes(8, ours));
  }

  Ort::Session Load(const char* name, const std::map<std::string, std::int64_t>& attributes, Element output,
                    std::size_t rank) {
    runtime_ = kdtalker::Runtime::Open(std::getenv("KDTALKER_ORT"), "");
    kdtalker::ops::Register(*runtime_);
    const std::string model = Model(name, attributes, output, rank);
    Ort::SessionOptions options;
    threads_.GiveTo(options);
    runtime_->AddDomainsTo(options);
    return Ort::Session(runtime_->env(), model.data(), model.size(), options);
  }

  std::vector<Host> inputs_;
  std::string domain_;
  std::shared_ptr<kdtalker::Runtime> runtime_;
  kdtalker::SessionThreads threads_{1};
  Ort::Session session_;
};

}  // namespace warp
