#include "cuda/kernels/attention.h"

#include <cmath>
#include <limits>
#include <vector>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

struct Size {
  int heads, rows, keys, length, size;
  bool biased;
};

// The arrays of an attention: matrices of all heads, whose rows have gaps; keys as numbers beside each other.
struct Arrays {
  Array<float> out, query, key, value, bias;

  explicit Arrays(const Size& of)
      : out(Count(of.heads, of.rows, of.size)),
        query(Count(of.heads, of.rows, of.length + 3)),
        key(Count(of.heads, of.keys, of.length)),
        value(Count(of.heads, of.keys, of.size + 1)),
        bias(Count(1, of.rows, of.keys)) {
    std::size_t seed = 0;
    for (Array<float>* array : {&query, &key, &value, &bias}) {
      for (std::size_t i = 0; i < array->count; i++) array->host[i] = 3 * Noise(seed + i);
      seed += array->count;
    }
  }

  static std::size_t Count(int a, int b, int c) { return static_cast<std::size_t>(a) * b * c; }

  // Of the arrays on the device, or of those on the host. All heads have the same bias.
  kernels::plan::Attention Of(const Size& size, bool on_device) const {
    const auto first = [on_device](const Array<float>& array) {
      return on_device ? array.device : array.host;
    };
    kernels::plan::Attention of{
        {1, {size.heads}}, size.rows, size.keys, size.length, size.size, {}, {}, {}, {}, {}};
    of.out = {first(out), {{size.rows * size.size}}, size.size, 1};
    of.query = {first(query), {{size.rows * (size.length + 3)}}, size.length + 3, 1};
    of.key = {first(key), {{size.keys * size.length}}, 1, size.keys};
    of.value = {first(value), {{size.keys * (size.size + 1)}}, size.size + 1, 1};
    if (size.biased) of.bias = {first(bias), {{0}}, size.keys, 1};
    return of;
  }
};

// A row of the result in float64.
std::vector<double> RowOf(const kernels::plan::Attention& of, std::int64_t head, std::int64_t row) {
  std::vector<double> weights, made;
  double largest = -INFINITY, sum = 0;
  for (std::int64_t k = 0; k < of.keys; k++) {
    double score = of.bias.first == nullptr ? 0 : of.bias.first[row * of.bias.row + k * of.bias.along];
    for (std::int64_t n = 0; n < of.length; n++)
      score += static_cast<double>(of.query.first[head * of.query.heads.of[0] + row * of.query.row + n]) *
               of.key.first[head * of.key.heads.of[0] + k * of.key.row + n * of.key.along];
    weights.push_back(score);
    largest = score > largest ? score : largest;
  }
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (std::int64_t n = 0; n < of.size; n++) {
    double mixed = 0;
    for (std::int64_t k = 0; k < of.keys; k++)
      mixed += weights[static_cast<std::size_t>(k)] / sum *
               of.value.first[head * of.value.heads.of[0] + k * of.value.row + n];
    made.push_back(mixed);
  }
  return made;
}

// The largest distance from float64; NaN stays.
double Apart(const Arrays& arrays, const Size& size) {
  const auto on_host = arrays.Of(size, false);
  double worst = 0;
  for (int head = 0; head < size.heads; head++) {
    for (int row = 0; row < size.rows; row++) {
      const auto expected = RowOf(on_host, head, row);
      for (int n = 0; n < size.size; n++) {
        const float found = arrays.out.host[(head * size.rows + row) * size.size + n];
        const double apart = std::abs(found - expected[static_cast<std::size_t>(n)]);
        worst = apart < worst ? worst : apart;
      }
    }
  }
  return worst;
}

// Scores are below 600 and values below 3, so that a score's last bit moves a result by 1e-4 at most; the
// sums of these are a tenth of that.
constexpr double kBound = 2e-5;

void Check(const Size& size) {
  const CudaStream stream;
  Arrays arrays(size);
  for (Array<float>* array : {&arrays.query, &arrays.key, &arrays.value, &arrays.bias}) array->Send(stream);
  OK(cuda::Launch(stream, cuda::Attention{arrays.Of(size, true)}));
  arrays.out.Fetch(stream);
  stream.Wait();
  CHECK(Apart(arrays, size) < kBound);
}

TEST_CASE("attention: ragged rows, keys and numbers, with a bias and without") {
  InEachOrder([] {
    Check({2, 19, 35, 30, 33, true});
    Check({1, 1, 1, 1, 1, false});
    Check({1, 5, 64, 7, 64, false});
  });
}

TEST_CASE("attention: the tokens of a window") {
  InEachOrder([] { Check({2, 66, 66, 64, 64, true}); });
}

TEST_CASE("attention: the most keys") {
  Check({1, 3, 512, 64, 64, true});
}

TEST_CASE("attention: the functor's rows are those of float64 too") {
  const Size size{2, 19, 35, 30, 33, true};
  const Arrays arrays(size);
  const auto of = arrays.Of(size, false);
  for (std::int64_t i = 0; i < of.count(); i++) of(i);
  CHECK(Apart(arrays, size) < kBound);
}

TEST_CASE("attention: scores far from zero are no infinities, and a NaN is in its own row alone") {
  const Size size{1, 4, 40, 8, 8, true};
  const CudaStream stream;
  Arrays arrays(size);
  for (std::size_t i = 0; i < arrays.query.count; i++) arrays.query.host[i] *= 100;
  for (std::size_t i = 0; i < 80; i++) arrays.bias.host[i] = i < 40 ? 1e6F : -1e6F;
  arrays.query.host[2 * 11] = std::numeric_limits<float>::quiet_NaN();
  for (Array<float>* array : {&arrays.query, &arrays.key, &arrays.value, &arrays.bias}) array->Send(stream);
  OK(cuda::Launch(stream, cuda::Attention{arrays.Of(size, true)}));
  arrays.out.Fetch(stream);
  stream.Wait();
  for (int i = 0; i < 32; i++) CHECK(std::isfinite(arrays.out.host[i]) == (i / 8 != 2));
}

}  // namespace
