// Makes one allocation of the engine, or one start of a thread, fail: the n-th from now on, whatever thread
// asks for it. Counted are allocations by operator new, malloc and their kin from the engine's code and the
// tests', not those inside of libraries; and all threads of the process, ONNX Runtime's too.
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

// Without one of these, nothing fails. One at a time.
class FailNth {
 public:
  FailNth(Kind kind, std::int64_t n);
  ~FailNth();
  FailNth(const FailNth&) = delete;
  FailNth& operator=(const FailNth&) = delete;

  bool happened() const;
  std::int64_t seen() const;  // how many were asked for since it was made

 private:
  Kind kind_;
};

// While it lives, what this thread asks for is neither counted nor refused: for a test's own book-keeping.
class Exempt {
 public:
  Exempt();
  ~Exempt();
  Exempt(const Exempt&) = delete;
  Exempt& operator=(const Exempt&) = delete;
};

}  // namespace failures
