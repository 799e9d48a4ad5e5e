#pragma once

#include <functional>

namespace kdtalker {

// An engine thread holds one while it works. If the process exits meanwhile (by process.exit or an uncaught
// error, when Node runs no cleanup hooks), every activity is stopped and exit() waits for it, so that no
// thread runs inside ONNX Runtime while its static objects are destroyed.
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

  // Ends all work before the process exits: stops every activity, waits for them, and lets no new one begin.
  // Exit handlers run too late for this: the objects that ONNX Runtime creates at its first use are destroyed
  // before them.
  static void StopAll();

  // Registers StopAll as an exit handler, once: the fallback for exits without JavaScript's `exit` event.
  // Call it after opening the libraries that must outlive all activities.
  static void StopAllAtExit();

 private:
  struct Registry;
  static Registry& TheRegistry();

  std::function<void()> stop_;
  bool entered_;
  // The registry's mutex guards this and the links of its list of active work.
  bool told_ = false, being_told_ = false;
  Activity *before_ = nullptr, *after_ = nullptr;
};

}  // namespace kdtalker
