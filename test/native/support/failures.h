// Makes one allocation of the engine, or one start of a thread, fail: the n-th from now on, in any thread.
// Counts allocations by operator new, malloc and similar functions in the code of the engine and the tests,
// but not inside libraries; and all thread starts of the process, including ONNX Runtime's.
//
//   for (std::int64_t n = 0;; n++) {
//     const failures::FailNth failing(failures::kAllocation, n);
//     ... the work, which may throw ...
//     if (!failing.happened()) break;  // the work has fewer
//   }
#pragma once

#include <cstdint>

namespace failures {

enum Kind { kAllocation, kThread };

// Without this object, nothing fails. At most one exists at a time.
class FailNth {
 public:
  FailNth(Kind kind, std::int64_t n);
  ~FailNth();
  FailNth(const FailNth&) = delete;
  FailNth& operator=(const FailNth&) = delete;

  bool happened() const;
  std::int64_t seen() const;  // number of requests since construction

 private:
  Kind kind_;
};

// While it exists, requests of this thread are neither counted nor refused: for a test's own data.
class Exempt {
 public:
  Exempt();
  ~Exempt();
  Exempt(const Exempt&) = delete;
  Exempt& operator=(const Exempt&) = delete;
};

}  // namespace failures
