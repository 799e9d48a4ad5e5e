// Makes the bytes of plans, word by word, for tests of their reader.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace plan_maker {

using Integers = std::vector<std::int64_t>;
enum Where : std::int64_t { kArena, kWeights, kConstants, kSlot };
enum Kind : std::int64_t {
  kCopy,
  kFill,
  kToFloat,
  kMap,
  kReduce,
  kSoftmax,
  kNormaliseRows,
  kProduct,
  kConvolution,
  kPool,
  kResize,
  kSample,
  kGather,
  kCopyHalves,
  kToBlocks,
  kFromBlocks,
  kBlockConvolution,
  kBlockPool,
  kBlockUpConvolution,
  kBlockStatistics,
  kBlockSpade,
  kBlockPicture,
  kBlockMotionInput,
  kBlockMaskMotion,
  kBlockSample,
  kBlockMasked,
  kBlockSums,
  kBlockSumsEnd,
  kBlockOcclusion,
  kBlockNine,
  kBlockMeasuredConvolution,
  kBlockStatisticsEnd,
  kBlockPooledConvolution,
  kBlockPooledSumsEnd,
  kAttention
};

class Maker {
 public:
  std::int64_t arena_bytes = 0, weight_bytes = 0;
  std::vector<std::uint8_t> constants;

  // `type` 0: float32, 1: int64, 2: float16. Returns the buffer's index.
  std::int64_t Buffer(Where where, std::int64_t position, std::int64_t elements, std::int64_t type = 0) {
    for (const std::int64_t word : {std::int64_t{where}, position, elements, type}) buffers_.push_back(word);
    return static_cast<std::int64_t>(buffers_.size() / 4) - 1;
  }

  // A bound tensor. Returns its buffer's index.
  std::int64_t Slot(const std::string& name, bool output, const Integers& dims, std::int64_t type = 0) {
    const auto [dims_at, rank] = Add(integers_, dims);
    const auto name_at = static_cast<std::int64_t>(names_.size());
    names_.insert(names_.end(), name.begin(), name.end());
    slots_.insert(slots_.end(),
                  {output ? 1 : 0, type, dims_at, rank, name_at, static_cast<std::int64_t>(name.size())});
    std::int64_t elements = 1;
    for (const std::int64_t length : dims) elements *= length;
    return Buffer(kSlot, static_cast<std::int64_t>(slots_.size() / 6) - 1, elements, type);
  }

  void Operation(Kind kind, const Integers& integers, const std::vector<double>& floats,
                 const Integers& references) {
    const auto [integer_at, integer_count] = Add(integers_, integers);
    const auto [reference_at, reference_count] = Add(references_, references);
    const auto float_at = static_cast<std::int64_t>(floats_.size());
    floats_.insert(floats_.end(), floats.begin(), floats.end());
    operations_.insert(operations_.end(),
                       {kind, integer_at, integer_count, float_at, static_cast<std::int64_t>(floats.size()),
                        reference_at, reference_count});
  }

  std::size_t operations() const { return operations_.size() / 7; }

  // Leaves only the operations of these numbers, in this order.
  void Choose(const std::vector<std::size_t>& operations) {
    Integers chosen;
    for (const std::size_t operation : operations) {
      const auto first = operations_.begin() + static_cast<std::ptrdiff_t>(7 * operation);
      chosen.insert(chosen.end(), first, first + 7);
    }
    operations_ = std::move(chosen);
  }

  std::vector<std::uint8_t> Bytes() const {
    std::vector<std::uint8_t> bytes;
    Put(bytes, {0x314e414c504b444b, 7, arena_bytes, weight_bytes, Count(buffers_, 4), Count(slots_, 6),
                Count(operations_, 7), Count(integers_, 1), static_cast<std::int64_t>(floats_.size()),
                Count(references_, 1), static_cast<std::int64_t>(names_.size()),
                static_cast<std::int64_t>(constants.size())});
    for (const Integers* table : {&buffers_, &slots_, &operations_, &integers_}) Put(bytes, *table);
    for (const double value : floats_) {
      std::int64_t word = 0;
      std::memcpy(&word, &value, sizeof(word));
      Put(bytes, {word});
    }
    Put(bytes, references_);
    PutBytes(bytes, names_);
    PutBytes(bytes, constants);
    return bytes;
  }

 private:
  struct Range {
    std::int64_t first, count;
  };
  static Range Add(Integers& pool, const Integers& values) {
    const auto first = static_cast<std::int64_t>(pool.size());
    pool.insert(pool.end(), values.begin(), values.end());
    return {first, static_cast<std::int64_t>(values.size())};
  }
  static std::int64_t Count(const Integers& table, std::int64_t words) {
    return static_cast<std::int64_t>(table.size()) / words;
  }
  static void Put(std::vector<std::uint8_t>& bytes, const Integers& words) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(words.data());
    bytes.insert(bytes.end(), begin, begin + words.size() * sizeof(std::int64_t));
  }
  static void PutBytes(std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& added) {
    bytes.insert(bytes.end(), added.begin(), added.end());
    bytes.resize((bytes.size() + 7) / 8 * 8);
  }

  Integers buffers_, slots_, operations_, integers_, references_;
  std::vector<double> floats_;
  std::vector<std::uint8_t> names_;
};

inline constexpr std::int64_t kPanels = 25088;  // halves of the largest kernel's weights
inline constexpr std::int64_t kWeightBytes = kPanels * 2;

// A plan with an operation of every kind over an arena of 96 numbers, a row of 4 whole numbers and an input
// of
// 16. Every operation writes the arena's last 48 numbers.
inline Maker OneOfEach() {
  Maker maker;
  maker.arena_bytes = 48 * 4 + 112 * 2;
  maker.weight_bytes = kWeightBytes;
  const std::int64_t in = maker.Slot("in", false, {2, 8}), result = maker.Slot("out", true, {2, 8});
  const std::int64_t early = maker.Buffer(kArena, 0, 48), late = maker.Buffer(kArena, 48 * 4, 48);
  const std::int64_t weights = maker.Buffer(kWeights, 0, 96), table = maker.Buffer(kConstants, 0, 12, 1);
  for (std::int64_t i = 0; i < 12; i++)
    maker.constants.insert(maker.constants.end(), {1, 0, 0, 0, 0, 0, 0, 0});
  const Integers window = {1, 4, 4, /**/ 1, 3, 3, /**/ 1, 1, 1, /**/ 0, 1, 1, /**/ 1, 1, 1};
  const auto with = [](Integers begin, const Integers& middle, const Integers& end) {
    begin.insert(begin.end(), middle.begin(), middle.end());
    begin.insert(begin.end(), end.begin(), end.end());
    return begin;
  };
  maker.Operation(kFill, {1, 48, 0, 1}, {0.5}, {early});
  maker.Operation(kCopy, {2, 2, 8, 0, 8, 1, 7, 8, -1}, {}, {late, in});
  maker.Operation(kToFloat, {1, 4, 0, 1, 0, 2}, {}, {late, table});
  maker.Operation(kMap, {2, 2, 8, 0, 8, 1, 2, 0, 8, 1, 3, 0, 1, 2, 0, 1, 0, 7, -1, 0}, {0, 0, 0.0, 1.0},
                  {late, in, early});
  maker.Operation(kReduce, {1, 1, 2, 1, 8, 0, 1, 0, 8, 1}, {}, {late, in});
  maker.Operation(kSoftmax, {1, 2, 1, 8, 0, 8, 1, 0, 8, 1}, {}, {late, in});
  maker.Operation(kNormaliseRows, {1, 2, 1, 8, 0, 8, 1, 0, 8, 1, 0, 0, 1, 8, 0, 1}, {1e-5},
                  {late, in, weights, weights});
  maker.Operation(kProduct, {2, 2, 3, 1, 8, 0, 3, 1, 0, 8, 0, 1, 0, 0, 1, 3}, {}, {late, in, weights});
  maker.Operation(
      kConvolution,
      with({5, 1, 3, 1, 4, 4}, window, {1, 3, 1, 0, 48, 16, 16, 4, 1, 0, 16, 16, 16, 4, 1, 0, 1, 30, 1}), {},
      {late, in, weights, weights});
  maker.Operation(kPool, with({0, 5, 1, 1, 1, 4, 4}, window, {0, 16, 16, 16, 4, 1, 0, 16, 16, 16, 4, 1}), {},
                  {late, in});
  maker.Operation(kResize, {5, 1, 1, 1, 2, 3, 1, 4, 4, 0, 6, 6, 6, 3, 1, 0, 16, 16, 16, 4, 1, 0, 1, 0, 1}, {},
                  {late, in, table, weights});
  maker.Operation(kSample, {4, 1, 1, 2, 3, 1,  1,  1, 4, 4, 2, 0,  0,  0, 0, 6,
                            6, 3, 1, 1, 0, 16, 16, 4, 1, 1, 0, 12, 12, 6, 2, 1},
                  {}, {late, in, weights});
  const std::int64_t early_halves = maker.Buffer(kArena, 0, 96, 2),
                     halves = maker.Buffer(kArena, 48 * 4, 96, 2),
                     panels = maker.Buffer(kWeights, 0, kPanels, 2),
                     wide = maker.Buffer(kArena, 48 * 4, 112, 2), moments = maker.Buffer(kArena, 64 * 4, 32);
  maker.Operation(kCopyHalves, {1, 16, 0, 1, 0, 1}, {}, {halves, early_halves});
  maker.Operation(kToBlocks, {4, 2, 1, 2, 2, 0, 1, 0, 8, 0, 2, 1}, {}, {halves, in});
  maker.Operation(kFromBlocks, {4, 2, 1, 2, 2, 0, 4, 0, 2, 1, 0, 1}, {}, {late, early_halves});
  maker.Operation(kBlockConvolution, {1, 1, 1, 1, 2, 1, 2, 2, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {0.5, 0.5},
                  {halves, early_halves, panels, weights, early_halves});
  maker.Operation(kBlockUpConvolution, {1, 1, 1, 2, 2, 1, 1, 1, 2, 0, 1, 0, 1, 0, 1, 0, 1}, {0.5},
                  {halves, early_halves, panels, weights});
  maker.Operation(kBlockStatistics, {1, 4, 0, 1, 0, 1}, {1e-5}, {late, early_halves});
  maker.Operation(kBlockSpade, {1, 1, 1, 3, 8, 1, 2, 2, 2, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {0.5},
                  {halves, early_halves, panels, weights, early_halves, weights});
  const std::int64_t points = maker.Buffer(kWeights, 0, 63);
  maker.Operation(kBlockMotionInput, {1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {},
                  {wide, early_halves, points, points});
  maker.Operation(kBlockMaskMotion, {1, 1, 7, 2, 1, 2, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {},
                  {late, early_halves, panels, weights, points, points});
  maker.Operation(kBlockSample, {1, 1, 2, 1, 1, 2, 1, 2, 0, 1, 0, 1, 0, 1}, {},
                  {halves, early_halves, weights});
  maker.Operation(kBlockMasked, {1, 4, 0, 1, 0, 1, 0, 1}, {}, {halves, early_halves, weights});
  maker.Operation(kBlockSums, {1, 1, 1, 1, 4, 1, 1, 2, 1, 1, 0, 1, 0, 1, 0, 1}, {},
                  {late, early_halves, panels});
  maker.Operation(kBlockSumsEnd, {2, 1, 1, 1, 1, 2, 0, 1, 0, 1, 0, 1}, {0.5}, {halves, weights, weights});
  maker.Operation(kBlockOcclusion, {2, 1, 1, 2, 0, 1, 0, 1, 0, 1}, {}, {late, weights, weights});
  maker.Operation(kBlockNine, {1, 2, 1, 1, 0, 1, 0, 1, 0, 1}, {0.5}, {halves, panels, weights});
  maker.Operation(kBlockPicture, {3, 2, 2, 0, 1, 0, 1}, {}, {late, early_halves});
  maker.Operation(kBlockMeasuredConvolution, {1, 1, 1, 3, 2, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
                  {0.5, 0.5}, {halves, early_halves, panels, weights, early_halves, moments});
  maker.Operation(kBlockStatisticsEnd, {1, 1, 2, 1, 0, 1, 0, 1}, {1e-5}, {late, weights});
  maker.Operation(kBlockPooledConvolution, {1, 1, 1, 3, 4, 1, 2, 2, 0, 0, 1, 0, 1, 0, 1, 0, 1}, {0.5, 1},
                  {halves, early_halves, panels, weights});
  maker.Operation(kBlockPooledSumsEnd, {1, 1, 1, 1, 2, 2, 0, 1, 0, 1, 0, 1}, {0.5},
                  {halves, weights, weights});
  maker.Operation(kBlockPool, {1, 1, 1, 0, 1, 0, 1}, {}, {halves, early_halves});
  maker.Operation(kGather, {2, 4, 8, 1, 2, 0, 8, 1, 0, 0, 1, 8, 0, 1, 0}, {}, {late, in, table});
  maker.Operation(kAttention, {1, 2, 1, 2, 1, 3, 1, 2, 1, 4, 1, 0, 8, 4, 1, 0,
                               8, 2, 1, 0, 6, 2, 1, 0, 0, 4, 1, 0, 0, 3, 1},
                  {}, {late, in, in, in, weights});
  maker.Operation(kCopy, {1, 16, 0, 1, 0, 1}, {}, {result, late});
  return maker;
}

}  // namespace plan_maker
