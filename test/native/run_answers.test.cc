// A run answers each request exactly once, even after failures, and never under a lock.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/failing_device.h"
#include "support/stage.h"

using namespace stage;

TEST_SUITE_BEGIN("threads");

TEST_CASE("a callback may ask for more, whichever thread it is on") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  Reader reader;
  MotionReader motion;
  const auto run = puppet.MakeRun(3);
  const auto again = [&] {
    motion.Ask(*run);
    reader.Ask(*run);
  };
  motion.Ask(*run, again);
  CHECK(motion.Wait() == std::vector<std::string>{"3", "3"});
  motion.Ask(*run, again);  // already available
  CHECK(motion.Wait() == std::vector<std::string>{"3", "3", "3", "3"});
  reader.Wait();
  run->Stop();
  run->Close();
  motion.Ask(*run, again);  // refused during the call
  const std::vector<std::string> answers = motion.Wait();
  CHECK(answers.size() == 6);
  CHECK(answers[4] != "3");
  CHECK(answers[5] == answers[4]);
}

TEST_CASE("a download of motion that fails is the answer to that request, and the next one works") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<FailingDevice>();
  const Stage puppet(device);
  for (const std::int64_t nth : {0, 1, 2, 3}) {
    CAPTURE(nth);
    MotionReader motion;
    const auto run = puppet.MakeRun(3);
    device->FailAt(FailingDevice::kDownload, nth);
    for (int i = 0; i < 3; i++) motion.Ask(*run);
    std::vector<std::string> wanted(3, "3");
    wanted[static_cast<std::size_t>(nth / 2)] = "NATIVE";
    CHECK(motion.Wait() == wanted);
    motion.Ask(*run);
    CHECK(motion.Wait().back() == "3");
  }
}

TEST_CASE("whatever fails on the device, every request is answered once and the talker works on") {
  if (!puppet::Built()) return;
  const auto device = std::make_shared<FailingDevice>();
  const Stage puppet(device, 2);
  const auto expected = FramesOf(*puppet.MakeRun(3), 3);
  for (const auto operation :
       {FailingDevice::kAllocate, FailingDevice::kUpload, FailingDevice::kDownload, FailingDevice::kCopy}) {
    for (const std::int64_t nth : {0, 1, 2, 5, 9, 14}) {
      CAPTURE(operation);
      CAPTURE(nth);
      Reader reader;
      MotionReader motion;
      const auto run = puppet.MakeRun(3);
      device->FailAt(operation, nth);
      for (int i = 0; i < 4; i++) reader.Ask(*run);
      motion.Ask(*run);
      reader.Wait();
      CHECK(motion.Wait().size() == 1);
      run->Close();
      CHECK(reader.answers().size() == 4);
      device->FailAt(operation, -1);
    }
  }
  CHECK(FramesOf(*puppet.MakeRun(3), 3) == expected);
}

TEST_SUITE_END();
