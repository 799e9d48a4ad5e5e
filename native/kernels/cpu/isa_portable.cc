#define KDTALKER_ISA portable
#define KDTALKER_LANES 4
#define KDTALKER_ISA_NAME Isa::kPortable
#include "kernels/cpu/isa_table.h"
