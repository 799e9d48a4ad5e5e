#include "core/start_thread.h"

#include <string>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace kdtalker {

std::thread StartThread(std::function<void()> work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& error) {
    throw Error("OUT_OF_RESOURCES",
                std::string("Expected the system to start a thread but it refused (") + error.what() +
                    "). Raise the limit on processes and threads (ulimit -u, a container's pids limit)");
  }
}

}  // namespace kdtalker
