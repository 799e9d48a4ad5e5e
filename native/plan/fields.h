#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/half.h"
#include "kernels/plan/places.h"
#include "plan/tables.h"

namespace kdtalker::plan {

using kernels::Half;
using kernels::plan::Places;
using kernels::plan::Strides;

// The strides of a view over some axes.
struct Over {
  const Places& places;
  Strides& strides;
};

// Takes the numbers of an operation one after the other and checks each, so that a kernel made of them never
// reads or writes outside of its buffers. `addresses` has the address of every buffer; null addresses check
// only.
class Fields {
 public:
  Fields(const Tables& tables, const Operation& operation, const std::vector<void*>& addresses);

  std::int64_t Integer(std::int64_t low, std::int64_t high);
  template <class Code>
  Code CodeOf() {
    return static_cast<Code>(Integer(0, static_cast<std::int64_t>(Code::kCount) - 1));
  }
  double Float();
  // Lengths of `least` to `most` axes, after their number.
  Places Axes(std::int64_t least, std::int64_t most);

  // The first element of the next buffer's view over the axes, whose strides are filled in. Every element of
  // the view is in the buffer.
  const float* Read(std::initializer_list<Over> axes);
  const std::int64_t* ReadIntegers(std::initializer_list<Over> axes);
  const Half* ReadHalves(std::initializer_list<Over> axes);
  float* Write(std::initializer_list<Over> axes);
  Half* WriteHalves(std::initializer_list<Over> axes);
  // `count` elements side by side.
  const float* ReadRow(std::int64_t count);
  const std::int64_t* ReadIntegerRow(std::int64_t count);
  // The same, beginning at a multiple of 16 bytes, for kernels that take so many at once.
  const float* ReadWideRow(std::int64_t count);
  float* WriteWideRow(std::int64_t count);
  const Half* ReadHalfRow(std::int64_t count);
  Half* WriteHalfRow(std::int64_t count);

  // Throws unless all numbers were taken.
  void End() const;
  [[noreturn]] void Fail(const std::string& expected, const std::string& received) const;

 private:
  // What a view needs besides its axes.
  struct Access {
    Type type;
    bool written;
    std::int64_t alignment = 1;  // of its first element, bytes
  };
  std::uintptr_t View(const Access& access, std::initializer_list<Over> axes);
  std::uintptr_t Row(const Access& access, std::int64_t count);
  const Buffer& NextBuffer(Type type, bool written);
  [[noreturn]] void FailView(std::int64_t elements, std::int64_t first, std::int64_t last) const;

  const Tables& tables_;
  const Operation& operation_;
  const std::vector<void*>& addresses_;
  std::int64_t integer_ = 0, float_ = 0, reference_ = 0;
};

}  // namespace kdtalker::plan
