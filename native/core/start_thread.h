#pragma once

#include <functional>
#include <thread>

namespace kdtalker {

// A thread that runs `work`. The one way in which the engine starts threads: where the system gives none
// (a limit on processes, no memory for a stack) it throws Error OUT_OF_RESOURCES, and whoever asked lives on
// with fewer threads or hands that error on.
std::thread StartThread(std::function<void()> work);

}  // namespace kdtalker
