// Networks on ONNX Runtime's providers, on the doubles of CUDA and of ONNX Runtime (native/cuda/double):
// KDTALKER_ORT and KDTALKER_CUDA, set by native/build/test.mjs, name them.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/provider_session.h"
#include "core/session.h"
#include "core/stream.h"
#include "core/tensor.h"
#include "cuda_double.h"
#include "kernels/normal.h"
#include "support/skip.h"

namespace provided {

// Settings of both doubles for one test, and the calls of providers that were made in it.
class Doubles {
 public:
  explicit Doubles(const std::string& runtime = "", const std::string& cuda = "")
      : cuda_(cuda),
        log_((std::filesystem::temp_directory_path() / ("kdtalker-" + std::to_string(::getpid()))).string()) {
    ::setenv("KDTALKER_ORT_DOUBLE_LOG", log_.c_str(), 1);
    std::filesystem::remove(log_);
    Configure(runtime);
  }
  ~Doubles() {
    Configure("");
    std::filesystem::remove(log_);
  }
  Doubles(const Doubles&) = delete;
  Doubles& operator=(const Doubles&) = delete;

  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }

 private:
  static void Configure(const std::string& settings) {
    void* library = ::dlopen(std::getenv("KDTALKER_ORT"), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    const auto configure =
        reinterpret_cast<void (*)(const char*)>(::dlsym(library, "kdtalker_ort_double_configure"));
    const bool found = configure != nullptr;
    REQUIRE(found);
    configure(settings.c_str());
  }

  const cuda_double::Double cuda_;
  const std::string log_;
};

inline const std::string kAudio = "dist/built-in/puppet/audio.onnx";

inline bool Built() {
  return !skip::WithoutRuntime() &&
         !skip::Unless(std::filesystem::exists(kAudio), "`npm run build:lib`, run from the project's folder");
}

inline std::shared_ptr<kdtalker::Runtime> Runtime() {
  return kdtalker::Runtime::Open(std::getenv("KDTALKER_ORT"), "");
}

inline std::shared_ptr<kdtalker::ProviderSession> Session(const std::shared_ptr<kdtalker::Device>& device,
                                                          const std::string& cache = "",
                                                          const std::string& file = kAudio,
                                                          bool graphs = false) {
  const auto provider =
      device->name().substr(0, 4) == "cuda" ? kdtalker::Provider::kCuda : kdtalker::Provider::kTensorRt;
  return std::make_shared<kdtalker::ProviderSession>(Runtime(), device, file,
                                                     kdtalker::ProviderUse{provider, cache, graphs});
}

inline std::vector<float> Mel(float phase) {
  std::vector<float> values(1280);
  for (std::size_t i = 0; i < values.size(); i++)
    values[i] = static_cast<float>(i % 17) / 8.0F - 1.0F + phase;
  return values;
}

// The audio network's features of a mel window, as the processor computes them.
inline std::vector<float> OnProcessor(float phase) {
  const auto device = kdtalker::OpenDevice("cpu");
  const auto stream = device->MakeStream();
  const kdtalker::Tensor mel(device, kdtalker::Type::kFloat32, {1, 1, 80, 16}),
      feature(device, kdtalker::Type::kFloat32, {1, 512});
  mel.UploadNow(*stream, Mel(phase).data(), kdtalker::Crossing::kSpectrogram);
  kdtalker::SessionBinding binding(std::make_shared<kdtalker::Session>(Runtime(), kAudio, 1));
  binding.Input("mel", mel).Output("feature", feature);
  binding.Run(*stream, kdtalker::StopToken());
  return kdtalker::DownloadFloats(*stream, feature, kdtalker::Crossing::kFrame);
}

// A run of the audio network: its tensors, and its binding.
class AudioRun {
 public:
  AudioRun(const std::shared_ptr<kdtalker::Device>& device, kdtalker::ProviderSession& session)
      : mel_(device, kdtalker::Type::kFloat32, {1, 1, 80, 16}),
        made_(device, kdtalker::Type::kFloat32, mel_.dims()),
        noise_(device, kdtalker::Type::kFloat32, {1 << 18}),
        feature_(device, kdtalker::Type::kFloat32, {1, 512}),
        binding_(session.MakeBinding()) {
    binding_->Input("mel", mel_).Output("feature", feature_);
  }

  void Give(kdtalker::Stream& stream, float phase, const kdtalker::StopToken& stop) {
    mel_.UploadNow(stream, Mel(phase).data(), kdtalker::Crossing::kSpectrogram);
    binding_->Run(stream, stop);
  }
  // Over an input that the stream has yet to make, behind work that takes longer than a run.
  void GiveMade(kdtalker::Stream& stream, float phase, const kdtalker::StopToken& stop) {
    made_.UploadNow(stream, Mel(phase).data(), kdtalker::Crossing::kSpectrogram);
    for (std::uint32_t i = 0; i < 3; i++)
      stream.Launch(kdtalker::kernels::FillNormal{noise_.f32(), noise_.count(), 1, i, 0,
                                                  kdtalker::kernels::NoisePurpose::kInitial});
    kdtalker::CopyTensor(stream, mel_, made_);
    binding_->Run(stream, stop);
  }
  std::vector<float> Get(kdtalker::Stream& stream) const {
    return kdtalker::DownloadFloats(stream, feature_, kdtalker::Crossing::kFrame);
  }
  kdtalker::Binding& binding() { return *binding_; }

 private:
  kdtalker::Tensor mel_, made_, noise_, feature_;
  std::unique_ptr<kdtalker::Binding> binding_;
};

}  // namespace provided
