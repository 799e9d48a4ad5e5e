// The form of every kernel: a struct of plain data whose operator()(i) does the work of index i, with a
// member count() that returns the number of indices. Indices may run in any order and at the same time.
//
// An index of a picture's functor is a row, which suits the CPU. Such a functor has a second division of the
// same work, pieces() and Piece(i), of about a pixel each: a GPU needs many threads. Both write the same
// bytes.
//
// The same source compiles for the CPU and, by nvcc, for the GPU: no standard containers, exceptions or
// virtual calls. Traps: arithmetic must be the same on every device, so compile with -ffp-contract=off (nvcc:
// --fmad=false). Pointers are device addresses, each in its own member, so that a launch can find them.
#pragma once

#include <cstdint>

#include "core/kernel_list.h"

#if defined(__CUDACC__)
#define KDT_HOST_DEVICE __host__ __device__ inline
#else
#define KDT_HOST_DEVICE inline
#endif
