// C = A B and C += A B for row-major A [rows, channels] and laid out B [channels][panel]: the microkernel of
// every convolution. The sums of a strip, kVectors vectors of the panel for up to kRows rows of A, stay in
// registers; A's values are broadcast. Measured at 97-100 % of the processor's multiply-add rate on AVX-512.
#pragma once

#include "kernels/cpu/ahead.h"
#include "kernels/cpu/vector.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// The rows whose sums fit into registers. 32 registers hold 14 x 2 or 8 x 3 sums, 16 hold 6 x 2 or 5 x 2.
template <int kVectors>
constexpr int RowsInRegisters() {
  if (kLanes == 16) return kVectors == 3 ? 8 : 14;
  return kLanes == 8 ? 6 : 5;
}
// The number of vectors in a strip of a panel of `blocks` blocks.
constexpr int StripVectors(std::int64_t blocks) {
  return kLanes == 16 ? static_cast<int>(blocks) : 2;
}

// Memory that is prefetched during a strip's sum: a part of the next panel, and the next rows of A. The
// passes read A in more streams at once than a processor's own prefetching follows.
struct Fetched {
  Ahead rows, panel;
};

template <int kRows, int kVectors>
KDTALKER_INLINE void Strip(const float* a, std::int64_t a_row, const float* b, int channels, int panel,
                           bool add, float* c, std::int64_t c_row, const Fetched& fetched) {
  Vector sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int row = 0; row < kRows; row++) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++) sum[row][i] = add ? Load(c + row * c_row + i * kLanes) : Vector{};
  }
  for (std::int64_t k = 0; k < channels; k++) {
    fetched.rows.Fetch(k);
    fetched.panel.Fetch(k);
    Vector right[kVectors];
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++) right[i] = Load(b + k * panel + i * kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kRows; row++) {
      const Vector left = Broadcast(a[row * a_row + k]);
#pragma GCC unroll 4
      for (int i = 0; i < kVectors; i++) sum[row][i] += left * right[i];
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < kRows; row++) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++) Store(c + row * c_row + i * kLanes, sum[row][i]);
  }
}

#if defined(__AVX512BF16__)
// B in pairs of channels: [channels / 2][panel][2]. Products of pairs are summed in float32.
template <int kRows, int kVectors>
KDTALKER_INLINE void Strip(const Bf16* a, std::int64_t a_row, const Bf16* b, int channels, int panel,
                           bool add, float* c, std::int64_t c_row, const Fetched& fetched) {
  __m512 sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int row = 0; row < kRows; row++) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++)
      sum[row][i] = add ? _mm512_loadu_ps(c + row * c_row + i * kLanes) : _mm512_setzero_ps();
  }
  const auto* pairs = reinterpret_cast<const float*>(b);
  for (std::int64_t k = 0; k < channels / 2; k++) {
    fetched.rows.Fetch(k);
    fetched.panel.Fetch(k);
    __m512bh right[kVectors];
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++)
      right[i] = reinterpret_cast<__m512bh>(_mm512_loadu_ps(pairs + k * panel + i * kLanes));
#pragma GCC unroll 16
    for (int row = 0; row < kRows; row++) {
      std::int32_t pair;
      __builtin_memcpy(&pair, a + row * a_row + 2 * k, sizeof(pair));
      const auto left = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
#pragma GCC unroll 4
      for (int i = 0; i < kVectors; i++) sum[row][i] = _mm512_dpbf16_ps(sum[row][i], left, right[i]);
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < kRows; row++) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; i++) _mm512_storeu_ps(c + row * c_row + i * kLanes, sum[row][i]);
  }
}
#endif

// One tile of rows; kRows counts down to the actual number.
template <class T, int kRows, int kVectors>
void StripOf(int rows, const T* a, std::int64_t a_row, const T* b, std::int64_t channels, std::int64_t panel,
             bool add, float* c, std::int64_t c_row, const Fetched& fetched) {
  if constexpr (kRows > 0) {
    if (rows == kRows) {
      Strip<kRows, kVectors>(a, a_row, b, channels, panel, add, c, c_row, fetched);
    } else {
      StripOf<T, kRows - 1, kVectors>(rows, a, a_row, b, channels, panel, add, c, c_row, fetched);
    }
  }
}

// Elements of B from a strip to the next: in bfloat16, pairs are adjacent.
template <class T>
constexpr std::int64_t StripStep(int vectors) {
  return vectors * kLanes * (sizeof(T) == 2 ? 2 : 1);
}

template <class T, int kVectors>
void Panel(const T* a, std::int64_t a_row, const T* b, int rows, std::int64_t channels, std::int64_t panel,
           bool add, float* c, std::int64_t c_row, const T* next) {
  constexpr int kRows = RowsInRegisters<kVectors>();
  const int pieces = (rows + kRows - 1) / kRows;
  const std::int64_t strips = panel / (kVectors * kLanes);
  const Ahead none{reinterpret_cast<const char*>(b), 0};
  const Ahead panel_ahead = next == nullptr ? none : AheadOf(next, channels * panel);
  for (int piece = 0; piece < pieces; piece++) {
    // Pieces are even: 64 rows become 13, 13, 13, 13, 12, not 14, 14, 14, 14, 8.
    const int first = rows * piece / pieces, count = rows * (piece + 1) / pieces - first;
    const T* left = a + first * a_row;
    const Ahead rows_ahead = piece + 1 == pieces ? none : AheadOf(left + count * a_row, count * a_row);
    for (std::int64_t strip = 0; strip < strips; strip++) {
      StripOf<T, kRows, kVectors>(
          count, left, a_row, b + strip * StripStep<T>(kVectors), channels, panel, add,
          c + first * c_row + strip * kVectors * kLanes, c_row,
          {rows_ahead.Part(strip, strips), panel_ahead.Part(piece * strips + strip, pieces * strips)});
    }
  }
}

// rows x channels by channels x panel; panel is 16, 32 or 48. `next`: B of the next call, or null if it is
// probably in the cache.
template <class T>
void Multiply(const T* a, std::int64_t a_row, const T* b, int rows, std::int64_t channels, std::int64_t panel,
              bool add, float* c, std::int64_t c_row, const T* next = nullptr) {
  switch (StripVectors(panel / kBlock)) {
    case 1:
      return Panel<T, 1>(a, a_row, b, rows, channels, panel, add, c, c_row, next);
    case 2:
      return Panel<T, 2>(a, a_row, b, rows, channels, panel, add, c, c_row, next);
    default:
      return Panel<T, 3>(a, a_row, b, rows, channels, panel, add, c, c_row, next);
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
