#include "cuda/kernels/product.h"

#include <cmath>

#include "cuda/array.h"

namespace {

using namespace kdtalker;

struct Size {
  int batches, rows, columns, length;
  bool turned;  // the right matrix lies transposed
};

// [batches, rows, length] times [batches, length, columns], in views whose rows have gaps.
kernels::plan::Product ProductOf(const Size& size, const Array<float>& out, const Array<float>& left,
                                 const Array<float>& right) {
  kernels::plan::Product product{};
  product.out = out.device;
  product.left = left.device;
  product.right = right.device;
  product.places = {3, {size.batches, size.rows, size.columns}};
  product.out_strides = {{size.rows * size.columns, size.columns, 1}};
  product.left_strides = {{size.rows * (size.length + 3), size.length + 3, 0}};
  product.right_strides = {{size.length * size.columns, 0, size.turned ? size.length : 1}};
  product.length = size.length;
  product.left_along = 1;
  product.right_along = size.turned ? 1 : size.columns;
  return product;
}

void Fill(Array<float>& array) {
  for (std::size_t i = 0; i < array.count; i++) array.host[i] = Noise(i);
}

template <class Kernel>
void Check(const Size& size) {
  const CudaStream stream;
  const auto count = [](int a, int b, int c) { return static_cast<std::size_t>(a) * b * c; };
  Array<float> left(count(size.batches, size.rows, size.length + 3));
  Array<float> right(count(size.batches, size.length, size.columns));
  Array<float> out(count(size.batches, size.rows, size.columns));
  Fill(left);
  Fill(right);
  left.Send(stream);
  right.Send(stream);
  const auto product = ProductOf(size, out, left, right);
  REQUIRE(Kernel::Takes(product));
  OK(cuda::Launch(stream, Kernel{Kernel::Of(product)}));
  out.Fetch(stream);
  stream.Wait();
  double worst = 0;
  for (std::int64_t i = 0; i < product.count(); i++) {
    const kernels::plan::Place place(product.places, i);
    const float* a = left.host + place.In(product.places, product.left_strides);
    const float* b = right.host + place.In(product.places, product.right_strides);
    double sum = 0, most = 0;
    for (int k = 0; k < size.length; k++) {
      const double term = static_cast<double>(a[k]) * b[k * product.right_along];
      sum += term;
      most += std::abs(term);
    }
    const double apart = std::abs(out.host[place.In(product.places, product.out_strides)] - sum) / most;
    worst = apart < worst ? worst : apart;  // NaN stays
  }
  CHECK(worst < 1e-6);
}

TEST_CASE("product: few rows, of ragged sizes and turned matrices") {
  InEachOrder([] {
    Check<cuda::Product8>({1, 1, 33, 70, false});
    Check<cuda::Product8>({2, 7, 5, 31, true});
    Check<cuda::Product32>({1, 29, 40, 37, false});
  });
}

TEST_CASE("product: the tokens of a window, and more rows than a block has") {
  InEachOrder([] {
    Check<cuda::Product80>({1, 66, 35, 65, false});
    Check<cuda::Product80>({2, 74, 3, 9, true});
  });
}

TEST_CASE("product: views of another form are for a thread an element") {
  kernels::plan::Product product{};
  product.places = {2, {4, 4}};
  product.length = 4;
  CHECK(cuda::Product8::Takes(product));
  product.left_strides.of[1] = 1;
  CHECK_FALSE(cuda::Product8::Takes(product));
  product.left_strides.of[1] = 0;
  product.right_strides.of[0] = 1;
  CHECK_FALSE(cuda::Product8::Takes(product));
  product.places = {1, {4}};
  CHECK_FALSE(cuda::Product8::Takes(product));
}

}  // namespace
