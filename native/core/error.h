#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace kdtalker {

// The engine's only exception type. `code` is a key of ERROR_CODES in lib/errors.ts; the addon passes it on
// unchanged.
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}

  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace kdtalker
