#include "ops/domain.h"

#include <memory>
#include <tuple>

#include "ops/average_pool.h"
#include "ops/block.h"
#include "ops/cells_first.h"
#include "ops/conv.h"
#include "ops/dense_motion_input.h"
#include "ops/mask_motion.h"
#include "ops/occlusion.h"
#include "ops/sample_volume.h"
#include "ops/stats.h"
#include "ops/token_layers.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;

// The operators and the domain that lists them, which must live as long as the sessions that use them.
struct Operators {
  std::tuple<Op<Block<float>>, Op<Block<Bf16>>,                        //
             Op<Unblock<float>>, Op<Unblock<Bf16>>,                    //
             Op<Conv<float>>, Op<Conv<Bf16>>,                          //
             Op<UpConv<float>>, Op<UpConv<Bf16>>,                      //
             Op<Spade<float>>, Op<Spade<Bf16>>,                        //
             Op<DenseMotionInput<float>>, Op<DenseMotionInput<Bf16>>,  //
             Op<MaskMotion<float>>, Op<MaskMotion<Bf16>>,              //
             Op<Occlusion<float>>, Op<Occlusion<Bf16>>,                //
             Op<SampleVolume<float>>, Op<SampleVolume<Bf16>>,          //
             Op<AveragePool<float>>, Op<AveragePool<Bf16>>,            //
             Op<CellsFirst>,                                           //
             Op<Stats<float>>, Op<Stats<Bf16>>,                        //
             TokenLayersOp>
      ops;
  Ort::CustomOpDomain domain{"kdtalker"};

  Operators() {
    std::apply([this](auto&... op) { (domain.Add(&op), ...); }, ops);
  }
};

}  // namespace

void Register(Runtime& runtime) {
  runtime.AddDomain("kdtalker", [] {
    auto operators = std::make_shared<Operators>();
    const OrtCustomOpDomain* domain = operators->domain;
    return std::shared_ptr<const OrtCustomOpDomain>(std::move(operators), domain);
  });
}

}  // namespace kdtalker::ops
