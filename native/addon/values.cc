#include "addon/values.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace kdtalker::addon {
namespace {

[[noreturn]] void Refuse(const std::string& expected, const std::string& name) {
  throw Error("INVALID_ARGUMENT",
              "Expected " + expected + " for " + name + " of a native call but received another value");
}

std::map<std::string, std::string> GetNames(const Napi::Object& object, const char* key) {
  std::map<std::string, std::string> names;
  const Napi::Object map = GetObject(object, key);
  const Napi::Array words = map.GetPropertyNames();
  for (std::uint32_t i = 0; i < words.Length(); i++) {
    const std::string word = words.Get(i).ToString();
    names[word] = GetString(map, word.c_str());
  }
  return names;
}

kernels::BlinkMode BlinkOf(const std::string& name) {
  if (name == "off") return kernels::BlinkMode::kOff;
  if (name == "periodic") return kernels::BlinkMode::kPeriodic;
  return kernels::BlinkMode::kModel;
}

Type TypeOfArray(const Napi::TypedArray& array) {
  switch (array.TypedArrayType()) {
    case napi_float32_array:
      return Type::kFloat32;
    case napi_bigint64_array:
      return Type::kInt64;
    case napi_int32_array:
      return Type::kInt32;
    case napi_uint8_array:
      return Type::kUint8;
    default:
      Refuse("a Float32Array, BigInt64Array, Int32Array or Uint8Array", "data");
  }
}

HostTensor HostTensorOf(const Napi::Object& object) {
  HostTensor tensor;
  const Napi::Value dims = Get(object, "dims");
  if (!dims.IsArray()) Refuse("an array", "dims");
  const auto list = dims.As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); i++)
    tensor.dims.push_back(list.Get(i).ToNumber().Int64Value());
  const Napi::Value data = Get(object, "data");
  const Bytes bytes = BytesOf(data, "data");
  tensor.type = TypeOfArray(data.As<Napi::TypedArray>());
  tensor.bytes.assign(bytes.data, bytes.data + bytes.size);
  if (static_cast<std::size_t>(ElementCount(tensor.dims)) * SizeOf(tensor.type) != tensor.bytes.size()) {
    Refuse("as many values as dims " + DimsToText(tensor.dims) + " have", "data");
  }
  return tensor;
}

Napi::Value DataToJs(Napi::Env env, const HostTensor& tensor) {
  const std::size_t count = tensor.bytes.size() / SizeOf(tensor.type);
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, tensor.bytes.size());
  if (!tensor.bytes.empty()) std::memcpy(buffer.Data(), tensor.bytes.data(), tensor.bytes.size());
  switch (tensor.type) {
    case Type::kInt64:
      return Napi::BigInt64Array::New(env, count, buffer, 0);
    case Type::kInt32:
      return Napi::Int32Array::New(env, count, buffer, 0);
    case Type::kUint8:
      return Napi::Uint8Array::New(env, count, buffer, 0);
    case Type::kFloat16:  // no tensor of JavaScript's
    case Type::kFloat32:
      break;
  }
  return Napi::Float32Array::New(env, count, buffer, 0);
}

std::vector<stages::Part> PartsOf(const Napi::Value& value) {
  std::vector<stages::Part> parts;
  if (value.IsUndefined()) return parts;
  const auto list = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Object part = list.Get(i).ToObject();
    parts.push_back({GetString(part, "file")});
    if (!Get(part, "weights").IsUndefined()) parts.back().weights = GetString(part, "weights");
  }
  return parts;
}

}  // namespace

Napi::Value Get(const Napi::Object& object, const char* key) {
  return object.Get(key);
}

double GetNumber(const Napi::Object& object, const char* key) {
  const Napi::Value value = Get(object, key);
  if (!value.IsNumber()) Refuse("a number", key);
  return value.As<Napi::Number>().DoubleValue();
}

int GetInt(const Napi::Object& object, const char* key) {
  return static_cast<int>(GetNumber(object, key));
}

bool GetBool(const Napi::Object& object, const char* key) {
  return Get(object, key).ToBoolean();
}

std::string GetString(const Napi::Object& object, const char* key) {
  const Napi::Value value = Get(object, key);
  if (!value.IsString()) Refuse("a string", key);
  return value.As<Napi::String>();
}

Napi::Object GetObject(const Napi::Object& object, const char* key) {
  const Napi::Value value = Get(object, key);
  if (!value.IsObject()) Refuse("an object", key);
  return value.As<Napi::Object>();
}

std::vector<float> GetFloats(const Napi::Object& object, const char* key) {
  return FloatsOf(Get(object, key), key);
}

std::uint64_t GetUint64(const Napi::Object& object, const char* key) {
  const Napi::Value value = Get(object, key);
  if (!value.IsBigInt()) Refuse("a bigint", key);
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

Bytes BytesOf(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray()) Refuse("a typed array", name);
  const auto array = value.As<Napi::TypedArray>();
  auto* base = static_cast<std::uint8_t*>(array.ArrayBuffer().Data());
  return {base + array.ByteOffset(), array.ByteLength()};
}

std::vector<float> FloatsOf(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) {
    Refuse("a Float32Array", name);
  }
  const auto array = value.As<Napi::Float32Array>();
  return std::vector<float>(array.Data(), array.Data() + array.ElementLength());
}

stages::Picture PictureOf(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) Refuse("a picture", name);
  const auto object = value.As<Napi::Object>();
  const Bytes bytes = BytesOf(Get(object, "data"), name);
  const stages::Picture picture{bytes.data, GetInt(object, "width"), GetInt(object, "height")};
  const bool sized = picture.width > 0 && picture.height > 0 && bytes.size == picture.bytes();
  if (!sized) {
    Refuse("the bytes of " + std::to_string(picture.width) + "x" + std::to_string(picture.height) + " pixels",
           name);
  }
  return picture;
}

std::map<std::string, stages::Role> RolesOf(const Napi::Object& object, const char* key) {
  std::map<std::string, stages::Role> roles;
  const Napi::Object map = GetObject(object, key);
  const Napi::Array names = map.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString();
    const Napi::Object role = GetObject(map, name.c_str());
    roles[name] = {GetString(role, "file"), GetNames(role, "inputs"), GetNames(role, "outputs")};
    if (!Get(role, "weights").IsUndefined()) roles[name].weights = GetString(role, "weights");
    roles[name].rest = PartsOf(Get(role, "rest"));
  }
  return roles;
}

TalkerOptions TalkerOptionsOf(const Napi::Object& object) {
  TalkerOptions options;
  options.device = GetString(object, "device");
  options.device_options.most_bytes = static_cast<std::uint64_t>(GetNumber(object, "deviceMemory"));
  options.device_options.graphs = GetBool(object, "graphs");
  options.provider = {ProviderOf(GetString(object, "provider")), GetString(object, "providerCache"),
                      options.device_options.graphs};
  options.threads = GetInt(object, "threads");
  options.session_threads = GetInt(object, "sessionThreads");
  options.roles = RolesOf(object, "roles");
  options.exact_roles = RolesOf(object, "exactRoles");
  options.crop_size = GetInt(object, "cropSize");
  options.motion_size = GetInt(object, "motionSize");
  options.width = GetInt(object, "width");
  options.height = GetInt(object, "height");
  options.feather = {GetNumber(object, "featherFirst"), GetNumber(object, "featherLast")};
  options.fps = GetInt(object, "fps");
  options.window = GetInt(object, "window");
  options.fixed_window = GetBool(object, "fixedWindow");
  options.condition_rows = GetBool(object, "conditionRows");
  options.train_timesteps = GetInt(object, "trainTimesteps");
  options.beta_start = GetNumber(object, "betaStart");
  options.beta_end = GetNumber(object, "betaEnd");
  options.process_variance = GetNumber(object, "processVariance");
  options.observation_variance = GetNumber(object, "observationVariance");
  options.motion_mean = GetFloats(object, "motionMean");
  options.motion_std = GetFloats(object, "motionStd");
  options.keypoints_mean = GetFloats(object, "keypointsMean");
  options.keypoints_std = GetFloats(object, "keypointsStd");
  options.blink_direction = GetFloats(object, "blinkDirection");
  options.blink_template = GetFloats(object, "blinkTemplate");
  return options;
}

PortraitOptions PortraitOptionsOf(const Napi::Object& object) {
  const stages::Picture crop = PictureOf(Get(object, "crop"), "crop");
  return {std::vector<std::uint8_t>(crop.data, crop.data + crop.bytes()), GetFloats(object, "keypoints"),
          GetFloats(object, "ratios"), nullptr};
}

std::optional<PinnedPhoto> PinnedPhotoOf(const Napi::Value& value) {
  if (value.IsUndefined()) return std::nullopt;
  const Napi::Object object = value.ToObject();
  PinnedPhoto photo{PictureOf(Get(object, "picture"), "photo"), {}};
  const Napi::Value matrix = Get(object, "toPhoto");
  const bool doubles =
      matrix.IsTypedArray() && matrix.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
  if (!doubles || matrix.As<Napi::Float64Array>().ElementLength() != photo.to_photo.size())
    Refuse("six numbers", "toPhoto");
  std::copy_n(matrix.As<Napi::Float64Array>().Data(), photo.to_photo.size(), photo.to_photo.begin());
  return photo;
}

// A mask over the 70 numbers of motion, one byte for each.
kernels::MotionMask MaskOf(const Napi::Object& object, const char* key) {
  const Bytes bytes = BytesOf(Get(object, key), key);
  kernels::MotionMask mask{};
  if (bytes.size != sizeof(mask.of)) Refuse("70 bytes", key);
  std::memcpy(mask.of, bytes.data, bytes.size);
  return mask;
}

SilenceOptions SilenceOptionsOf(const Napi::Object& object) {
  SilenceOptions options;
  options.rule.threshold = static_cast<float>(GetNumber(object, "threshold"));
  options.rule.hysteresis = static_cast<float>(GetNumber(object, "hysteresis"));
  options.rule.lowest = static_cast<float>(GetNumber(object, "lowest"));
  options.rule.wait = GetInt(object, "wait");
  options.rule.release = GetInt(object, "release");
  options.rule.attack = GetInt(object, "attack");
  options.lips = MaskOf(object, "lips");
  return options;
}

// A window has room for a frame before the hop.
StreamOptions StreamOptionsOf(const Napi::Object& object, int window) {
  StreamOptions options;
  options.hop = GetInt(object, "hop");
  options.ahead = GetInt(object, "ahead");
  options.plan_steps = GetInt(object, "planSteps");
  options.replan = GetInt(object, "replan");
  options.fast = MaskOf(object, "fast");
  options.paced = GetBool(object, "paced");
  if (options.hop < 1 || options.ahead < 0 || options.hop >= window - options.ahead)
    Refuse("less than a window", "hop and ahead");
  return options;
}

stages::Retargeting RetargetingOf(const Napi::Object& object) {
  stages::Retargeting wanted;
  wanted.stitch = GetBool(object, "stitch");
  wanted.eyes = GetFloats(object, "eyes");
  wanted.lips = GetFloats(object, "lips");
  return wanted;
}

RunOptions RunOptionsOf(const Napi::Object& object) {
  RunOptions options;
  options.seed = GetUint64(object, "seed");
  options.steps = GetInt(object, "steps");
  options.window = GetInt(object, "window");
  options.ddpm = GetBool(object, "ddpm");
  options.eta = GetNumber(object, "eta");
  options.relative = GetBool(object, "relative");
  options.pose_scale = static_cast<float>(GetNumber(object, "poseScale"));
  options.expression_scale = static_cast<float>(GetNumber(object, "expressionScale"));
  const std::vector<float> offset = GetFloats(object, "poseOffset");
  if (offset.size() != 3) Refuse("three numbers", "poseOffset");
  options.pose_offset = {offset[0], offset[1], offset[2]};
  options.smoothing = GetNumber(object, "smoothing");
  options.blink = BlinkOf(GetString(object, "blink"));
  if (!Get(object, "region").IsUndefined()) options.region = MaskOf(object, "region");
  options.edits = GetFloats(object, "edits");
  if (!Get(object, "silence").IsUndefined()) options.silence = SilenceOptionsOf(GetObject(object, "silence"));
  options.retargeting = RetargetingOf(object);
  if (!Get(object, "stream").IsUndefined())
    options.stream = StreamOptionsOf(GetObject(object, "stream"), options.window);
  options.full = GetBool(object, "full");
  options.tenant = GetString(object, "tenant");
  options.priority = GetInt(object, "priority");
  return options;
}

TraceOptions TraceOptionsOf(const Napi::Object& object) {
  TraceOptions options{RunOptionsOf(GetObject(object, "run")), GetFloats(object, "noise"), {}};
  const Napi::Value frames = Get(object, "frames");
  if (!frames.IsArray()) Refuse("an array", "frames");
  const auto list = frames.As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); i++)
    options.frames.push_back(list.Get(i).ToNumber().Int64Value());
  return options;
}

HostTensor ToHost(const std::vector<float>& values, std::vector<std::int64_t> dims) {
  HostTensor tensor{Type::kFloat32, std::move(dims), {}};
  tensor.bytes.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

HostTensors HostTensorsOf(const Napi::Object& object) {
  HostTensors tensors;
  const Napi::Array names = object.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString();
    tensors[name] = HostTensorOf(GetObject(object, name.c_str()));
  }
  return tensors;
}

Napi::Value ToJs(Napi::Env env, const HostTensors& tensors) {
  Napi::Object result = Napi::Object::New(env);
  for (const auto& [name, tensor] : tensors) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("dims", DimsToJs(env, tensor.dims));
    entry.Set("data", DataToJs(env, tensor));
    result.Set(name, entry);
  }
  return result;
}

Napi::Array DimsToJs(Napi::Env env, const std::vector<std::int64_t>& dims) {
  Napi::Array array = Napi::Array::New(env, dims.size());
  for (std::uint32_t i = 0; i < dims.size(); i++)
    array.Set(i, Napi::Number::New(env, static_cast<double>(dims[i])));
  return array;
}

}  // namespace kdtalker::addon
