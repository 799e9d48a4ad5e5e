// Interruptions of a stream: what follows depends on the frame, and not on what was made behind it.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/live_sampler.h"
#include "support/live_speaking.h"

using namespace stage;

namespace {

// The raw motion of a stream that is interrupted once it has made so many hops more than the frame needs, as
// often as said, and then hears other words.
Floats Interrupted(const Stage& puppet, const RunOptions& options, std::int64_t frame, std::int64_t more,
                   int often = 1) {
  const auto stream = puppet.talker->device()->MakeStream();
  const auto speech = std::make_shared<LiveSpeech>(16000, 25);
  const Floats words = SwellingTone(140), others = SwellingTone(60);
  speech->Push(words.data(), words.size());
  const StopToken stop;
  LiveSampler sampler(*stream, puppet.portrait, speech, options);
  const auto timeline = sampler.MakeTimeline();
  const auto hop = [&] {
    sampler.Hop(*timeline, stop);
    stream->Synchronise();
  };
  while (timeline->known() < frame) hop();
  for (std::int64_t i = 0; i < more; i++) hop();
  for (int i = 0; i < often; i++) {
    speech->Restart(frame, LiveSampler::kRest);
    sampler.Interrupt(*timeline, frame, {}, stop);
    stream->Synchronise();
    for (std::int64_t k = 0; i + 1 < often && k < more; k++) hop();
  }
  speech->Push(others.data(), others.size());
  while (timeline->known() < frame + 40) hop();
  Floats raw = timeline->DownloadRaw(*stream);
  raw.resize(70 * static_cast<std::size_t>(frame + 40));
  return raw;
}

}  // namespace

TEST_CASE("what an interruption leaves does not depend on how far the sampler was") {
  if (!puppet::Built()) return;
  const Stage puppet("cpu");
  RunOptions relative = Options(4, 2);
  relative.relative = true;
  RunOptions following = Options(4, 2);
  following.stream->replan = 8;
  for (const RunOptions& options :
       {Options(4, 2), relative, following, Options(4, 0), Options(1, 2), Options(8, 4)}) {
    CAPTURE(options.stream->hop);
    for (const std::int64_t frame : {0, 5, 8, 55, 62, 64, 66}) {
      CAPTURE(frame);
      const Floats expected = Interrupted(puppet, options, frame, 0);
      for (const std::int64_t more : {1, 3, 9}) CHECK(Interrupted(puppet, options, frame, more) == expected);
      CHECK(Interrupted(puppet, options, frame, 2, 2) == expected);
    }
  }
}
