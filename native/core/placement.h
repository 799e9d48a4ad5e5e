#pragma once

#include <onnxruntime_cxx_api.h>

#include <atomic>
#include <mutex>
#include <string>

namespace kdtalker {

// Whether all of a network computes on the GPU. ONNX Runtime gives nodes that a provider lacks to the
// processor, and copies what they read and write, without an error.
class Placement {
 public:
  Placement() = default;
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  // Has the session that is made with these options tell where its nodes are. This must outlive it.
  void Watch(Ort::SessionOptions& options);

  // Throws Error OPERATOR_UNSUPPORTED, which names the first node that is not on the GPU, or the first value
  // that would be copied. `file` is the network.
  void Check(const Ort::Session& session, const std::string& file, const std::string& device);

 private:
  static void ORT_API_CALL Hear(void* self, OrtLoggingLevel severity, const char* category, const char* id,
                                const char* location, const char* message);

  std::atomic<bool> loading_{true};
  std::mutex mutex_;
  std::string copy_;  // what ONNX Runtime said of the first copy
};

}  // namespace kdtalker
