// Reads the golden tensors (safetensors) and compares values with them.
//
// The folder is KDTALKER_GOLDEN, or else ../shared/golden or test/golden relative to the working directory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace golden {

inline std::filesystem::path Folder() {
  if (const char* named = std::getenv("KDTALKER_GOLDEN")) return named;
  for (const char* folder : {"../shared/golden", "test/golden"}) {
    if (std::filesystem::exists(std::filesystem::path(folder) / "norm.json")) return folder;
  }
  throw std::runtime_error(
      "Expected the golden tensors in KDTALKER_GOLDEN, ../shared/golden or test/golden.");
}

inline std::string Bytes(const std::string& name) {
  std::ifstream file(Folder() / name, std::ios::binary);
  if (!file) throw std::runtime_error("Expected the golden file " + name + " but could not read it.");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The numbers of the first flat array behind "key" in JSON text.
inline std::vector<double> Numbers(const std::string& json, const std::string& key) {
  const std::size_t found = json.find('"' + key + '"');
  if (found == std::string::npos) throw std::runtime_error("Expected \"" + key + "\" in the golden file.");
  const char* at = json.c_str() + json.find('[', found) + 1;
  std::vector<double> numbers;
  while (true) {
    at += std::strspn(at, " \t\r\n,");
    if (*at == ']' || *at == 0) return numbers;
    char* end = nullptr;
    numbers.push_back(std::strtod(at, &end));
    if (end == at) throw std::runtime_error("Expected numbers behind \"" + key + "\".");
    at = end;
  }
}

// One safetensors file: eight bytes of header length, a JSON header, the data.
class File {
 public:
  explicit File(const std::string& name) : bytes_(Bytes(name + ".safetensors")) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof(length));
    header_ = bytes_.substr(sizeof(length), length);
    data_ = sizeof(length) + length;
  }

  template <class T>
  std::vector<T> Read(const std::string& tensor) const {
    const std::size_t entry = header_.find('"' + tensor + '"');
    if (entry == std::string::npos) throw std::runtime_error("Expected a golden tensor " + tensor + ".");
    const std::vector<double> range = Numbers(header_.substr(entry), "data_offsets");
    const auto first = static_cast<std::size_t>(range.at(0));
    const auto size = static_cast<std::size_t>(range.at(1)) - first;
    std::vector<T> values(size / sizeof(T));
    std::memcpy(values.data(), bytes_.data() + data_ + first, size);
    return values;
  }
  std::vector<float> Floats(const std::string& tensor) const { return Read<float>(tensor); }

 private:
  std::string bytes_, header_;
  std::size_t data_;
};

// The published statistics of a row of motion ("mean" or "std"), and of the keypoints.
inline std::vector<float> MotionStatistics(const std::string& which) {
  const std::string json = Bytes("norm.json");
  std::vector<float> row;
  for (const char* part : {"scale", "yaw", "pitch", "roll", "t", "exp"}) {
    for (const double value : Numbers(json, std::string(part) + "_" + which))
      row.push_back(static_cast<float>(value));
  }
  return row;
}

inline std::vector<float> KeypointStatistics(const std::string& which) {
  const std::vector<double> numbers = Numbers(Bytes("norm.json"), "kp_" + which);
  std::vector<float> row;
  for (const double value : numbers) row.push_back(static_cast<float>(value));
  return row;
}

// Rows of 70 from tensors of their columns, such as denorm_scale, denorm_yaw, ...
inline std::vector<float> MotionRows(const File& file, const std::string& prefix, bool with_scale) {
  std::vector<float> rows(file.Floats(prefix + "yaw").size() * 70);
  std::size_t column = 0;
  for (const char* part : {"scale", "yaw", "pitch", "roll", "t", "exp"}) {
    if (!with_scale && column == 0) {
      column = 1;
      continue;
    }
    const std::vector<float> values = file.Floats(prefix + part);
    const std::size_t width = values.size() / (rows.size() / 70);
    for (std::size_t i = 0; i < values.size(); i++) rows[i / width * 70 + column + i % width] = values[i];
    column += width;
  }
  return rows;
}

// Largest |actual - wanted| / (1 + relative |wanted|): with relative 0 the absolute error.
inline double MaxError(const std::vector<float>& actual, const std::vector<float>& wanted,
                       double relative = 0.0) {
  REQUIRE(actual.size() == wanted.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < actual.size(); i++) {
    const double a = static_cast<double>(actual[i]);
    const double w = static_cast<double>(wanted[i]);
    const double error = std::abs(a - w) / (1.0 + relative * std::abs(w));
    if (!(error <= largest)) largest = error;  // a NaN stays
  }
  return largest;
}

inline void CheckClose(const std::string& what, const std::vector<float>& actual,
                       const std::vector<float>& wanted, double tolerance) {
  const double error = MaxError(actual, wanted);
  MESSAGE(what << ": largest error " << error << ", allowed " << tolerance);
  CHECK(error <= tolerance);
}

}  // namespace golden
