// The end of working threads when the process exits; each case in a child process.
#include "core/activity.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

namespace {

using kdtalker::Activity;

struct Ending {
  int status;
  std::string said;  // through the pipe
};

// Runs work in a child that then calls exit(3).
Ending ExitAfter(const std::function<void(int pipe)>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Activity::StopAllAtExit();
    work(ends[1]);
    std::exit(3);
  }
  ::close(ends[1]);
  Ending ending{0, {}};
  char letter;
  while (::read(ends[0], &letter, 1) == 1) ending.said += letter;
  ::close(ends[0]);
  ::waitpid(child, &ending.status, 0);
  return ending;
}

void Say(int pipe, char letter) {
  if (::write(pipe, &letter, 1) != 1) std::abort();
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("exit tells every activity to stop and waits for it") {
  const Ending ending = ExitAfter([](int pipe) {
    static std::atomic<bool> stopped{false}, working{false};
    std::thread([pipe] {
      const Activity activity([] { stopped = true; });
      working = true;
      while (!stopped) std::this_thread::yield();
      Say(pipe, 's');
      const Activity late;  // the process is exiting: nothing new may begin
      Say(pipe, late ? 'y' : 'n');
    }).detach();
    while (!working) std::this_thread::yield();
  });
  CHECK(WIFEXITED(ending.status));
  CHECK(WEXITSTATUS(ending.status) == 3);
  CHECK(ending.said == "sn");
}

TEST_CASE("what tells an activity to stop may hold an activity of its own, and let others end meanwhile") {
  const Ending ending = ExitAfter([](int pipe) {
    static std::atomic<bool> stopped{false}, left{false}, working{false};
    std::thread([] {
      const Activity activity([] {
        const Activity late;  // locks what StopAll locks
        stopped = true;
        while (!left) std::this_thread::yield();
      });
      working = true;
      while (!stopped) std::this_thread::yield();
    }).detach();
    while (!working) std::this_thread::yield();
    working = false;
    std::thread([pipe] {
      {
        const Activity other([] {});
        working = true;
        while (!stopped) std::this_thread::yield();
      }
      Say(pipe, 'l');
      left = true;
    }).detach();
    while (!working) std::this_thread::yield();
  });
  CHECK(WEXITSTATUS(ending.status) == 3);
  CHECK(ending.said == "l");
}

TEST_CASE("exit waits for an activity that cannot be stopped") {
  const Ending ending = ExitAfter([](int pipe) {
    static std::atomic<bool> working{false};
    std::thread([pipe] {
      const Activity activity;
      working = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      Say(pipe, 'd');
    }).detach();
    while (!working) std::this_thread::yield();
  });
  CHECK(WEXITSTATUS(ending.status) == 3);
  CHECK(ending.said == "d");
}

TEST_CASE("without activities exit waits for nothing") {
  const Ending ending = ExitAfter([](int) {
    const Activity ended;
    CHECK(ended);
  });
  CHECK(WEXITSTATUS(ending.status) == 3);
}

TEST_SUITE_END();
