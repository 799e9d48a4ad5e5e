// Attention of views, one index for each row of the result: softmax(query key' + bias) value. Queries and
// keys have `length` numbers, values `size`. Further axes are heads.
#pragma once

#include <cmath>

#include "kernels/plan/places.h"

namespace kdtalker::kernels::plan {

struct Attention {
  // What a block of threads keeps of a row: its scores, and its numbers.
  static constexpr std::int64_t kMostKeys = 512, kMostLength = 64;

  // A matrix of each head.
  template <class Float>
  struct Matrix {
    Float* first;
    Strides heads;
    std::int64_t row, along;  // strides

    KDT_HOST_DEVICE Float* Of(const Places& places, const Place& head) const {
      return first + head.In(places, heads);
    }
  };

  Places heads;
  std::int64_t rows, keys, length, size;
  Matrix<float> out;                      // [rows, size]
  Matrix<const float> query, key, value;  // [rows, length], [keys, length], [keys, size]
  Matrix<const float> bias;               // [rows, keys], or null

  KDT_HOST_DEVICE std::int64_t count() const { return heads.count() * rows; }

  KDT_HOST_DEVICE void operator()(std::int64_t i) const {
    const Place head(heads, i / rows);
    const std::int64_t row = i % rows;
    float weights[kMostKeys] = {};
    Score(head, row, weights);
    float largest = weights[0], sum = 0.0F;
    for (std::int64_t k = 1; k < keys; k++) {
      if (weights[k] > largest || weights[k] != weights[k]) largest = weights[k];
    }
    for (std::int64_t k = 0; k < keys; k++) sum += weights[k] = std::exp(weights[k] - largest);
    for (std::int64_t k = 0; k < keys; k++) weights[k] /= sum;
    Mix(head, row, weights);
  }

 private:
  KDT_HOST_DEVICE void Score(const Place& head, std::int64_t row, float* scores) const {
    const float* a = query.Of(heads, head) + row * query.row;
    for (std::int64_t k = 0; k < keys; k++) {
      const float* b = key.Of(heads, head) + k * key.row;
      float sum = 0.0F;
      for (std::int64_t n = 0; n < length; n++) sum += a[n * query.along] * b[n * key.along];
      scores[k] = bias.first == nullptr ? sum : sum + bias.Of(heads, head)[row * bias.row + k * bias.along];
    }
  }

  KDT_HOST_DEVICE void Mix(const Place& head, std::int64_t row, const float* weights) const {
    const float* from = value.Of(heads, head);
    float* to = out.Of(heads, head) + row * out.row;
    for (std::int64_t n = 0; n < size; n++) {
      float sum = 0.0F;
      for (std::int64_t k = 0; k < keys; k++) sum += weights[k] * from[k * value.row + n * value.along];
      to[n * out.along] = sum;
    }
  }
};

}  // namespace kdtalker::kernels::plan
