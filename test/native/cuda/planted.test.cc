// The proof that the double finds what it is made for: mistakes are planted, each in a process of its own,
// which has to fail. The suite "planted" runs only when it is asked for.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cuda/array.h"
#include "cuda/crossings.h"
#include "kernels/ddim.h"

namespace {

using namespace kdtalker;

struct Ended {
  int status;
  std::string output;
};

Ended RunPlanted(const std::string& name) {
  char self[4096] = {};
  REQUIRE(::readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
  const std::string command =
      std::string(self) + " --no-skip --test-suite=planted --test-case='" + name + "' 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ended ended{};
  char text[4096];
  while (const std::size_t count = std::fread(text, 1, sizeof(text), pipe)) ended.output.append(text, count);
  const int status = ::pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

void IsFound(const std::string& name, const std::string& text) {
  const Ended ended = RunPlanted(name);
  CAPTURE(name);
  CAPTURE(ended.output);
  CHECK(ended.status != 0);
  CHECK(ended.output.find(text) != std::string::npos);
}

TEST_CASE(
    "planted: the host touches device memory, a kernel gets memory of the host, a reader does not wait") {
#if defined(SIMT_TSAN)
  IsFound("host touches the device", "signal");
  IsFound("read before the event", "data race");
#else
  IsFound("host touches the device", "SEGV");
  IsFound("read before the event", "is NOT correct");
#endif
  IsFound("kernel of host memory", "memory of the host");
}

#if defined(SIMT_TSAN)
TEST_CASE("planted: TSan names a missing event, a missing atomic and a late join") {
  IsFound("missing event", "DdimStep::operator");
  IsFound("missing atomic", "data race");
  IsFound("late join", "data race");
}
#endif

TEST_SUITE_BEGIN("planted" * doctest::skip());

TEST_CASE("host touches the device") {
  Array<float> x(4);
  CHECK(x.device[0] == 0.0F);
}

TEST_CASE("kernel of host memory") {
  const CudaStream stream;
  std::vector<float> x(16);
  OK(cuda::Launch(stream, cuda::Each<kernels::DdimStep>{{x.data(), x.data(), nullptr, 16, {}}}));
}

TEST_CASE("read before the event") {
  fake::Configure("late=1");
  ReadFrame(false);
}

TEST_CASE("missing event") {
  TwoStreams(false);
}

TEST_CASE("missing atomic") {
  BlocksAdd(false);
}

TEST_CASE("late join") {
  TwoBranches(Join::kLate);
}

TEST_SUITE_END();

}  // namespace
