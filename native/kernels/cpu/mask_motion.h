// The last step of dense motion (docs/model.md 9): the mask's convolution back along the depth
// (mask_convolution.h), softmax over the 22 candidates, and the deformation. A mask sums to 1, so the
// deformation is the cell's own place plus the mixed shifts. The 16 depths of a column are the lanes, so no
// sum crosses lanes.
#pragma once

#include "kernels/cpu/exponential.h"
#include "kernels/cpu/mask_convolution.h"
#include "kernels/cpu/mask_depth.h"

namespace kdtalker::kernels::KDTALKER_ISA {

// exp(2 pi i d f / 20) of the ten frequencies f along the depths d: cosines and negated sines.
struct DepthWaves {
  alignas(64) float cosine[mask::kSlices][kVolumeDepth];
  alignas(64) float minus_sine[mask::kSlices][kVolumeDepth];
};

constexpr DepthWaves MakeDepthWaves() {
  DepthWaves waves{};
  for (std::int64_t k = 0; k < mask::kSlices; k++) {
    for (std::int64_t depth = 0; depth < kVolumeDepth; depth++) {
      waves.cosine[k][depth] = Cos40((2 * k + 1) * depth);
      waves.minus_sine[k][depth] = -Sin40((2 * k + 1) * depth);
    }
  }
  return waves;
}

inline constexpr DepthWaves kDepthWaves = MakeDepthWaves();

// The inputs of a column of cells besides its spectrum.
struct MaskBlend {
  const float* bias;             // [22]
  float shifts[kCandidates][3];  // of the candidates, x, y, z; staying in place is 0
};

inline MaskBlend MakeMaskBlend(const float* bias, const float* source, const float* driving) {
  MaskBlend blend{bias, {}};
  for (std::int64_t i = 0; i < kKeypoints; i++) {
    for (int axis = 0; axis < 3; axis++)
      blend.shifts[i + 1][axis] = source[3 * i + axis] - driving[3 * i + axis];
  }
  return blend;
}

// Logits of the candidates at kLanes depths of one column; cell points to its first slice, [re|im, 24] each.
KDTALKER_INLINE void MaskLogits(const float* cell, const float* bias, int part,
                                Vector (&logits)[kCandidates]) {
  for (std::int64_t c = 0; c < kCandidates; c++) logits[c] = Broadcast(bias[c]);
  for (std::int64_t k = 0; k < mask::kSlices; k++) {
    const float* at = cell + k * mask::kSlice;
    const Vector cosine = Load(kDepthWaves.cosine[k] + part),
                 minus_sine = Load(kDepthWaves.minus_sine[k] + part);
#pragma GCC unroll 22
    for (std::int64_t c = 0; c < kCandidates; c++) {
      logits[c] += cosine * at[c];
      logits[c] += minus_sine * at[mask::kOutputs + c];
    }
  }
}

// The mixed shift of kLanes depths.
KDTALKER_INLINE void MixShifts(const Vector (&logits)[kCandidates], const MaskBlend& blend,
                               Vector (&mixed)[3]) {
  Vector largest = logits[0];
  for (std::int64_t c = 1; c < kCandidates; c++) largest = Max(largest, logits[c]);
  Vector total{}, sum[3] = {};
  for (std::int64_t c = 0; c < kCandidates; c++) {
    const Vector weight = ExpOfNegative(logits[c] - largest);
    total += weight;
    for (int axis = 0; axis < 3; axis++) sum[axis] += weight * blend.shifts[c][axis];
  }
  for (int axis = 0; axis < 3; axis++) mixed[axis] = sum[axis] / total;
}

// Row y = piece: slices [10], each [64, 64, re|im, 24] at a distance of kSliceSize, to deformation [16, 64,
// 64, 3].
inline void MaskMotionRow(const float* slices, const float* bias, const float* source, const float* driving,
                          float* deformation, std::int64_t piece) {
  const MaskBlend blend = MakeMaskBlend(bias, source, driving);
  const float* row = slices + piece * mask::kOutRow;
  float* to = deformation + piece * kVolumeSide * 3;
  const float y = kSidePlaces.at[piece];
  for (std::int64_t x = 0; x < kVolumeSide; x++) {
    alignas(64) float mixed[3][kVolumeDepth];
    for (int part = 0; part < kVolumeDepth; part += kLanes) {
      Vector logits[kCandidates], mix[3];
      MaskLogits(row + x * mask::kColumns, bias, part, logits);
      MixShifts(logits, blend, mix);
      for (int axis = 0; axis < 3; axis++) Store(mixed[axis] + part, mix[axis]);
    }
    for (std::int64_t depth = 0; depth < kVolumeDepth; depth++) {
      float* cell = to + (depth * kVolumeSide * kVolumeSide + x) * 3;
      cell[0] = mixed[0][depth] + kSidePlaces.at[x];
      cell[1] = mixed[1][depth] + y;
      cell[2] = mixed[2][depth] + kDepthPlaces.at[depth];
    }
  }
}

}  // namespace kdtalker::kernels::KDTALKER_ISA
