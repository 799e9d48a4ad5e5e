#include <algorithm>
#include <array>

#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "core/error.h"
#include "stages/crop.h"

namespace kdtalker::addon {
namespace {

// JavaScript owns the bytes of both pictures; the promise keeps them alive.
struct Warp {
  stages::Picture in;
  std::array<double, 6> matrix;
  stages::MutablePicture out;
  stages::Border border;
};

Warp WarpOf(const Napi::CallbackInfo& info) {
  const auto matrix = info[1].As<Napi::Float64Array>();
  Warp warp{PictureOf(info[0], "picture"), {}, {}, {}};
  if (matrix.ElementLength() != warp.matrix.size())
    throw Error("INVALID_ARGUMENT", "Expected six numbers for warpPicture");
  std::copy_n(matrix.Data(), warp.matrix.size(), warp.matrix.begin());
  const stages::Picture out = PictureOf(info[2], "out");
  warp.out = {BytesOf(Get(info[2].ToObject(), "data"), "out").data, out.width, out.height};
  warp.border =
      info[3].ToString().Utf8Value() == "black" ? stages::Border::kBlack : stages::Border::kReplicate;
  return warp;
}

// warpPicture(picture, matrix, picture to write to, border) -> Promise<void>
Napi::Value WarpPicture(const Napi::CallbackInfo& info) {
  auto work = [warp = WarpOf(info)] {
    stages::WarpPicture(warp.in, warp.matrix.data(), warp.out, warp.border);
    return 0;
  };
  Napi::Array kept = Napi::Array::New(info.Env());
  kept.Set(0U, Get(info[0].ToObject(), "data"));
  kept.Set(1U, Get(info[2].ToObject(), "data"));
  return Instance::Of(info.Env())
      .jobs()
      .Run<int>(info.Env(), std::move(work), [](Napi::Env env, int&) { return env.Undefined(); }, kept);
}

}  // namespace

void ExportPicture(Napi::Env env, Napi::Object exports) {
  exports.Set("warpPicture", Napi::Function::New<Call<WarpPicture>>(env, "warpPicture"));
}

}  // namespace kdtalker::addon
