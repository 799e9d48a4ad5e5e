// The kernels of blocks, which `npm run test:gpu-resources` looks at, and the functors that are launched as
// them.
#include "cuda/blocks.h"

#include "cuda/kernels/conv.h"
#include "cuda/kernels/flat.h"
#include "cuda/kernels/mask.h"
#include "cuda/kernels/measured.h"
#include "cuda/kernels/pooled.h"
#include "cuda/kernels/sample_volume.h"
#include "cuda/kernels/spade.h"
#include "cuda/kernels/stats.h"

namespace kdtalker::cuda {

// resources.mjs reads how much shared memory a block has from these lines.
static_assert(sizeof(Conv3x32::Shared) == 23424);
static_assert(sizeof(Conv3x64::Shared) == 29568);
static_assert(sizeof(Conv3x128::Shared) == 41856);
static_assert(sizeof(Conv3x144::Shared) == 44928);
static_assert(sizeof(Conv1x32::Shared) == 14336);
static_assert(sizeof(Conv1x64::Shared) == 16384);
static_assert(sizeof(Conv1x128::Shared) == 20480);
static_assert(sizeof(Conv7x32::Shared) == 43904);
static_assert(sizeof(Measured32::Shared) == 23424);
static_assert(sizeof(Measured64::Shared) == 29568);
static_assert(sizeof(Measured128::Shared) == 41856);
static_assert(sizeof(Pooled64::Shared) == 29568);
static_assert(sizeof(Pooled128::Shared) == 41856);
static_assert(sizeof(UpConv32::Shared) == 18784);
static_assert(sizeof(UpConv64::Shared) == 22880);
static_assert(sizeof(UpConv128::Shared) == 31072);
static_assert(sizeof(Spade::Shared) == 41856);
static_assert(sizeof(Scale::Shared) == 41856);
static_assert(sizeof(Flat1x64::Shared) == 16384);
static_assert(sizeof(Flat2x128::Shared) == 36352);
static_assert(sizeof(Flat3x128::Shared) == 44544);
static_assert(sizeof(MaskMotion::Shared) == 43904);
static_assert(sizeof(SampleVolume::Shared) == 4352);
static_assert(sizeof(Stats::Shared) == 576);
static_assert(sizeof(StatsEnd::Shared) == 576);

namespace {

using kernels::Half;
using kernels::plan::BlockConvolution;
using kernels::plan::BlockMaskMotion;
using kernels::plan::BlockMeasuredConvolution;
using kernels::plan::BlockPooledConvolution;
using kernels::plan::BlockProduct;
using kernels::plan::BlockSample;
using kernels::plan::BlockSpade;
using kernels::plan::BlockStatistics;
using kernels::plan::BlockStatisticsEnd;
using kernels::plan::BlockSums;
using kernels::plan::BlockUpConvolution;

const __half* Halves(const Half* halves) {
  return reinterpret_cast<const __half*>(halves);
}
__half* Halves(Half* halves) {
  return reinterpret_cast<__half*>(halves);
}

template <class Kernel>
Kernel ProductOf(const BlockProduct& product, std::int64_t out_blocks) {
  Kernel kernel{};
  kernel.x = Halves(product.in);
  kernel.weights = Halves(product.weights);
  kernel.in_blocks = static_cast<int>(product.packed.in_blocks);
  kernel.out_blocks = static_cast<int>(out_blocks);
  kernel.slices = static_cast<int>(product.packed.slices);
  kernel.depth = static_cast<int>(product.depth);
  kernel.height = static_cast<int>(product.height);
  kernel.width = static_cast<int>(product.width);
  return kernel;
}

template <class Kernel>
Kernel SumsOf(const BlockProduct& product, const float* bias, std::int64_t out_blocks) {
  auto kernel = ProductOf<Kernel>(product, out_blocks);
  kernel.bias = bias;
  return kernel;
}

template <class Kernel>
Kernel ConvFor(const BlockConvolution& convolution) {
  auto kernel = SumsOf<Kernel>(convolution.product, convolution.bias, convolution.out_blocks);
  kernel.residual = Halves(convolution.residual);
  kernel.y = Halves(convolution.out);
  kernel.alpha = convolution.alpha;
  kernel.after = convolution.after;
  return kernel;
}

template <class Kernel, class Functor = BlockConvolution>
cudaError_t LaunchConv(cudaStream_t stream, const Functor& convolution) {
  return Launch(stream, ConvFor<Kernel>(convolution));
}

template <class Kernel>
cudaError_t LaunchMeasured(cudaStream_t stream, const BlockMeasuredConvolution& convolution) {
  auto kernel = ConvFor<Kernel>(convolution);
  kernel.moments = convolution.moments;
  return Launch(stream, kernel);
}

template <class Kernel>
cudaError_t LaunchUp(cudaStream_t stream, const BlockUpConvolution& convolution) {
  auto kernel = SumsOf<Kernel>(convolution.product, convolution.bias, convolution.out_blocks);
  kernel.y = Halves(convolution.out);
  kernel.factor = static_cast<int>(convolution.factor);
  kernel.alpha = convolution.alpha;
  return Launch(stream, kernel);
}

template <class Kernel>
cudaError_t LaunchSpade(cudaStream_t stream, const BlockSpade& spade) {
  auto kernel = SumsOf<Kernel>(spade.product, spade.bias, (spade.shifted + 1) * spade.blocks);
  kernel.normal = Halves(spade.x);
  kernel.statistics = spade.statistics;
  kernel.y = Halves(spade.out);
  kernel.blocks = static_cast<int>(spade.blocks);
  kernel.factor = static_cast<int>(spade.factor);
  kernel.alpha = spade.alpha;
  return Launch(stream, kernel);
}

template <class Kernel>
cudaError_t LaunchFlat(cudaStream_t stream, const BlockSums& sums) {
  const BlockProduct& product = sums.product;
  auto kernel = ProductOf<Kernel>(product, sums.out_blocks);
  const auto slices = kernels::plan::FlatSlices(product.packed.side, product.height, product.width);
  kernel.y = sums.out;
  kernel.factor = static_cast<int>(sums.factor);
  kernel.parts = static_cast<int>(sums.parts);
  kernel.slices_held = static_cast<int>(slices < product.depth ? slices : product.depth);
  return Launch(stream, kernel);
}

template <class Functor>
struct Form {
  std::int64_t side, groups;
  cudaError_t (*launch)(cudaStream_t stream, const Functor& functor);
};
constexpr Form<BlockConvolution> kForms[] = {
    {1, 2, &LaunchConv<Conv1x32>},  {1, 4, &LaunchConv<Conv1x64>}, {1, 8, &LaunchConv<Conv1x128>},
    {3, 2, &LaunchConv<Conv3x32>},  {3, 4, &LaunchConv<Conv3x64>}, {3, 8, &LaunchConv<Conv3x128>},
    {3, 9, &LaunchConv<Conv3x144>}, {7, 2, &LaunchConv<Conv7x32>},
};
constexpr Form<BlockMeasuredConvolution> kMeasuredForms[] = {{3, 2, &LaunchMeasured<Measured32>},
                                                             {3, 4, &LaunchMeasured<Measured64>},
                                                             {3, 8, &LaunchMeasured<Measured128>}};
constexpr Form<BlockPooledConvolution> kPooledForms[] = {
    {3, 4, &LaunchConv<Pooled64, BlockPooledConvolution>},
    {3, 8, &LaunchConv<Pooled128, BlockPooledConvolution>}};
constexpr Form<BlockUpConvolution> kUpForms[] = {
    {2, 2, &LaunchUp<UpConv32>}, {2, 4, &LaunchUp<UpConv64>}, {2, 8, &LaunchUp<UpConv128>}};
constexpr Form<BlockSums> kFlatForms[] = {
    {1, 4, &LaunchFlat<Flat1x64>}, {2, 8, &LaunchFlat<Flat2x128>}, {3, 8, &LaunchFlat<Flat3x128>}};

template <class Functor, std::size_t count>
cudaError_t LaunchForm(cudaStream_t stream, const Form<Functor> (&forms)[count], const Functor& functor) {
  for (const Form<Functor>& form : forms) {
    if (form.side == functor.product.packed.side && form.groups == functor.product.packed.groups)
      return form.launch(stream, functor);
  }
  return cudaErrorInvalidValue;
}

}  // namespace

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockConvolution& convolution) {
  return LaunchForm(stream, kForms, convolution);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockMeasuredConvolution& convolution) {
  return LaunchForm(stream, kMeasuredForms, convolution);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockPooledConvolution& convolution) {
  return LaunchForm(stream, kPooledForms, convolution);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockUpConvolution& convolution) {
  return LaunchForm(stream, kUpForms, convolution);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockSpade& spade) {
  return spade.shifted != 0 ? LaunchSpade<Spade>(stream, spade) : LaunchSpade<Scale>(stream, spade);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockStatistics& statistics) {
  return Launch(stream, Stats{Halves(statistics.in), statistics.out, static_cast<int>(statistics.blocks),
                              static_cast<int>(statistics.cells), statistics.epsilon});
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockStatisticsEnd& statistics) {
  const auto length = [](std::int64_t number) { return static_cast<int>(number); };
  const kernels::plan::PictureParts& parts = statistics.parts;
  return Launch(stream,
                StatsEnd{statistics.moments, statistics.out, length(statistics.blocks), length(parts.height),
                         length(parts.width), length(parts.rows), statistics.epsilon});
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockSums& sums) {
  return LaunchForm(stream, kFlatForms, sums);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockMaskMotion& motion) {
  auto kernel = SumsOf<MaskMotion>(motion.product, motion.bias, 2);
  kernel.points = motion.points;
  kernel.y = motion.out;
  return Launch(stream, kernel);
}

cudaError_t LaunchBlocks(cudaStream_t stream, const BlockSample& sample) {
  const auto length = [](std::int64_t number) { return static_cast<int>(number); };
  return Launch(stream, SampleVolume{sample.volume, sample.places, Halves(sample.out), length(sample.blocks),
                                     length(sample.out_blocks), length(sample.depth), length(sample.height),
                                     length(sample.width)});
}

}  // namespace kdtalker::cuda
