#include "core/ceiling.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/start_thread.h"

namespace kdtalker {
namespace {

using Clock = std::chrono::steady_clock;

// Number of independent sums: twice the latency of a multiply-add, so that two units never wait for a result.
constexpr int kSums = 16;
constexpr std::int64_t kRounds = 1 << 15;
constexpr int kRepeats = 24;

// A loop of multiply-adds; its result keeps the compiler from removing it.
using Loop = float (*)(std::int64_t rounds);

struct Unit {
  const char* precision;
  const char* name;
  bool available;
  int flops;  // of one round
  Loop loop;
};

// Sixteen bytes, the vector size of every x86-64 processor. Half as many sums leave registers for the
// operands.
using Vector = float __attribute__((vector_size(16)));
constexpr int kPortableSums = kSums / 2;

float PortableLoop(std::int64_t rounds) {
  Vector sums[kPortableSums] = {};
  volatile float half = 0.5F;
  const Vector factor = {half, half, half, half};
  for (std::int64_t i = 0; i < rounds; i++) {
#pragma GCC unroll 8
    for (Vector& sum : sums) sum = sum * factor + factor;
  }
  Vector all = sums[0];
  for (const Vector& sum : sums) all += sum;
  return all[0];
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) float Avx2Loop(std::int64_t rounds) {
  __m256 sums[kSums];
  __m256 factor = _mm256_set1_ps(0.5F);
  for (__m256& sum : sums) sum = _mm256_setzero_ps();
  asm volatile("" : "+x"(factor));
  for (std::int64_t i = 0; i < rounds; i++) {
#pragma GCC unroll 16
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, factor);
  }
  __m256 all = sums[0];
  for (const __m256& sum : sums) all += sum;
  return _mm256_cvtss_f32(all);
}

__attribute__((target("avx512f"))) float Avx512Loop(std::int64_t rounds) {
  __m512 sums[kSums];
  __m512 factor = _mm512_set1_ps(0.5F);
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  asm volatile("" : "+v"(factor));
  for (std::int64_t i = 0; i < rounds; i++) {
#pragma GCC unroll 16
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, factor, factor);
  }
  __m512 all = sums[0];
  for (const __m512& sum : sums) all += sum;
  return _mm512_cvtss_f32(all);
}

__attribute__((target("avx512f,avx512bf16"))) float Bf16Loop(std::int64_t rounds) {
  __m512 sums[kSums];
  __m512i ones = _mm512_set1_epi16(0x3f80);
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  asm volatile("" : "+v"(ones));
  const auto pairs = reinterpret_cast<__m512bh>(ones);
  for (std::int64_t i = 0; i < rounds; i++) {
#pragma GCC unroll 16
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, pairs, pairs);
  }
  __m512 all = sums[0];
  for (const __m512& sum : sums) all += sum;
  return _mm512_cvtss_f32(all);
}

std::vector<Unit> Units() {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return {{"fp32", "avx512f", avx512, kSums * 32, Avx512Loop},
          {"fp32", "avx2", avx2, kSums * 16, Avx2Loop},
          {"fp32", "portable", true, kPortableSums * 8, PortableLoop},
          {"bf16", "avx512bf16", avx512 && __builtin_cpu_supports("avx512bf16") != 0, kSums * 64, Bf16Loop}};
}

#else

std::vector<Unit> Units() {
  return {{"fp32", "portable", true, kPortableSums * 8, PortableLoop}};
}

#endif

// Seconds of the fastest of several runs, since other work can only slow a run down.
double FastestSeconds(const Unit& unit) {
  double best = 1e9;
  volatile float keep = 0;
  for (int i = 0; i < kRepeats; i++) {
    const auto begun = Clock::now();
    keep = keep + unit.loop(kRounds);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begun).count());
  }
  return best;
}

double GigaflopsOf(const Unit& unit, double seconds) {
  return static_cast<double>(kRounds) * unit.flops / seconds / 1e9;
}

// Threads that are always joined.
struct Workers {
  std::vector<std::thread> threads;
  ~Workers() {
    for (std::thread& thread : threads) thread.join();
  }
};

// The total rate of all threads at work together. Throws Error OUT_OF_RESOURCES if a thread cannot start,
// since fewer threads would give a wrong figure.
double GigaflopsOfAll(const Unit& unit, int threads) {
  std::vector<double> reached(static_cast<std::size_t>(threads));
  {
    Workers workers;
    workers.threads.reserve(reached.size());
    for (double& each : reached) {
      workers.threads.push_back(
          StartThread([&unit, &each] { each = GigaflopsOf(unit, FastestSeconds(unit)); }));
    }
  }
  double sum = 0;
  for (const double each : reached) sum += each;
  return sum;
}

}  // namespace

std::vector<Ceiling> MeasureCeilings(int threads) {
  std::vector<Ceiling> ceilings;
  for (const Unit& unit : Units()) {
    const bool have = !ceilings.empty() && ceilings.back().precision == unit.precision;
    if (!unit.available || have) continue;
    const double one = GigaflopsOf(unit, FastestSeconds(unit));
    ceilings.push_back({unit.precision, unit.name, one, GigaflopsOfAll(unit, std::max(1, threads))});
  }
  return ceilings;
}

}  // namespace kdtalker
