// What each kind of operation makes of given numbers, by itself, on each device: what the processor makes of
// them. A machine with a GPU runs it there (native/cuda/tests.cmake).
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/stream.h"
#include "kernels/half.h"
#include "plan/plan_program.h"
#include "plan_maker.h"

namespace {

using namespace kdtalker;
using Bytes = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

std::string Written(const std::string& name, const Bytes& bytes) {
  const std::string file = (std::filesystem::temp_directory_path() / name).string();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file;
}

// Words that are a small number as a float, and two of them as halves.
Words Numbers(std::size_t count, std::uint32_t least) {
  Words words;
  for (std::size_t i = 0; i < count; i++) {
    const auto step = static_cast<std::uint32_t>(i * 7919 % 127);
    words.push_back((least + step) << 16 | (0x3000 + step % 64 * 16));
  }
  return words;
}

Bytes BytesOf(const Words& words) {
  Bytes bytes(4 * words.size());
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

// The operation of this number between what gives it numbers and what shows what it wrote.
plan_maker::Maker Single(std::size_t operation, std::int64_t in, std::int64_t early, std::int64_t late) {
  plan_maker::Maker maker = plan_maker::OneOfEach();
  const std::size_t last = maker.operations() - 1;
  maker.Operation(plan_maker::kCopy, {2, 3, 16, 0, 16, 1, 0, 0, 1}, {}, {early, in});
  maker.Operation(plan_maker::kFill, {1, 48, 0, 1}, {0.0}, {late});
  maker.Choose({last + 1, last + 2, operation, last});
  return maker;
}

Words Run(const std::shared_ptr<Device>& device, const Bytes& plan) {
  const std::string weights =
      Written("kdtalker-plan-values.weights", BytesOf(Numbers(plan_maker::kWeightBytes / 4, 0x3c00)));
  const auto program = std::make_shared<plan::PlanProgram>(device, Written("kdtalker-plan-values.plan", plan),
                                                           plan::LoadWeights(device, weights));
  const auto stream = device->MakeStream();
  const auto binding = program->MakeBinding();
  const Tensor in(device, Type::kFloat32, {2, 8}), out(device, Type::kFloat32, {2, 8});
  in.UploadNow(*stream, Numbers(16, 0x3e00).data(), Crossing::kTrace);
  binding->Input("in", in).Output("out", out);
  const StopToken stop;
  binding->Run(*stream, stop);
  Words made(16);
  out.DownloadNow(*stream, made.data(), Crossing::kTrace);
  return made;
}

std::vector<float> ValuesOf(const Words& words, Type type) {
  std::vector<float> values;
  for (const std::uint32_t word : words) {
    if (type == Type::kFloat16) {
      for (const std::uint32_t bits : {word & 0xffff, word >> 16})
        values.push_back(kernels::FloatOf({static_cast<std::uint16_t>(bits)}));
    } else {
      float value = 0;
      std::memcpy(&value, &word, sizeof(value));
      values.push_back(value);
    }
  }
  return values;
}

// The largest difference, as a share of the largest value. What is no number in both is the same: a motion
// over one cell has no way.
double Apart(const std::vector<float>& found, const std::vector<float>& expected) {
  double apart = 0, most = 1e-6;
  for (std::size_t i = 0; i < expected.size(); i++) {
    if (std::isnan(found[i]) && std::isnan(expected[i])) continue;
    const double difference = std::abs(static_cast<double>(found[i]) - expected[i]);
    apart = difference > apart || std::isnan(difference) ? difference : apart;
    most = std::max(most, std::abs(static_cast<double>(expected[i])));
  }
  return apart / most;
}

}  // namespace

TEST_CASE("an operation of every kind makes on each device what it makes on the processor") {
  const plan::Tables tables = plan::ReadTables(plan_maker::OneOfEach().Bytes(), "test");
  const auto buffer_of = [&](const plan::Operation& operation, std::int64_t reference) {
    return tables.references[static_cast<std::size_t>(operation.first_reference + reference)];
  };
  // The first fills what the others read, the third reads the input and writes what the last one shows.
  const std::int64_t early = buffer_of(tables.operations[0], 0), in = buffer_of(tables.operations[1], 1),
                     late = buffer_of(tables.operations[1], 0);
  for (std::size_t i = 1; i + 1 < tables.operations.size(); i++) {
    const plan::Operation& operation = tables.operations[i];
    const Type type = tables.buffers[static_cast<std::size_t>(buffer_of(operation, 0))].type;
    const Bytes bytes = Single(i, in, early, late).Bytes();
    const std::vector<float> expected = ValuesOf(Run(OpenDevice("cpu"), bytes), type);
    CAPTURE(operation.kind);
    CHECK(std::any_of(expected.begin(), expected.end(), [](float value) { return value != 0; }));
    for (const char* device : {"guarded", "cuda:0"}) {
      CAPTURE(device);
      const std::vector<float> found = ValuesOf(Run(OpenDevice(device), bytes), type);
      CHECK(Apart(found, expected) <= (type == Type::kFloat16 ? 2e-3 : 1e-5));
    }
  }
}
