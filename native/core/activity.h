#pragma once

#include <functional>

namespace kdtalker {

// Held by a thread of the engine's while it works. When the process exits in the middle of it (process.exit,
// an uncaught throw: Node runs no cleanup hooks then), every activity is told to stop and exit() waits for
// it, so that no thread runs inside ONNX Runtime while its static objects are being destroyed.
class Activity {
 public:
  // `stop` makes the work end soon; called from the exiting thread, with no lock held, while this still
  // lives. Empty: the work is short and is waited for. Allocates nothing: threads begin with it.
  explicit Activity(std::function<void()> stop = {}) noexcept;
  ~Activity();
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

  // False once the process is exiting: start nothing.
  explicit operator bool() const { return entered_; }

  // Ends all work: tells every activity to stop, waits for them, and lets none begin from then on. For the
  // moment before the process exits. Exit handlers alone come too late: objects that ONNX Runtime makes when
  // it is first used are destroyed before.
  static void StopAll();

  // Registers StopAll as an exit handler, once: the net for exits that JavaScript does not hear of. Call it
  // after the libraries that must outlive all activities were opened.
  static void StopAllAtExit();

 private:
  struct Registry;
  static Registry& TheRegistry();

  std::function<void()> stop_;
  bool entered_;
  // Guarded by the registry's mutex, with the links of its list of those that work.
  bool told_ = false, being_told_ = false;
  Activity *before_ = nullptr, *after_ = nullptr;
};

}  // namespace kdtalker
