#define KDTALKER_ISA avx512
#define KDTALKER_LANES 16
#define KDTALKER_ISA_NAME Isa::kAvx512
#include "kernels/cpu/isa_table.h"
