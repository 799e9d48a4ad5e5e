// What nvcc compiles for a GPU, as the double has it.
#include "cuda/rows.cu"
