#define KDTALKER_ISA avx2
#define KDTALKER_LANES 8
#define KDTALKER_ISA_NAME Isa::kAvx2
#include "kernels/cpu/isa_table.h"
