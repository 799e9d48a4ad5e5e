#include <memory>

#include "addon/exports.h"
#include "addon/instance.h"
#include "addon/values.h"
#include "core/error.h"
#include "stages/crop.h"

namespace kdtalker::addon {
namespace {

struct Warp {
  std::vector<std::uint8_t> pixels;
  int width, height, out_width, out_height;
  double matrix[6];
  stages::Border border;
};

std::shared_ptr<Warp> WarpOf(const Napi::CallbackInfo& info) {
  const stages::Picture picture = PictureOf(info[0], "picture");
  const Napi::Object size = info[2].ToObject();
  auto warp = std::make_shared<Warp>();
  warp->width = picture.width;
  warp->height = picture.height;
  warp->out_width = GetInt(size, "width");
  warp->out_height = GetInt(size, "height");
  warp->border =
      info[3].ToString().Utf8Value() == "black" ? stages::Border::kBlack : stages::Border::kReplicate;
  const auto matrix = info[1].As<Napi::Float64Array>();
  if (warp->out_width <= 0 || warp->out_height <= 0 || matrix.ElementLength() != 6)
    throw Error("INVALID_ARGUMENT", "Expected six numbers and a size for warpPicture");
  std::copy_n(matrix.Data(), 6, warp->matrix);
  warp->pixels.assign(picture.data, picture.data + picture.bytes());
  return warp;
}

std::vector<std::uint8_t> RunWarp(const Warp& warp) {
  std::vector<std::uint8_t> out(std::size_t{3} * static_cast<std::size_t>(warp.out_width) *
                                static_cast<std::size_t>(warp.out_height));
  stages::WarpPicture({warp.pixels.data(), warp.width, warp.height}, warp.matrix,
                      {out.data(), warp.out_width, warp.out_height}, warp.border);
  return out;
}

// warpPicture(picture, matrix, size, border) -> Promise<Uint8Array>
Napi::Value WarpPicture(const Napi::CallbackInfo& info) {
  return Instance::Of(info.Env())
      .jobs()
      .Run<std::vector<std::uint8_t>>(
          info.Env(), [warp = WarpOf(info)] { return RunWarp(*warp); },
          [](Napi::Env env, std::vector<std::uint8_t>& pixels) -> Napi::Value {
            return Napi::Buffer<std::uint8_t>::Copy(env, pixels.data(), pixels.size());
          });
}

}  // namespace

void ExportPicture(Napi::Env env, Napi::Object exports) {
  exports.Set("warpPicture", Napi::Function::New<Call<WarpPicture>>(env, "warpPicture"));
}

}  // namespace kdtalker::addon
