// Work of a GPU that fails in the middle of a call: what the call gave is not done when it fails, so the call
// waits for it and hears of it before it returns.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/portrait.h"
#include "engine/prepare.h"
#include "provider/provided.h"
#include "puppet.h"

namespace {

using namespace kdtalker;
using cuda_double::Double;
using cuda_double::ThrownBy;

TalkerOptions OnGpu() {
  TalkerOptions options = puppet::Options("cuda:0", 1);
  options.provider.provider = Provider::kCuda;
  options.provider.graphs = false;
  return options;
}

using Made = std::shared_ptr<Talker>;
using Work = std::function<void(const Made& talker)>;

Made LoadedOnGpu() {
  return std::make_shared<Talker>(puppet::Runtime(), OnGpu());
}

// Whether the work hears of it if the n-th call of a function of CUDA fails.
bool Hears(const char* function, std::uint64_t n, const std::function<void()>& work) {
  const Double failing(std::string("fail=") + function + ":" + std::to_string(n) + ":1");
  return ThrownBy(work).code != "nothing";
}

// That each launch of the work, if it fails, is an error of the work, and that the same talker does it when
// asked again.
void HearsEachLaunch(const Work& before, const Work& work) {
  std::uint64_t launches = 0;
  {
    const Made talker = LoadedOnGpu();
    before(talker);
    launches = talker->device()->work().launches;
    work(talker);
    launches = talker->device()->work().launches - launches;
  }
  CHECK(launches > 0);
  for (std::uint64_t n = 0; n < launches; n++) {
    CAPTURE(n);
    const Made talker = LoadedOnGpu();
    before(talker);
    CHECK(Hears("cudaLaunchKernel", n, [&] { work(talker); }));
    CHECK_NOTHROW(work(talker));
  }
}

PortraitOptions WithPhoto() {
  PortraitOptions options = puppet::Picture();
  const std::vector<std::uint8_t> rgb(std::size_t{3} * 600 * 560, 90);
  options.photo = std::make_shared<const stages::PhotoPixels>(stages::Picture{rgb.data(), 600, 560},
                                                              std::array<double, 6>{1, 0, 40, 0, 1, 30});
  return options;
}

TEST_CASE("loss: a portrait hears of each launch before it is handed out") {
  if (!puppet::Built()) return;
  const PortraitOptions picture = puppet::Picture();
  HearsEachLaunch([](const Made&) {}, [&](const Made& talker) { Portrait::Prepare(talker, picture); });
}

TEST_CASE("loss: and when it is restored") {
  if (!puppet::Built()) return;
  const Portrait::Saved saved = Portrait::Prepare(LoadedOnGpu(), puppet::Picture())->Save();
  HearsEachLaunch([](const Made&) {}, [&](const Made& talker) { Portrait::Restore(talker, saved); });
}

TEST_CASE("loss: so does a photo on the device, which portraits keep") {
  if (!puppet::Built()) return;
  const PortraitOptions picture = WithPhoto();
  std::shared_ptr<Portrait> portrait;
  HearsEachLaunch([&](const Made& talker) { portrait = Portrait::Prepare(talker, picture); },
                  [&](const Made&) { portrait->photo(); });
}

// It waits for the zeros of its input and its output, and for its run.
TEST_CASE("loss: a network that is prepared has run") {
  if (!puppet::Built()) return;
  const auto runtime = puppet::Runtime();
  const auto options = OnGpu();
  const auto prepare = [&] { Prepare(runtime, options, "audio", 64); };
  for (std::uint64_t n = 0; n < 3; n++) CHECK(Hears("cudaStreamSynchronize", n, prepare));
}

}  // namespace
