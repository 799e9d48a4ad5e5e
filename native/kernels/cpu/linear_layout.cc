#include "kernels/cpu/linear_layout.h"

namespace kdtalker::kernels {
namespace {

void Round(float value, float& to) {
  to = value;
}
void Round(float value, Bf16& to) {
  to = RoundToBf16(value);
}

}  // namespace

template <class T>
std::vector<T> LayOutLinear(const float* matrix, int channels, int outputs) {
  constexpr int kTogether = sizeof(T) == 2 ? 2 : 1;
  const auto panel = static_cast<std::size_t>(TokenPanelSize<T>(channels));
  std::vector<T> laid_out(panel * static_cast<std::size_t>(PanelsOf(outputs)));
  for (int channel = 0; channel < channels; channel++) {
    for (int output = 0; output < outputs; output++) {
      const std::size_t lane = static_cast<std::size_t>(output % kTokenPanel) * kTogether;
      const std::size_t row = static_cast<std::size_t>(channel / kTogether) * kTogether * kTokenPanel;
      const std::size_t at = static_cast<std::size_t>(output / kTokenPanel) * panel + row + lane;
      Round(matrix[static_cast<std::size_t>(channel) * static_cast<std::size_t>(outputs) +
                   static_cast<std::size_t>(output)],
            laid_out[at + static_cast<std::size_t>(channel % kTogether)]);
    }
  }
  return laid_out;
}

template std::vector<float> LayOutLinear<float>(const float*, int, int);
template std::vector<Bf16> LayOutLinear<Bf16>(const float*, int, int);

}  // namespace kdtalker::kernels
