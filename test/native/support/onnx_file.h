// Networks of a few operators as ONNX files, for tests that need a pack of their own: just enough of the
// format (https://onnx.ai/onnx/repo-docs/IR.html), field by field.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace onnx_file {

// A message: fields by their numbers.
class Message {
 public:
  Message& Number(int field, std::uint64_t value) {
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }
  Message& Text(int field, const std::string& value) {
    Varint((static_cast<std::uint64_t>(field) << 3) | 2);
    Varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& Part(int field, const Message& value) { return Text(field, value.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>((value & 127) | 128);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

inline constexpr std::uint64_t kFloat = 1, kInt64 = 7;

// A tensor of a graph's inputs or outputs; a negative length may be any.
inline Message Value(const std::string& name, std::uint64_t type, const std::vector<std::int64_t>& dims) {
  Message shape;
  for (const std::int64_t length : dims)
    shape.Part(1,
               length < 0 ? Message().Text(2, "n") : Message().Number(1, static_cast<std::uint64_t>(length)));
  return Message().Text(1, name).Part(2, Message().Part(1, Message().Number(1, type).Part(2, shape)));
}

struct Node {
  std::string operation;
  std::vector<std::string> inputs;
  std::string output;
  std::vector<Message> attributes = {};
};

inline Message Attribute(const std::string& name, std::uint64_t value) {
  return Message().Text(1, name).Number(20, 2).Number(3, value);
}
inline Message AttributeList(const std::string& name, std::uint64_t value) {  // of one
  return Message().Text(1, name).Number(20, 7).Number(8, value);
}

inline void Write(const std::string& file, const std::vector<Node>& nodes, const std::vector<Message>& inputs,
                  const Message& output) {
  Message graph;
  for (const Node& node : nodes) {
    Message message;
    for (const std::string& input : node.inputs) message.Text(1, input);
    message.Text(2, node.output).Text(4, node.operation);
    for (const Message& attribute : node.attributes) message.Part(5, attribute);
    graph.Part(1, message);
  }
  graph.Text(2, "test");
  for (const Message& input : inputs) graph.Part(11, input);
  graph.Part(12, output);
  const Message model = Message().Number(1, 8).Part(8, Message().Text(1, "").Number(2, 12)).Part(7, graph);
  std::ofstream(file, std::ios::binary) << model.bytes();
}

}  // namespace onnx_file
