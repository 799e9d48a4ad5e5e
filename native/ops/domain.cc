#include "ops/domain.h"

#include <memory>
#include <tuple>

#include "ops/conv.h"
#include "ops/repack.h"
#include "ops/stats.h"
#include "ops/token_layers.h"

namespace kdtalker::ops {
namespace {

using kernels::Bf16;

// The operators and the domain that lists them, which must live as long as the sessions that use them.
struct Operators {
  std::tuple<Op<Pack<float>>, Op<Pack<Bf16>>,      //
             Op<Unpack<float>>, Op<Unpack<Bf16>>,  //
             Op<Conv<float>>, Op<Conv<Bf16>>,      //
             Op<UpConv<float>>, Op<UpConv<Bf16>>,  //
             Op<Spade<float>>, Op<Spade<Bf16>>,    //
             Op<Stats<float>>, Op<Stats<Bf16>>,    //
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
