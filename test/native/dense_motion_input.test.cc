#include <doctest/doctest.h>

#include <limits>
#include <memory>

#include "kernels/cpu/dense_motion_tables.h"
#include "warp.h"

namespace {

using namespace warp;
using kdtalker::kernels::DenseMotionTables;
using kdtalker::kernels::kCandidates;

constexpr std::int64_t kPieces = kDepth * kSide;

struct Points {
  std::vector<float> source, driving;
};

// Keypoints in the volume, on cells and between them, some far outside on one side or another.
Points MakePoints() {
  Random random(21);
  Points points{random.Floats(63, 0.8F), {}};
  points.driving = points.source;
  for (float& value : points.driving) value += random.Next() * 0.4F;
  const float far[] = {2.0F, -2.0F, 2.05F, -2.05F, 5.0F, -1e6F, 3e38F};
  for (std::size_t i = 0; i < std::size(far); i++) points.driving[3 * i + i % 3] = far[i];
  points.driving[60] = points.source[60];  // the last keypoint does not move
  points.driving[61] = points.source[61] + 2.0F / 63;
  return points;
}

double Heat(const float* keypoint, std::int64_t z, std::int64_t y, std::int64_t x) {
  const double dx = Place(x, kSide) - Value(keypoint[0]), dy = Place(y, kSide) - Value(keypoint[1]),
               dz = Place(z, kDepth) - Value(keypoint[2]);
  return std::exp(-0.5 * (dx * dx + dy * dy + dz * dz) / 0.01);
}

// A channel of the stacked input at a cell.
double Wanted(const std::vector<float>& volume, const Points& points, std::int64_t channel, std::int64_t z,
              std::int64_t y, std::int64_t x) {
  const std::int64_t candidate = channel / 5, feature = channel % 5 - 1;
  if (candidate >= kCandidates) return 0.0;
  const float* source =
      candidate > 0 ? &points.source[static_cast<std::size_t>(3 * (candidate - 1))] : nullptr;
  const float* driving =
      candidate > 0 ? &points.driving[static_cast<std::size_t>(3 * (candidate - 1))] : nullptr;
  if (feature < 0) return candidate > 0 ? Heat(driving, z, y, x) - Heat(source, z, y, x) : 0.0;
  double shift[3] = {};
  for (int axis = 0; candidate > 0 && axis < 3; axis++) shift[axis] = Value(source[axis] - driving[axis]);
  const auto cell = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return Inside(i, j, k)
               ? Value(volume[static_cast<std::size_t>(((i * kSide + j) * kSide + k) * 4 + feature)])
               : 0.0;
  };
  return Sample(cell, Place(x, kSide) + shift[0], Place(y, kSide) + shift[1], Place(z, kDepth) + shift[2]);
}

template <class T>
std::vector<T> Run(const CpuKernels& table, const std::vector<float>& volume, const Points& points) {
  const auto tables = std::make_unique<DenseMotionTables>();
  kdtalker::kernels::MakeDenseMotionTables(points.source.data(), points.driving.data(), tables.get());
  std::vector<T> out(static_cast<std::size_t>(kdtalker::kernels::kStackedBlocks * kCells * 16), T{});
  for (std::int64_t i = 0; i < kPieces; i++) Of<T>(table).dense_motion(volume.data(), *tables, out.data(), i);
  return out;
}

// Compares cells along the edges and some inside.
template <class T>
Deviation Compare(const CpuKernels& table) {
  const auto volume = Random(22).Floats(4 * kCells);
  const Points points = MakePoints();
  const auto out = Run<T>(table, volume, points);
  Deviation deviation;
  Random random(23);
  for (int i = 0; i < 6000; i++) {
    const std::int64_t z = i % 4 == 0 ? i / 4 % 2 * (kDepth - 1) : random.Below(kDepth);
    const std::int64_t y = i % 5 == 0 ? i / 5 % 2 * (kSide - 1) : random.Below(kSide);
    const std::int64_t x = i % 6 == 0 ? i / 6 % 2 * (kSide - 1) : random.Below(kSide);
    const std::int64_t channel = i % 112;
    deviation.Add(At(out, channel, z, y, x), Wanted(volume, points, channel, z, y, x));
  }
  return deviation;
}

}  // namespace

TEST_CASE("heats and candidates are those of the definition, on every instruction set") {
  for (const CpuKernels* table : Tables()) {
    INFO(kdtalker::kernels::IsaName(table->isa));
    const Deviation plain = Compare<float>(*table), half = Compare<Bf16>(*table);
    CHECK(plain.worst() < 3e-5);  // a place is rounded to 2^-18 cells
    CHECK(half.worst() < 4e-3);
    CHECK(plain.Relative() < 1e-5);
  }
}

TEST_CASE("keypoints that are no numbers bring nothing and harm nothing") {
  Points points{std::vector<float>(63), std::vector<float>(63)};
  points.driving[0] = std::numeric_limits<float>::quiet_NaN();
  points.driving[4] = std::numeric_limits<float>::infinity();
  points.source[8] = -std::numeric_limits<float>::infinity();
  const auto volume = Random(24).Floats(4 * kCells);
  for (const CpuKernels* table : Tables()) {
    const auto out = Run<float>(*table, volume, points);
    Deviation first, still;
    for (std::int64_t x = 0; x < kSide; x++) {
      for (std::int64_t channel = 6; channel < 20; channel++) {
        if (channel % 5 != 0) first.Add(At(out, channel, 8, 32, x), 0.0);
      }
      still.Add(At(out, 22, 8, 32, x), At(out, 2, 8, 32, x));
    }
    CHECK(first.worst() == 0.0);
    CHECK(still.worst() == 0.0);
  }
}
