// The kernels of blocks of rows of floats, which `npm run test:gpu-resources` looks at, and the functors that
// are launched as them.
#include "cuda/rows.h"

#include "cuda/kernels/attention.h"
#include "cuda/kernels/normalise_rows.h"
#include "cuda/kernels/product.h"
#include "cuda/kernels/softmax.h"

namespace kdtalker::cuda {

// resources.mjs reads how much shared memory a block has from these lines.
static_assert(sizeof(Product8::Shared) == 2048);
static_assert(sizeof(Product32::Shared) == 8192);
static_assert(sizeof(Product80::Shared) == 20480);
static_assert(sizeof(NormaliseRows::Shared) == 1);
static_assert(sizeof(Softmax::Shared) == 1);
static_assert(sizeof(Attention::Shared) == 45184);

bool InBlocks(const kernels::plan::Product& product) {
  return Product8::Takes(product);
}

// With few rows a block has no more than it needs.
cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Product& product) {
  const std::int64_t rows = product.places.lengths[product.places.rank - 2];
  if (rows <= 8) return Launch(stream, Product8{Product8::Of(product)});
  if (rows <= 32) return Launch(stream, Product32{Product32::Of(product)});
  return Launch(stream, Product80{Product80::Of(product)});
}

cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::NormaliseRows& rows) {
  return Launch(stream, NormaliseRows{rows});
}

cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Softmax& softmax) {
  return Launch(stream, Softmax{softmax});
}

cudaError_t LaunchBlocks(cudaStream_t stream, const kernels::plan::Attention& attention) {
  return Launch(stream, Attention{attention});
}

}  // namespace kdtalker::cuda
