#include "cuda/double/fake/state.h"

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace fake {
namespace {

thread_local cudaError_t last_error = cudaSuccess;
thread_local cudaStreamCaptureMode mode_of_thread = cudaStreamCaptureModeGlobal;

// "name:after:error" or "after:error".
Planned PlanOf(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw std::invalid_argument(text);
  return {std::stoull(text.substr(0, colon)), static_cast<cudaError_t>(std::stoi(text.substr(colon + 1)))};
}

void Apply(Settings& settings, const std::string& key, const std::string& value) {
  if (key == "seed") {
    settings.seed = static_cast<unsigned>(std::stoul(value));
  } else if (key == "late") {
    settings.late = value == "1";
  } else if (key == "mig") {
    settings.mig = value == "1";
  } else if (key == "devices") {
    settings.devices = std::stoi(value);
  } else if (key == "driver") {
    settings.driver = std::stoi(value);
  } else if (key == "capability") {
    settings.capability = std::stoi(value);
  } else if (key == "fresh") {
    settings.fresh = value == "1";
  } else if (key == "memory") {
    settings.memory = std::stoull(value);
  } else if (key == "crash") {
    settings.crash = value;
  } else if (key == "lose") {
    settings.lose = PlanOf(value);
  } else if (key == "fail") {
    const std::size_t colon = value.find(':');
    settings.fail[value.substr(0, colon)] = PlanOf(value.substr(colon + 1));
  } else {
    throw std::invalid_argument(key);
  }
}

Settings SettingsOf(const std::string& text) {
  Settings settings;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    Apply(settings, word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
  return settings;
}

State* NewState() {
  auto* state = new State;
  if (const char* text = std::getenv("KDTALKER_CUDA_DOUBLE")) state->settings = SettingsOf(text);
  return state;
}

// The error planned for this call, if it is due.
cudaError_t PlannedFor(Settings& settings, const char* function) {
  const auto planned = settings.fail.find(function);
  if (planned == settings.fail.end() || planned->second.after-- > 0) return cudaSuccess;
  const cudaError_t error = planned->second.error;
  settings.fail.erase(planned);
  return error;
}

}  // namespace

State& Get() {
  static State& state = *NewState();
  return state;
}

cudaError_t Give(cudaError_t error) {
  if (error != cudaSuccess && error != cudaErrorNotReady) last_error = error;
  return error;
}

cudaError_t Begin(const char* function) {
  State& state = Get();
  Hidden hidden(state.mutex);
  Settings& settings = state.settings;
  if (settings.crash == function) std::abort();
  if (settings.lost == cudaSuccess && settings.lose.after != UINT64_MAX && settings.lose.after-- == 0)
    settings.lost = settings.lose.error;
  if (settings.lost != cudaSuccess) return Give(settings.lost);
  return Give(PlannedFor(settings, function));
}

bool Refused() {
  State& state = Get();
  Hidden hidden(state.mutex);
  const auto found = state.capturing.find(std::this_thread::get_id());
  if (found != state.capturing.end()) return found->second = true;
  if (state.global_captures == 0 || mode_of_thread != cudaStreamCaptureModeGlobal) return false;
  for (auto& [thread, spoilt] : state.capturing) spoilt = true;
  return true;
}

void BeginGlobalCapture() {
  Hidden hidden(Get().mutex);
  Get().capturing.emplace(std::this_thread::get_id(), false);
  Get().global_captures++;
}

bool EndGlobalCapture() {
  Hidden hidden(Get().mutex);
  Get().global_captures--;
  return Get().capturing.extract(std::this_thread::get_id()).mapped();
}

void Count(std::uint64_t Counters::* what) {
  Hidden hidden(Get().mutex);
  (Get().counters.*what)++;
}

Counters Read() {
  Hidden hidden(Get().mutex);
  return Get().counters;
}

Settings& Set() {
  return Get().settings;
}

void Configure(const std::string& text) {
  Settings settings = SettingsOf(text);
  if (settings.fresh) {
    EndStreams();
    ForgetMemory();
  }
  Hidden hidden(Get().mutex);
  Get().settings = std::move(settings);
}

}  // namespace fake

using namespace fake;

extern "C" {

cudaError_t cudaDriverGetVersion(int* version) {
  *version = Set().driver;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  FAKE_CALL;
  *count = Set().devices;
  if (Set().driver < 13000) return Give(cudaErrorInsufficientDriver);
  return Give(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  FAKE_CALL;
  if (device < 0 || device >= Set().devices) return Give(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, Set().mig ? "double MIG 1g.1gb" : "double");
  properties->uuid.bytes[15] = static_cast<char>(device + 1);
  properties->totalGlobalMem = Set().memory;
  properties->major = Set().capability / 10;
  properties->minor = Set().capability % 10;
  properties->multiProcessorCount = Set().mig ? 2 : 4;
  return cudaSuccess;
}
// Of the thread alone: nothing that can fail.
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(*mode, mode_of_thread);
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  FAKE_CALL;
  return Give(device >= 0 && device < Set().devices ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  FAKE_CALL;
  *total = Set().memory;
  *free = Set().memory - Read().used;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  return std::exchange(last_error, Set().lost);
}
const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaError of the double";
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "an error of the double";
}

}  // extern "C"
