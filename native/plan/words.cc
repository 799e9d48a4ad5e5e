#include "plan/words.h"

#include <cstring>
#include <utility>

#include "core/error.h"

namespace kdtalker::plan {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "plans are read as they are written");

Words::Words(const std::vector<std::uint8_t>& bytes, std::string name)
    : bytes_(bytes), name_(std::move(name)) {
  if (bytes.size() % sizeof(std::uint64_t) != 0)
    Fail("whole words of 8 bytes", std::to_string(bytes.size()) + " bytes");
}

void Words::Fail(const std::string& expected, const std::string& received) const {
  throw Error("PACK_DAMAGED", "Expected " + expected + " in plan '" + name_ + "' but received " + received);
}

std::int64_t Words::left() const {
  return static_cast<std::int64_t>((bytes_.size() - at_) / sizeof(std::uint64_t));
}

std::uint64_t Words::Take() {
  if (left() == 0) Fail("more bytes", "the end of the file");
  std::uint64_t word = 0;
  std::memcpy(&word, bytes_.data() + at_, sizeof(word));
  at_ += sizeof(word);
  return word;
}

std::int64_t Words::Next(const char* what, std::int64_t low, std::int64_t high) {
  const auto word = static_cast<std::int64_t>(Take());
  if (word < low || word > high) {
    Fail(std::to_string(low) + " to " + std::to_string(high) + " for " + what, std::to_string(word));
  }
  return word;
}

double Words::NextFloat() {
  const std::uint64_t word = Take();
  double value = 0.0;
  std::memcpy(&value, &word, sizeof(value));
  return value;
}

std::vector<std::uint8_t> Words::NextBytes(std::int64_t count) {
  const std::int64_t words = (count + 7) / 8;
  if (words > left()) Fail("more bytes", "the end of the file");
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
  at_ += static_cast<std::size_t>(words) * sizeof(std::uint64_t);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace kdtalker::plan
