#define KDTALKER_ISA avx512bf16
#define KDTALKER_LANES 16
#define KDTALKER_ISA_NAME Isa::kAvx512Bf16
#include "kernels/cpu/isa_table.h"
