// A graph of one operator of the domain `kdtalker`, run by ONNX Runtime on two threads.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "ops/op.h"
#include "puppet.h"

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
  // The output's rank is all that the graph says about its shape.
  OneOperator(const char* name, std::vector<Host> inputs,
              const std::map<std::string, std::int64_t>& attributes, Element output, std::size_t rank)
      : inputs_(std::move(inputs)), session_(Load(name, attributes, output, rank)) {}

  // The output's dims as ONNX Runtime inferred them when it loaded the graph.
  Dims InferredDims() const { return session_.GetOutputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape(); }

  // Throws Ort::Exception with what the operator threw.
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
    for (std::size_t i = 0; i < inputs_.size(); i++) names.push_back("x" + std::to_string(i));
    return names;
  }

  static Ort::ValueInfo Info(const std::string& name, Element element, const Dims& dims) {
    const Ort::TensorTypeAndShapeInfo shape(element, dims);
    return Ort::ValueInfo(name, Ort::TypeInfo::CreateTensorInfo(shape.GetConst()).GetConst());
  }

  Ort::Session Load(const char* name, const std::map<std::string, std::int64_t>& attributes, Element output,
                    std::size_t rank) {
    const auto runtime = puppet::Runtime();
    const auto names = Names();
    std::vector<Ort::ValueInfo> inputs, outputs;
    for (std::size_t i = 0; i < inputs_.size(); i++) {
      inputs.push_back(Info(names[i], inputs_[i].element, inputs_[i].dims));
    }
    outputs.push_back(Info("y", output, Dims(rank, -1)));
    std::vector<Ort::OpAttr> values;
    for (const auto& [key, value] : attributes) values.emplace_back(key.c_str(), &value, 1, ORT_OP_ATTR_INT);
    Ort::Graph graph;
    graph.SetInputs(inputs);
    graph.SetOutputs(outputs);
    Ort::Node node(name, "kdtalker", "node", names, {"y"}, values);
    graph.AddNode(node);
    Ort::Model model({{"", 21}, {"kdtalker", 1}});
    model.AddGraph(graph);
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(2);
    runtime->AddDomainsTo(options);
    return Ort::Session(runtime->env(), model, options);
  }

  std::vector<Host> inputs_;
  Ort::Session session_;
};

}  // namespace warp
