// What tests of the engine find in the double with dlsym.
#include "cuda/double/fake/fake.h"

extern "C" {

// Replaces all settings (fake.h).
__attribute__((visibility("default"))) void kdtalker_cuda_double_configure(const char* text) {
  fake::Configure(text);
}

}  // extern "C"
