#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/stop_token.h"
#include "core/stream.h"
#include "core/tensor.h"

namespace kdtalker {

// A named input or output of a program; a dynamic dimension is -1.
struct Slot {
  std::string name;
  Type type;
  std::vector<std::int64_t> dims;

  bool Takes(Type type, const std::vector<std::int64_t>& dims) const;
  std::string text() const;  // "float32 [1, -1, 70]"
};

class Binding;

// A network, loaded and ready to run on a device. Thread-safe: any number of Bindings may run at once.
class Program : public std::enable_shared_from_this<Program> {
 public:
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& file() const { return file_; }
  const std::vector<Slot>& inputs() const { return inputs_; }
  const std::vector<Slot>& outputs() const { return outputs_; }

  // Throw Error PACK_INVALID if there is none of this name.
  const Slot& input(const std::string& name) const;
  const Slot& output(const std::string& name) const;

  // Keeps the program alive.
  virtual std::unique_ptr<Binding> MakeBinding() = 0;

  // What it does otherwise than it was asked to, though it runs; empty: nothing.
  virtual std::string warning() const { return {}; }

 protected:
  explicit Program(std::string file) : file_(std::move(file)) {}

  std::string file_;
  std::vector<Slot> inputs_, outputs_;
};

// A program's inputs and outputs tied to fixed tensors, so that a run allocates and copies nothing. One
// thread at a time; the tensors must outlive it. It may go before its runs are done.
class Binding {
 public:
  virtual ~Binding() = default;
  Binding(const Binding&) = delete;
  Binding& operator=(const Binding&) = delete;

  // Throw Error PACK_INVALID if the name is unknown or the tensor has another type or shape.
  Binding& Input(const std::string& name, const Tensor& tensor);
  Binding& Output(const std::string& name, const Tensor& tensor);

  // Runs in the order of the stream; `stop` must live until then. Throws Error ABORTED after Stop(). If a
  // length is dynamic and what the program makes does not fit the bound tensor, nothing is written and the
  // error is PACK_INVALID. What goes wrong later is the stream's error.
  virtual void Run(Stream& stream, const StopToken& stop) = 0;

 protected:
  explicit Binding(std::shared_ptr<Program> program) : program_(std::move(program)) {}

  virtual void BindInput(const std::string& name, const Tensor& tensor) = 0;
  virtual void BindOutput(const std::string& name, const Tensor& tensor) = 0;

  const std::shared_ptr<Program> program_;
};

}  // namespace kdtalker
