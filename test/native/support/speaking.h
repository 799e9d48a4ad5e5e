// Streams for tests, and what they hear.
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "support/stage.h"

namespace stage {

inline constexpr std::int64_t kHop = 4;

// A stream of few steps; every third number is the lips'.
inline kdtalker::RunOptions StreamOf(std::uint64_t seed) {
  kdtalker::kernels::MotionMask lips{};
  for (int i = 7; i < 70; i++) lips.of[i] = i % 3 == 0;
  kdtalker::RunOptions options;
  options.seed = seed;
  options.steps = 2;
  options.stream = kdtalker::StreamOptions{kHop, 2, 3, 4, lips};
  return options;
}

inline std::vector<float> Tone(std::size_t samples) {
  std::vector<float> tone(samples);
  for (std::size_t i = 0; i < samples; i++)
    tone[i] = static_cast<float>(0.4 * std::sin(0.17 * static_cast<double>(i)));
  return tone;
}

// Speaks, reads, interrupts, ends, stops or closes as the seed says. The number of requests without an
// answer.
inline std::size_t LiveAtRandom(const Stage& puppet, std::uint32_t seed) {
  std::mt19937 random(seed);
  Reader reader;
  std::int64_t done = 0;
  Run run(puppet.portrait, std::make_shared<LiveSpeech>(16000, 25), StreamOf(seed));
  for (int i = 0; i < 8; i++) {
    const std::uint32_t what = random() % 16;
    if (what < 6) {
      const auto tone = Tone(640 * (1 + random() % 12));
      run.Hear(tone.data(), tone.size());
    } else if (what < 12) {
      reader.Ask(run);
    } else if (what < 14) {
      run.Interrupt(done);
    } else if (what == 14) {
      run.EndSpeech();
      break;
    } else {
      run.Stop();
    }
  }
  if (random() % 2 == 0) run.Stop();
  run.Close();
  return reader.asked() - reader.answers().size();
}

// The same by eight threads at once, so many times each.
inline std::size_t EightAtRandom(const Stage& puppet, std::uint32_t rounds) {
  std::atomic<std::size_t> lost{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 8; i++) {
    threads.emplace_back([&puppet, &lost, i, rounds] {
      for (std::uint32_t round = 0; round < rounds; round++) lost += LiveAtRandom(puppet, 100 * i + round);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return lost;
}

}  // namespace stage
