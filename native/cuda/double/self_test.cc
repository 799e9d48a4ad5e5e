// What nvcc compiles for a GPU, as the double has it.
#include "cuda/self_test.cu"
