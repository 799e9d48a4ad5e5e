#include "cuda/double/runtime/runtime.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace ort_double {
namespace {

void Apply(Settings& settings, const std::string& key, const std::string& value) {
  if (key == "form") settings.form = value;
  if (key == "processor") settings.processor = value;
  if (key == "lacks") settings.lacks = value;
  if (key == "copy") settings.copy = value;
  if (key == "fail") settings.fail = value;
  if (key == "graphs") settings.graphs = value;
  if (key == "api") settings.api = static_cast<unsigned>(std::stoul(value));
  if (key == "devices") settings.devices = std::stoi(value);
  if (key == "hold") settings.hold = std::stoi(value);
}

Settings SettingsOf(const char* text) {
  Settings settings;
  std::istringstream words(text == nullptr ? "" : text);
  for (std::string word; words >> word;)
    Apply(settings, word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
  return settings;
}

void* Open(const char* variable) {
  const char* file = std::getenv(variable);
  void* library = file == nullptr ? nullptr : ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) End(variable);
  return library;
}

template <class Function>
Function Find(void* library, const char* name) {
  auto* found = ::dlsym(library, name);
  if (found == nullptr) End(name);
  return reinterpret_cast<Function>(found);
}

State* NewState() {
  auto* state = new State;
  state->base = Find<const OrtApiBase* (*)()>(Open("KDTALKER_ORT_REAL"), "OrtGetApiBase")();
  state->real = state->base->GetApi(ORT_API_VERSION);
  if (state->real == nullptr) End("the real ONNX Runtime is too old");
  state->settings = SettingsOf(std::getenv("KDTALKER_ORT_DOUBLE"));
  state->api = *state->real;
  AddOptions(state->api);
  AddPlugins(state->api);
  AddSessions(state->api);
  AddBindings(state->api);
  AddRuns(state->api);
  return state;
}

const OrtApi* ORT_API_CALL GetApi(std::uint32_t version) noexcept {
  return version <= Get().settings.api && version <= ORT_API_VERSION ? &Get().api : nullptr;
}

const char* ORT_API_CALL Version() noexcept {
  return Get().base->GetVersionString();
}

}  // namespace

State& Get() {
  static State& state = *NewState();
  return state;
}

Lock::Lock() {
  while (Get().busy.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
}

Lock::~Lock() {
  Get().busy.clear(std::memory_order_release);
}

void Log(const std::string& line) {
  if (const char* file = std::getenv("KDTALKER_ORT_DOUBLE_LOG"))
    std::ofstream(file, std::ios::app) << line << "\n";
}

OrtStatus* Fail(const std::string& text) {
  return Get().real->CreateStatus(ORT_FAIL, text.c_str());
}

void End(const char* why) {
  std::fprintf(stderr, "the double of ONNX Runtime: %s\n", why);
  std::_Exit(70);
}

void* View(void* address, std::size_t bytes) {
  static const auto view =
      Find<void* (*)(void*, std::size_t)>(Open("KDTALKER_CUDA"), "kdtalker_cuda_double_view");
  return view(address, bytes);
}

int Submit(void* stream, void (*work)(void*), void* argument) {
  static const auto submit =
      Find<int (*)(void*, void (*)(void*), void*)>(Open("KDTALKER_CUDA"), "kdtalker_cuda_double_submit");
  return submit(stream, work, argument);
}

void BeginCapture() {
  static const auto begin = Find<void (*)()>(Open("KDTALKER_CUDA"), "kdtalker_cuda_double_begin_capture");
  begin();
}

bool EndCapture() {
  static const auto end = Find<int (*)()>(Open("KDTALKER_CUDA"), "kdtalker_cuda_double_end_capture");
  return end() != 0;
}

}  // namespace ort_double

extern "C" {

__attribute__((visibility("default"))) const OrtApiBase* ORT_API_CALL OrtGetApiBase() noexcept {
  static const OrtApiBase base{&ort_double::GetApi, &ort_double::Version};
  return &base;
}

// Replaces all settings.
__attribute__((visibility("default"))) void kdtalker_ort_double_configure(const char* text) {
  ort_double::Get().settings = ort_double::SettingsOf(text);
  ort_double::Get().runs = 0;
}

}  // extern "C"
