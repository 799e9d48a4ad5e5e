#pragma once

#include <napi.h>

#include <array>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "addon/jobs.h"
#include "core/host_tensor.h"
#include "core/tensor.h"
#include "engine/options.h"
#include "stages/crop.h"

// Converts JavaScript values to plain data and back. All functions run on the JavaScript thread; all throw
// Error INVALID_ARGUMENT.
namespace kdtalker::addon {

Napi::Value Get(const Napi::Object& object, const char* key);
double GetNumber(const Napi::Object& object, const char* key);
int GetInt(const Napi::Object& object, const char* key);
bool GetBool(const Napi::Object& object, const char* key);
std::string GetString(const Napi::Object& object, const char* key);
Napi::Object GetObject(const Napi::Object& object, const char* key);
std::vector<float> GetFloats(const Napi::Object& object, const char* key);  // a Float32Array
std::uint64_t GetUint64(const Napi::Object& object, const char* key);       // a BigInt

// The bytes of any typed array, owned by JavaScript.
struct Bytes {
  std::uint8_t* data;
  std::size_t size;
};
Bytes BytesOf(const Napi::Value& value, const char* name);
std::vector<float> FloatsOf(const Napi::Value& value, const char* name);

// A picture from { data, width, height }, whose bytes JavaScript owns. Only this function compares size and
// number of bytes.
stages::Picture PictureOf(const Napi::Value& value, const char* name);

// Of its property `key`.
std::map<std::string, stages::Role> RolesOf(const Napi::Object& object, const char* key);
TalkerOptions TalkerOptionsOf(const Napi::Object& object);
PortraitOptions PortraitOptionsOf(const Napi::Object& object);  // without the photo

// A whole picture, whose bytes JavaScript owns until the pool copies them.
struct PinnedPhoto {
  stages::Picture picture;
  std::array<double, 6> to_photo;
};
// { picture, toPhoto: six numbers }, or undefined: none.
std::optional<PinnedPhoto> PinnedPhotoOf(const Napi::Value& value);
RunOptions RunOptionsOf(const Napi::Object& object);
TraceOptions TraceOptionsOf(const Napi::Object& object);

// Tensors of the host are { dims, data } in JavaScript.
HostTensor ToHost(const std::vector<float>& values, std::vector<std::int64_t> dims);
HostTensors HostTensorsOf(const Napi::Object& object);
Napi::Value ToJs(Napi::Env env, const HostTensors& tensors);
Napi::Array DimsToJs(Napi::Env env, const std::vector<std::int64_t>& dims);

// Wraps a function of the binding for Node-API: an exception becomes a JavaScript error with its code.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value Call(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (...) {
    throw ToJsError(info.Env(), std::current_exception());
  }
}

}  // namespace kdtalker::addon
