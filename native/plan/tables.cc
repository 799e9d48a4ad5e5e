#include "plan/tables.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "plan/words.h"

namespace kdtalker::plan {
namespace {

constexpr std::int64_t kMagic = 0x314e414c504b444b;  // "KDKPLAN1", little-endian
constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;
constexpr std::int64_t kMostRank = 16;
constexpr std::array<Type, 3> kTypes = {Type::kFloat32, Type::kInt64, Type::kFloat16};

struct Sizes {
  std::int64_t buffers, slots, operations, integers, floats, references, names, constants;
};

// A number of entries of `words` words each, which have to be in the rest of the file.
std::int64_t CountOf(Words& in, const char* what, std::int64_t words) {
  return in.Next(what, 0, in.left() / words);
}

Sizes ReadHeader(Words& in, Tables& tables) {
  if (in.Next("the first word", INT64_MIN, INT64_MAX) != kMagic) in.Fail("the mark of a plan", "other bytes");
  const std::int64_t version = in.Next("the version", INT64_MIN, INT64_MAX);
  if (version != kPlanVersion)
    in.Fail("version " + std::to_string(kPlanVersion), "version " + std::to_string(version));
  tables.arena_bytes = in.Next("the arena's bytes", 0, kMostBytes);
  tables.weight_bytes = in.Next("the weights' bytes", 0, kMostBytes);
  Sizes sizes{};
  sizes.buffers = CountOf(in, "the number of buffers", 4);
  sizes.slots = CountOf(in, "the number of slots", 6);
  sizes.operations = CountOf(in, "the number of operations", 7);
  sizes.integers = CountOf(in, "the number of integers", 1);
  sizes.floats = CountOf(in, "the number of floats", 1);
  sizes.references = CountOf(in, "the number of references", 1);
  sizes.names = in.Next("the bytes of names", 0, 8 * in.left());
  sizes.constants = in.Next("the bytes of constants", 0, 8 * in.left());
  return sizes;
}

Type TypeAt(Words& in) {
  return kTypes[static_cast<std::size_t>(in.Next("a type", 0, kTypes.size() - 1))];
}

// The end of the bytes that a buffer's position counts in; -1 for a slot's.
std::int64_t EndOf(Where where, const Tables& tables, const Sizes& sizes) {
  switch (where) {
    case Where::kArena:
      return tables.arena_bytes;
    case Where::kWeights:
      return tables.weight_bytes;
    case Where::kConstants:
      return sizes.constants;
    default:
      return -1;
  }
}

Buffer ReadBuffer(Words& in, const Tables& tables, const Sizes& sizes) {
  Buffer buffer{};
  buffer.where = static_cast<Where>(in.Next("a place", 0, static_cast<std::int64_t>(Where::kCount) - 1));
  const std::int64_t end = EndOf(buffer.where, tables, sizes);
  buffer.position = in.Next("a position", 0, end < 0 ? sizes.slots - 1 : end);
  buffer.elements = in.Next("a number of elements", 1, kMostElements);
  buffer.type = TypeAt(in);
  if (end < 0) return buffer;
  const auto size = static_cast<std::int64_t>(SizeOf(buffer.type));
  if (buffer.position % size != 0) in.Fail("an aligned position", std::to_string(buffer.position));
  if (buffer.elements > (end - buffer.position) / size)
    in.Fail("a buffer that ends before " + std::to_string(end),
            std::to_string(buffer.elements) + " elements");
  return buffer;
}

struct Range {
  std::int64_t first, count;
};

Range ReadRange(Words& in, const char* what, std::int64_t length) {
  const std::int64_t first = in.Next(what, 0, length);
  return {first, in.Next(what, 0, length - first)};
}

struct RawSlot {
  bool output;
  Type type;
  Range dims, name;
};

RawSlot ReadSlot(Words& in, const Sizes& sizes) {
  RawSlot slot{};
  slot.output = in.Next("a direction", 0, 1) == 1;
  slot.type = TypeAt(in);
  slot.dims = ReadRange(in, "a slot's dims", sizes.integers);
  slot.name = ReadRange(in, "a slot's name", sizes.names);
  if (slot.dims.count > kMostRank) in.Fail("16 axes at most", std::to_string(slot.dims.count));
  return slot;
}

Operation ReadOperation(Words& in, const Sizes& sizes) {
  const std::int64_t kind = in.Next("a kind", 0, INT32_MAX);
  const Range integers = ReadRange(in, "integers", sizes.integers);
  const Range floats = ReadRange(in, "floats", sizes.floats);
  const Range references = ReadRange(in, "references", sizes.references);
  return {kind,         integers.first,   integers.count,  floats.first,
          floats.count, references.first, references.count};
}

PlanSlot SlotOf(const RawSlot& raw, const std::vector<std::int64_t>& integers,
                const std::vector<std::uint8_t>& names, const Words& in) {
  PlanSlot slot{{}, raw.type, {}, raw.output};
  std::int64_t elements = 1;
  for (std::int64_t i = 0; i < raw.dims.count; i++) {
    const std::int64_t length = integers[static_cast<std::size_t>(raw.dims.first + i)];
    if (length < 1 || length > kMostElements / elements) in.Fail("a slot's length", std::to_string(length));
    slot.dims.push_back(length);
    elements *= length;
  }
  const auto begin = names.begin() + static_cast<std::ptrdiff_t>(raw.name.first);
  slot.name.assign(begin, begin + static_cast<std::ptrdiff_t>(raw.name.count));
  return slot;
}

// A buffer of a slot is all of the tensor that is bound there.
void CheckBuffers(const Tables& tables, const Words& in) {
  for (const Buffer& buffer : tables.buffers) {
    if (buffer.where != Where::kSlot) continue;
    const PlanSlot& slot = tables.slots[static_cast<std::size_t>(buffer.position)];
    if (buffer.type != slot.type || buffer.elements != ElementCount(slot.dims))
      in.Fail("the elements of slot '" + slot.name + "'", std::to_string(buffer.elements));
  }
}

}  // namespace

Tables ReadTables(const std::vector<std::uint8_t>& bytes, const std::string& name) {
  Words in(bytes, name);
  Tables tables;
  const Sizes sizes = ReadHeader(in, tables);
  for (std::int64_t i = 0; i < sizes.buffers; i++) tables.buffers.push_back(ReadBuffer(in, tables, sizes));
  std::vector<RawSlot> slots;
  for (std::int64_t i = 0; i < sizes.slots; i++) slots.push_back(ReadSlot(in, sizes));
  for (std::int64_t i = 0; i < sizes.operations; i++) tables.operations.push_back(ReadOperation(in, sizes));
  for (std::int64_t i = 0; i < sizes.integers; i++)
    tables.integers.push_back(in.Next("an integer", INT64_MIN, INT64_MAX));
  for (std::int64_t i = 0; i < sizes.floats; i++) tables.floats.push_back(in.NextFloat());
  for (std::int64_t i = 0; i < sizes.references; i++)
    tables.references.push_back(in.Next("a buffer", 0, sizes.buffers - 1));
  const std::vector<std::uint8_t> names = in.NextBytes(sizes.names);
  tables.constants = in.NextBytes(sizes.constants);
  if (in.left() != 0) in.Fail("the end of the file", std::to_string(in.left()) + " more words");
  for (const RawSlot& raw : slots) tables.slots.push_back(SlotOf(raw, tables.integers, names, in));
  CheckBuffers(tables, in);
  return tables;
}

std::vector<std::uint8_t> ReadBytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in || in.bad()) throw Error("PACK_DAMAGED", "Expected to read '" + file + "' but it cannot be read");
  return bytes;
}

}  // namespace kdtalker::plan
