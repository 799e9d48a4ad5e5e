#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kdtalker::plan {

// Reads the little-endian words of a plan one after the other, each within the bounds that the caller names.
class Words {
 public:
  Words(const std::vector<std::uint8_t>& bytes, std::string name);

  // The next word. Throws Error PACK_DAMAGED if there is none or it is outside of [low, high].
  std::int64_t Next(const char* what, std::int64_t low, std::int64_t high);
  double NextFloat();
  // The next `count` bytes, which are followed by zeros up to a whole word.
  std::vector<std::uint8_t> NextBytes(std::int64_t count);
  // The number of words that are left.
  std::int64_t left() const;

  [[noreturn]] void Fail(const std::string& expected, const std::string& received) const;

 private:
  std::uint64_t Take();

  const std::vector<std::uint8_t>& bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

}  // namespace kdtalker::plan
