#pragma once

#include <functional>
#include <thread>

namespace kdtalker {

// A thread that runs `work`. The engine starts threads only with this function. If the system refuses (a
// limit on processes, no memory for a stack), it throws Error OUT_OF_RESOURCES; the caller continues with
// fewer threads or passes the error on.
std::thread StartThread(std::function<void()> work);

}  // namespace kdtalker
