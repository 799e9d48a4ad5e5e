#include "plan/fields.h"

#include "core/error.h"

namespace kdtalker::plan {
namespace {

constexpr std::int64_t kWide = 16;  // bytes

}  // namespace

Fields::Fields(const Tables& tables, const Operation& operation, const std::vector<void*>& addresses)
    : tables_(tables), operation_(operation), addresses_(addresses) {}

void Fields::Fail(const std::string& expected, const std::string& received) const {
  throw Error("PACK_DAMAGED", "Expected " + expected + " for an operation of kind " +
                                  std::to_string(operation_.kind) + " of a plan but received " + received);
}

std::int64_t Fields::Integer(std::int64_t low, std::int64_t high) {
  if (integer_ == operation_.integers) Fail("more integers", std::to_string(integer_));
  const std::int64_t value =
      tables_.integers[static_cast<std::size_t>(operation_.first_integer + integer_++)];
  if (value < low || value > high)
    Fail(std::to_string(low) + " to " + std::to_string(high), std::to_string(value));
  return value;
}

double Fields::Float() {
  if (float_ == operation_.floats) Fail("more floats", std::to_string(float_));
  return tables_.floats[static_cast<std::size_t>(operation_.first_float + float_++)];
}

Places Fields::Axes(std::int64_t least, std::int64_t most) {
  Places places{Integer(least, most), {}};
  std::int64_t left = kMostElements;
  for (std::int64_t axis = 0; axis < places.rank; axis++) {
    places.lengths[axis] = Integer(1, left);
    left /= places.lengths[axis];
  }
  return places;
}

const Buffer& Fields::NextBuffer(Type type, bool written) {
  if (reference_ == operation_.references) Fail("more buffers", std::to_string(reference_));
  const auto index = static_cast<std::size_t>(
      tables_.references[static_cast<std::size_t>(operation_.first_reference + reference_++)]);
  const Buffer& buffer = tables_.buffers[index];
  if (buffer.type != type) Fail(std::string("a buffer of ") + TypeName(type), TypeName(buffer.type));
  if (!written || buffer.where == Where::kArena) return buffer;
  const bool output =
      buffer.where == Where::kSlot && tables_.slots[static_cast<std::size_t>(buffer.position)].output;
  if (!output) Fail("a buffer to write to", "one that is only read");
  return buffer;
}

void Fields::FailView(std::int64_t elements, std::int64_t first, std::int64_t last) const {
  Fail("a view within " + std::to_string(elements) + " elements",
       std::to_string(first) + " to " + std::to_string(last));
}

std::uintptr_t Fields::View(const Access& access, std::initializer_list<Over> axes) {
  const auto [type, written, alignment] = access;
  const Buffer& buffer = NextBuffer(type, written);
  const std::int64_t elements = buffer.elements;
  const std::int64_t offset = Integer(0, elements - 1);
  std::int64_t first = offset, last = offset, count = 1;
  for (const Over& over : axes) {
    count *= over.places.count();
    if (count > kMostElements) Fail("fewer elements", std::to_string(count));
    for (std::int64_t axis = 0; axis < over.places.rank; axis++) {
      const std::int64_t steps = over.places.lengths[axis] - 1, stride = Integer(-elements, elements);
      over.strides.of[axis] = stride;
      // Both factors are below 2^31.
      (stride < 0 ? first : last) += steps * stride;
      if (first < 0 || last >= elements) FailView(elements, first, last);
    }
  }
  // An element is written once, so that the work is bounded by the size of the buffer.
  if (written && count > elements) Fail("a view of different elements", "repeated ones");
  // Where slots lie is a multiple of any alignment.
  const auto at =
      offset * static_cast<std::int64_t>(SizeOf(type)) + (buffer.where == Where::kSlot ? 0 : buffer.position);
  if (at % alignment != 0) Fail("a multiple of " + std::to_string(alignment) + " bytes", std::to_string(at));
  const auto index = static_cast<std::size_t>(&buffer - tables_.buffers.data());
  return reinterpret_cast<std::uintptr_t>(addresses_[index]) +
         static_cast<std::uintptr_t>(offset) * SizeOf(type);
}

const float* Fields::Read(std::initializer_list<Over> axes) {
  return reinterpret_cast<const float*>(View({Type::kFloat32, false}, axes));
}

const std::int64_t* Fields::ReadIntegers(std::initializer_list<Over> axes) {
  return reinterpret_cast<const std::int64_t*>(View({Type::kInt64, false}, axes));
}

float* Fields::Write(std::initializer_list<Over> axes) {
  return reinterpret_cast<float*>(View({Type::kFloat32, true}, axes));
}

const Half* Fields::ReadHalves(std::initializer_list<Over> axes) {
  return reinterpret_cast<const Half*>(View({Type::kFloat16, false}, axes));
}

Half* Fields::WriteHalves(std::initializer_list<Over> axes) {
  return reinterpret_cast<Half*>(View({Type::kFloat16, true}, axes));
}

std::uintptr_t Fields::Row(const Access& access, std::int64_t count) {
  const Places row{1, {count}};
  Strides strides{};
  const std::uintptr_t first = View(access, {{row, strides}});
  if (strides.of[0] != 1) Fail("stride 1", std::to_string(strides.of[0]));
  return first;
}

const float* Fields::ReadRow(std::int64_t count) {
  return reinterpret_cast<const float*>(Row({Type::kFloat32, false}, count));
}

const std::int64_t* Fields::ReadIntegerRow(std::int64_t count) {
  return reinterpret_cast<const std::int64_t*>(Row({Type::kInt64, false}, count));
}

const float* Fields::ReadWideRow(std::int64_t count) {
  return reinterpret_cast<const float*>(Row({Type::kFloat32, false, kWide}, count));
}

float* Fields::WriteWideRow(std::int64_t count) {
  return reinterpret_cast<float*>(Row({Type::kFloat32, true, kWide}, count));
}

const Half* Fields::ReadHalfRow(std::int64_t count) {
  return reinterpret_cast<const Half*>(Row({Type::kFloat16, false, kWide}, count));
}

Half* Fields::WriteHalfRow(std::int64_t count) {
  return reinterpret_cast<Half*>(Row({Type::kFloat16, true, kWide}, count));
}

void Fields::End() const {
  if (integer_ != operation_.integers || float_ != operation_.floats || reference_ != operation_.references)
    Fail("no more numbers", "some that no field takes");
}

}  // namespace kdtalker::plan
