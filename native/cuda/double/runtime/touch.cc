// The one file of the double of ONNX Runtime that ThreadSanitizer sees: ONNX Runtime itself is no code of
// ours, so its accesses to the device's memory are shown here.
#include "cuda/double/runtime/runtime.h"

namespace ort_double {

void Touch(const std::vector<Bound>& inputs, const std::vector<Bound>& outputs) {
  unsigned char seen = 0;
  for (const Bound& each : inputs) {
    const auto* bytes = static_cast<const volatile unsigned char*>(each.data);
    for (std::size_t i = 0; i < each.bytes; i += 64) seen = bytes[i];
  }
  for (const Bound& each : outputs) {
    auto* bytes = static_cast<volatile unsigned char*>(each.data);
    for (std::size_t i = 0; i < each.bytes; i += 64) bytes[i] = seen;
  }
}

}  // namespace ort_double
