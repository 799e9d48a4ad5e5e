// The layers of token_kernels.h for one instruction set.
#pragma once

#include "kernels/cpu/exponential.h"
#include "kernels/cpu/gemm.h"
#include "kernels/cpu/token_kernels.h"

namespace kdtalker::kernels::KDTALKER_ISA {

KDTALKER_INLINE Vector Silu(Vector x) {
  return x / (1.0F + Exp(-x));
}

// The sum of all lanes, by halves.
KDTALKER_INLINE float Sum(Vector x) {
  alignas(64) float lanes[kLanes];
  Store(lanes, x);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

KDTALKER_INLINE float Largest(Vector x) {
  alignas(64) float lanes[kLanes];
  Store(lanes, x);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  }
  return lanes[0];
}

// Completes a panel's product, [rows, kTokenPanel] in `space`: bias, activation, residual, copy.
template <class T>
KDTALKER_INLINE void Finish(const LinearCall<T>& call, int panel, const float* space) {
  alignas(64) float bias[kTokenPanel] = {};
  const int first = panel * kTokenPanel, there = call.outputs - first;
  for (int i = 0; call.bias != nullptr && i < kTokenPanel && i < there; i++) bias[i] = call.bias[first + i];
  for (int row = 0; row < call.rows; row++) {
    const std::int64_t at = row * call.y_row + first;
#pragma GCC unroll 8
    for (int i = 0; i < kTokenPanel; i += kLanes) {
      Vector value = Load(space + row * kTokenPanel + i) + Load(bias + i);
      if (call.silu) value = Silu(value);
      if (call.residual != nullptr) value += Load(call.residual + at + i);
      Store(call.y + at + i, value);
      if (call.copy != nullptr) Store(call.copy + row * call.copy_row + first + i, value);
    }
  }
}

template <class T>
void LinearPanel(const LinearCall<T>& call, int panel, const T* next, float* space) {
  const std::int64_t size = TokenPanelSize<T>(call.channels);
  Multiply(call.x, call.x_row, call.weights + panel * size, call.rows, size / kTokenPanel, kTokenPanel, false,
           space, kTokenPanel, next);
  Finish(call, panel, space);
}

struct Moments {
  float mean, scale;  // 1 / deviation
};

KDTALKER_INLINE Moments MomentsOf(const float* x, int width, float epsilon) {
  Vector sum{}, squares{};
  for (int i = 0; i < width; i += kLanes) sum += Load(x + i);
  const float mean = Sum(sum) / static_cast<float>(width);
  for (int i = 0; i < width; i += kLanes) {
    const Vector away = Load(x + i) - mean;
    squares += away * away;
  }
  return {mean, 1.0F / __builtin_sqrtf(Sum(squares) / static_cast<float>(width) + epsilon)};
}

template <class T>
void NormaliseRows(const NormaliseCall<T>& call, int first, int last) {
  for (int row = first; row < last; row++) {
    const float* x = call.x + row * call.x_row;
    const Moments moments = MomentsOf(x, call.width, call.epsilon);
    const float* audio = call.time != nullptr && row >= call.prefix
                             ? call.audio + (row - call.prefix) * call.audio_row
                             : nullptr;
    T* y = call.y + row * call.y_row;
    for (int i = 0; i < call.width; i += kLanes) {
      Vector value =
          (Load(x + i) - moments.mean) * moments.scale * Load(call.gamma + i) + Load(call.beta + i);
      if (call.time != nullptr) {
        Vector scale = Load(call.time + i), shift = Load(call.time + call.width + i);
        if (audio != nullptr) {
          scale += Load(audio + i);
          shift += Load(audio + call.width + i);
        }
        value = Silu(value * (scale + 1.0F) + shift);
      }
      Store(y + i, value);
    }
  }
}

// The parts of AttendSpace().
struct AttendRoom {
  float *queries, *keys, *values, *scores, *mixed, *sums, *distances;
  int wide;  // columns of the scores: whole panels

  AttendRoom(float* space, int rows, int size) : wide(HeadPanelsOf(rows) * kHeadPanel) {
    const std::int64_t n = rows, each = std::int64_t{rows} * size;
    queries = space;
    keys = queries + each;                      // [panel][size][32]
    values = keys + std::int64_t{wide} * size;  // [size / 32][rows][32]
    scores = values + each;                     // [rows, wide]
    mixed = scores + n * wide;                  // [rows, 32]
    sums = mixed + n * kHeadPanel;
    distances = sums + n;
  }
};

// Number i of a head's row, rotated by its position.
template <class T>
KDTALKER_INLINE float Turned(const AttendCall<T>& call, const float* x, int row, int i) {
  if (i >= call.turning) return x[i];
  const std::int64_t at = std::int64_t{row} * call.turning + i;
  return x[i] * call.cos[at] + x[i ^ 1] * call.sin[at];
}

template <class T>
KDTALKER_INLINE void LayOutHead(const AttendCall<T>& call, int head, const AttendRoom& room) {
  const int size = call.size, width = call.heads * size;
  const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(size));
  for (int row = 0; row < room.wide; row++) {
    float* key = room.keys + std::int64_t{row / kHeadPanel} * size * kHeadPanel + row % kHeadPanel;
    if (row >= call.rows) {
      for (int i = 0; i < size; i++) key[i * kHeadPanel] = 0;
      continue;
    }
    const float* q = call.qkv + row * call.qkv_row + head * size;
    const float *k = q + width, *v = k + width;
    float* query = room.queries + std::int64_t{row} * size;
    for (int i = 0; i < size; i++) query[i] = q[i] * scale;
    for (int i = 0; i < size; i++) key[i * kHeadPanel] = k[i];
    for (int i = 0; i < call.turning; i++) {
      query[i] = Turned(call, q, row, i) * scale;
      key[i * kHeadPanel] = Turned(call, k, row, i);
    }
    for (int i = 0; i < size; i++)
      room.values[(std::int64_t{i / kHeadPanel} * call.rows + row) * kHeadPanel + i % kHeadPanel] = v[i];
  }
}

// Writes the terms of the scores for each distance from query to key: room.distances[rows - 1 + distance].
// The keys that fill the last panel have terms too.
template <class T>
KDTALKER_INLINE void LayOutDistances(const AttendCall<T>& call, int head, const AttendRoom& room) {
  for (int i = 0; i < call.rows + room.wide; i++) {
    const int away = i - (call.rows - 1);
    const int near = away < -call.far ? -call.far : away > call.far ? call.far : away;
    room.distances[i] = call.distances[std::int64_t{near + call.far} * call.heads + head];
  }
}

// Softmax without the division; room.sums receives 1 / sum.
KDTALKER_INLINE void Weigh(float* scores, int row, int rows, const AttendRoom& room) {
  const float* distances = room.distances + (rows - 1 - row);
  for (int i = rows; i < room.wide; i++) scores[i] = -3e38F;  // its exponential is 0
  Vector largest = Broadcast(-3e38F), sum{};
  for (int i = 0; i < room.wide; i += kLanes) {
    const Vector value = Load(scores + i) + Load(distances + i);
    Store(scores + i, value);
    largest = Max(largest, value);
  }
  const float top = Largest(largest);
  for (int i = 0; i < room.wide; i += kLanes) {
    const Vector value = Exp(Load(scores + i) - top);
    Store(scores + i, value);
    sum += value;
  }
  room.sums[row] = 1.0F / Sum(sum);
}

template <class T>
void AttendHead(const AttendCall<T>& call, int head, float* space) {
  const AttendRoom room(space, call.rows, call.size);
  LayOutHead(call, head, room);
  for (int panel = 0; panel < room.wide / kHeadPanel; panel++) {
    Multiply(room.queries, call.size, room.keys + std::int64_t{panel} * call.size * kHeadPanel, call.rows,
             call.size, kHeadPanel, false, room.scores + panel * kHeadPanel, room.wide);
  }
  LayOutDistances(call, head, room);
  for (int row = 0; row < call.rows; row++)
    Weigh(room.scores + std::int64_t{row} * room.wide, row, call.rows, room);
  for (int panel = 0; panel < call.size / kHeadPanel; panel++) {
    Multiply(room.scores, room.wide, room.values + std::int64_t{panel} * call.rows * kHeadPanel, call.rows,
             call.rows, kHeadPanel, false, room.mixed, kHeadPanel);
    for (int row = 0; row < call.rows; row++) {
      T* y = call.y + row * call.y_row + head * call.size + panel * kHeadPanel;
      for (int i = 0; i < kHeadPanel; i += kLanes)
        Store(y + i, Load(room.mixed + row * kHeadPanel + i) * room.sums[row]);
    }
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
