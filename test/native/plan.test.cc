// Reading and running plans: every bound is checked, a damaged plan is an error and never an access outside
// of its buffers. KDTALKER_FUZZ sets another number of damaged plans.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/stream.h"
#include "plan/kernel.h"
#include "plan/plan_program.h"
#include "plan_maker.h"
#include "support/failures.h"

namespace {

using namespace kdtalker;
using kdtalker::plan::Tables;

using Bytes = std::vector<std::uint8_t>;

std::string Written(const std::string& name, const Bytes& bytes) {
  const std::string file = (std::filesystem::temp_directory_path() / name).string();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file;
}

void CheckOperations(const Tables& tables) {
  const std::vector<void*> nowhere(tables.buffers.size(), nullptr);
  for (const auto& operation : tables.operations) plan::KernelOf(tables, operation, nowhere);
}

std::string MessageOf(const Bytes& bytes) {
  try {
    CheckOperations(plan::ReadTables(bytes, "test"));
  } catch (const Error& error) {
    CHECK(error.code() == "PACK_DAMAGED");
    return error.what();
  }
  return "";
}

// The most cells that an index of a convolution makes.
template <class Kernel>
double CellsOf(const Kernel& kernel) {
  if constexpr (requires { kernel.moments; })
    return std::min(64.0, static_cast<double>(kernel.product.cells()));
  else if constexpr (std::is_same_v<Kernel, kernels::plan::BlockPooledConvolution>)
    return 4.0;
  else
    return 1.0;
}

// Steps of a kernel's inner loops, so that a damaged plan that is valid after all is only run if it is short.
template <class Kernel>
double InnerSteps(const Kernel& kernel) {
  using namespace kernels::plan;
  const auto taps = [](const Window& window) {
    return static_cast<double>(window.kernel[0]) * window.kernel[1] * window.kernel[2];
  };
  if constexpr (std::is_same_v<Kernel, Reduce>)
    return static_cast<double>(kernel.reduced.count());
  else if constexpr (std::is_same_v<Kernel, NormaliseRows>)
    return 3.0 * kernel.row.count();
  else if constexpr (std::is_same_v<Kernel, Softmax> || std::is_same_v<Kernel, Product>)
    return kernel.length;
  else if constexpr (std::is_same_v<Kernel, Convolution>)
    return taps(kernel.window) * kernel.group_inputs;
  else if constexpr (std::is_same_v<Kernel, Pool>)
    return taps(kernel.window);
  else if constexpr (std::is_same_v<Kernel, Sample>)
    return 8.0 * kernel.channels;
  else if constexpr (std::is_same_v<Kernel, BlockStatisticsEnd>)
    return 64.0 * kernel.parts.count();
  else if constexpr (requires { kernel.product.packed; })
    return CellsOf(kernel) * 512.0 * kernel.product.packed.in_blocks * kernel.product.packed.slices *
           kernel.product.packed.side * kernel.product.packed.side;
  else if constexpr (requires { kernel.parts; })
    return 64.0 * kernel.parts;
  else
    return 1.0;
}

bool IsShort(const Tables& tables) {
  double steps = 0;
  const std::vector<void*> nowhere(tables.buffers.size(), nullptr);
  for (const auto& operation : tables.operations) {
    const auto kernel = plan::KernelOf(tables, operation, nowhere);
    steps += std::visit([](const auto& k) { return static_cast<double>(k.count()) * InnerSteps(k); }, kernel);
  }
  return steps < 3e5 && tables.arena_bytes < 1 << 20 && tables.weight_bytes < 1 << 20;
}

std::shared_ptr<Program> Loaded(const std::shared_ptr<Device>& device, const std::string& file,
                                std::int64_t weight_bytes) {
  const std::string weights =
      Written("kdtalker-plan-test.weights", Bytes(static_cast<std::size_t>(weight_bytes), 0));
  return std::make_shared<plan::PlanProgram>(device, file, plan::LoadWeights(device, weights));
}

// Runs a valid plan over zeros. Returns its last output.
std::vector<float> RunOnZeros(const std::shared_ptr<Device>& device, const std::string& file,
                              const Tables& tables) {
  const auto program = Loaded(device, file, tables.weight_bytes);
  const auto stream = device->MakeStream();
  const auto binding = program->MakeBinding();
  std::vector<Tensor> tensors;
  for (const Slot& slot : program->inputs()) {
    const Tensor& tensor = tensors.emplace_back(device, slot.type, slot.dims);
    const Bytes zeros(tensor.bytes(), 0);
    stream->UploadNow(tensor.address(), zeros.data(), zeros.size(), Crossing::kTrace);
    binding->Input(slot.name, tensor);
  }
  for (const Slot& slot : program->outputs())
    binding->Output(slot.name, tensors.emplace_back(device, slot.type, slot.dims));
  const StopToken stop;
  binding->Run(*stream, stop);
  stream->Synchronise();
  const Tensor& last = tensors.back();
  return last.type() == Type::kFloat32 ? DownloadFloats(*stream, last, Crossing::kTrace)
                                       : std::vector<float>();
}

void Put(Bytes& bytes, std::size_t word, std::int64_t value) {
  std::memcpy(bytes.data() + 8 * word, &value, 8);
}
std::int64_t At(const Bytes& bytes, std::size_t word) {
  std::int64_t value = 0;
  std::memcpy(&value, bytes.data() + 8 * word, 8);
  return value;
}

// One to three words become other numbers; sometimes the file ends early.
Bytes Damaged(Bytes bytes, std::mt19937_64& random) {
  const std::size_t words = bytes.size() / 8;
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  for (std::uint64_t change = 0; change <= below(3); change++) {
    const std::size_t word = below(words);
    const std::int64_t old = At(bytes, word);
    const std::int64_t values[] = {0,
                                   1,
                                   -1,
                                   old / 2,
                                   INT64_MAX,
                                   INT64_MIN,
                                   1LL << 31,
                                   1LL << 40,
                                   old ^ 1,
                                   static_cast<std::int64_t>(random()),
                                   16,
                                   48,
                                   At(bytes, below(words))};
    Put(bytes, word, values[below(std::size(values))]);
  }
  if (below(20) == 0) bytes.resize(below(bytes.size()));
  return bytes;
}

}  // namespace

TEST_CASE("a plan with every kind of operation is read and runs on every device") {
  const Bytes bytes = plan_maker::OneOfEach().Bytes();
  CHECK(MessageOf(bytes) == "");
  const Tables tables = plan::ReadTables(bytes, "test");
  CHECK(tables.operations.size() == std::variant_size_v<plan::Kernel> + 1);
  const std::string file = Written("kdtalker-plan-test.plan", bytes);
  for (const char* device : {"cpu", "guarded", "cuda:0"})
    CHECK(RunOnZeros(OpenDevice(device), file, tables) == std::vector<float>(16, 0.0F));
}

TEST_CASE("a plan that ends early, is of another version or longer than it says is damaged") {
  const Bytes bytes = plan_maker::OneOfEach().Bytes();
  Bytes changed = bytes;
  for (std::size_t length = 0; length < bytes.size(); length++)
    CHECK(MessageOf(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length))) != "");
  Put(changed, 1, plan::kPlanVersion + 1);
  CHECK(MessageOf(changed).find("version " + std::to_string(plan::kPlanVersion)) != std::string::npos);
  changed = bytes;
  changed.resize(bytes.size() + 8);
  CHECK(MessageOf(changed).find("end of the file") != std::string::npos);
}

TEST_CASE("an operation that would leave its buffers is damaged") {
  using namespace plan_maker;
  const auto message = [](Kind kind, const Integers& integers, const Integers& references) {
    Maker maker;
    maker.arena_bytes = 64;
    maker.Slot("in", false, {4});
    maker.Buffer(kArena, 0, 16);
    maker.Buffer(kArena, 0, 8, 1);
    maker.Operation(kind, integers, {}, references);
    return MessageOf(maker.Bytes());
  };
  CHECK(message(kCopy, {1, 4, 0, 1, 0, 1}, {1, 0}) == "");
  CHECK(message(kCopy, {1, 5, 0, 1, 0, 1}, {1, 0}).find("a view within 4 elements") != std::string::npos);
  CHECK(message(kCopy, {1, 4, 0, 1, 2, -1}, {1, 0}).find("a view within") != std::string::npos);
  CHECK(message(kCopy, {1, 4, 13, 1, 0, 1}, {1, 0}).find("a view within 16 elements") != std::string::npos);
  CHECK(message(kCopy, {1, 4, 0, 1, 0, 1}, {0, 1}).find("a buffer to write to") != std::string::npos);
  CHECK(message(kCopy, {1, 4, 0, 1, 0, 1}, {1, 2}).find("a buffer of float32") != std::string::npos);
  CHECK(message(kCopy, {1, 17, 0, 0, 0, 0}, {1, 0}).find("different elements") != std::string::npos);
  CHECK(message(kCopy, {7, 1, 1, 1, 1, 1, 1, 1}, {1, 0}).find("0 to 6") != std::string::npos);
  CHECK(message(kCopy, {1, 4, 0, 1, 0, 1, 9}, {1, 0}).find("no more numbers") != std::string::npos);
  CHECK(message(static_cast<Kind>(99), {}, {}).find("a kind that this engine has") != std::string::npos);
}

TEST_CASE("halves that do not begin at 16 bytes, and a convolution that no kernel has, are damaged") {
  using namespace plan_maker;
  const auto message = [](const Integers& integers) {
    Maker maker;
    maker.arena_bytes = 1024;
    maker.weight_bytes = kWeightBytes;
    maker.Buffer(kArena, 0, 256, 2);
    maker.Buffer(kWeights, 0, 512, 2);
    maker.Buffer(kWeights, 0, 64);
    maker.Operation(kBlockConvolution, integers, {1, 1}, {0, 0, 1, 2});
    return MessageOf(maker.Bytes());
  };
  CHECK(message({1, 1, 1, 1, 2, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 0, 1}) == "");
  CHECK(message({1, 1, 1, 1, 2, 1, 2, 2, 0, 68, 1, 0, 1, 0, 1, 0, 1}).find("16 bytes") != std::string::npos);
  CHECK(message({1, 1, 1, 1, 2, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 1, 1}).find("16 bytes") != std::string::npos);
  CHECK(message({1, 1, 1, 1, 3, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 0, 1}).find("form") != std::string::npos);
  CHECK(message({1, 1, 1, 5, 2, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 0, 1}).find("form") != std::string::npos);
  CHECK(message({1, 1, 2, 1, 2, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 0, 1}).find("form") != std::string::npos);
  CHECK(message({2, 1, 1, 1, 2, 1, 4, 4, 0, 64, 1, 0, 1, 0, 1, 0, 1}).find("a view") != std::string::npos);
  CHECK(message({1, 2, 1, 1, 2, 1, 2, 2, 0, 64, 1, 0, 1, 0, 1, 0, 1}).find("a view") != std::string::npos);
}

TEST_CASE("attention of more keys, or of longer rows, than a block keeps is damaged") {
  using namespace plan_maker;
  const auto message = [](std::int64_t keys, std::int64_t length, std::int64_t size) {
    Maker maker;
    maker.arena_bytes = 1024;
    maker.Buffer(kArena, 0, 256);
    maker.Operation(kAttention, {0, 1, 1, 1, keys, 1, length, 1, size, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0},
                    {}, {0, 0, 0, 0});
    return MessageOf(maker.Bytes());
  };
  CHECK(message(512, 64, 64) == "");
  CHECK(message(513, 64, 64).find("fewer keys") != std::string::npos);
  CHECK(message(512, 65, 64).find("shorter rows") != std::string::npos);
  CHECK(message(512, 64, 65).find("shorter rows") != std::string::npos);
}

TEST_CASE("no damaged plan leaves its buffers") {
  const char* given = std::getenv("KDTALKER_FUZZ");
  const int mutants = given == nullptr ? 10000 : std::atoi(given);
  const Bytes bytes = plan_maker::OneOfEach().Bytes();
  const auto device = MakeCpuDevice();
  std::mt19937_64 random(20260101);
  int refused = 0, ran = 0;
  for (int i = 0; i < mutants; i++) {
    const Bytes damaged = Damaged(bytes, random);
    if (!MessageOf(damaged).empty()) {
      refused++;
      continue;
    }
    const Tables tables = plan::ReadTables(damaged, "test");
    if (!IsShort(tables)) continue;
    try {
      RunOnZeros(device, Written("kdtalker-plan-mutant.plan", damaged), tables);
      ran++;
    } catch (const Error& error) {
      CHECK(error.code() == "PACK_INVALID");  // two slots of one name
    }
  }
  MESSAGE(mutants << " damaged plans: " << refused << " refused, " << ran << " run");
  CHECK(refused > mutants / 4);
  CHECK(ran > mutants / 20);
}

TEST_CASE("tensors of other shapes, types or names are refused, and a run of a plan without one") {
  const auto device = MakeCpuDevice();
  const auto program = Loaded(device, Written("kdtalker-plan-test.plan", plan_maker::OneOfEach().Bytes()),
                              plan_maker::kWeightBytes);
  const auto binding = program->MakeBinding();
  const auto stream = device->MakeStream(), other = MakeCpuDevice()->MakeStream();
  const Tensor right(device, Type::kFloat32, {2, 8}), wrong(device, Type::kFloat32, {8, 2});
  const Tensor out(device, Type::kFloat32, {2, 8});
  const StopToken stop;
  CHECK_THROWS_AS(binding->Input("in", wrong), Error);
  CHECK_THROWS_AS(binding->Input("out", right), Error);
  CHECK_THROWS_AS(binding->Input("in", Tensor(device, Type::kInt64, {2, 8})), Error);
  CHECK_THROWS_AS(binding->Input("in", Tensor(MakeCpuDevice(), Type::kFloat32, {2, 8})), Error);
  CHECK_THROWS_AS(binding->Run(*stream, stop), Error);
  binding->Input("in", right);
  binding->Run(*stream, stop);  // nobody wants the output
  binding->Output("out", out);
  CHECK_THROWS_AS(binding->Run(*other, stop), Error);
  StopToken stopped;
  stopped.Stop();
  CHECK_THROWS_AS(binding->Run(*stream, stopped), Error);
}

TEST_CASE("no run of a plan but the first allocates anything") {
  const auto device = MakeCpuDevice();
  const auto program = Loaded(device, Written("kdtalker-plan-test.plan", plan_maker::OneOfEach().Bytes()),
                              plan_maker::kWeightBytes);
  const auto binding = program->MakeBinding();
  const auto stream = device->MakeStream();
  const Tensor in(device, Type::kFloat32, {2, 8}), out(device, Type::kFloat32, {2, 8});
  binding->Input("in", in).Output("out", out);
  const StopToken stop;
  binding->Run(*stream, stop);
  const std::uint64_t held = device->held_bytes();
  const failures::FailNth counting(failures::kAllocation, std::int64_t{1} << 40);
  binding->Run(*stream, stop);
  CHECK(counting.seen() == 0);
  CHECK(device->held_bytes() == held);
}

TEST_CASE("weights of another size are damaged") {
  const auto device = MakeCpuDevice();
  const std::string file = Written("kdtalker-plan-test.plan", plan_maker::OneOfEach().Bytes());
  CHECK_THROWS_AS(Loaded(device, file, 8), Error);
}
