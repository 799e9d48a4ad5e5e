// The instructions that C++ has no words for: copies into shared memory that end later, fragments, and the
// product of tensor cores. On the CPU the same functions do what PTX's description says.
#pragma once

#include <cstdint>

#include "cuda/kernels/launch.h"

namespace kdtalker::cuda {

// Fragments of a 16x8x16 product, as PTX lays them out. With g = lane / 4 and t = lane % 4:
//   a   four pairs of halves: (row g, k 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8)
//   b   two pairs: (k 2t, column g), (2t + 8, g)
//   d   (row g, columns 2t and 2t + 1), (g + 8, the same)
#if defined(__CUDACC__)
struct Fragments {
  float* d;
  const std::uint32_t *a, *b;
};
#else
using Fragments = simt::Fragments;
#endif

#if defined(__CUDACC__)

// A value that the compiler cannot know: what is computed from it is computed there, and held in no register
// before.
KDT_DEVICE int Opaque(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

KDT_DEVICE std::uint32_t SharedAddress(const void* address) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(address));
}

// 16 bytes to shared memory, zeros where `valid` is false.
KDT_DEVICE void CopyAsync(void* to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(SharedAddress(to)), "l"(from),
               "r"(valid ? 16 : 0)
               : "memory");
}
KDT_DEVICE void CommitCopies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int pending>
KDT_DEVICE void AwaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// Four 8x8 matrices of halves; lanes 8 i .. 8 i + 7 give the addresses of matrix i's rows.
KDT_DEVICE void LoadMatrices(std::uint32_t (&fragment)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(SharedAddress(row))
               : "memory");
}

// d += a b
KDT_DEVICE void Multiply(const Fragments& f) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, %2, %3};"
      : "+f"(f.d[0]), "+f"(f.d[1]), "+f"(f.d[2]), "+f"(f.d[3])
      : "r"(f.a[0]), "r"(f.a[1]), "r"(f.a[2]), "r"(f.a[3]), "r"(f.b[0]), "r"(f.b[1]));
}

#else

inline int Opaque(int value) {
  return value;
}
inline void CopyAsync(void* to, const void* from, bool valid) {
  simt::CopyLater(to, from, 16, valid ? 16 : 0);
}
inline void CommitCopies() {
  simt::CommitCopies();
}
template <int pending>
void AwaitCopies() {
  simt::AwaitCopies(pending);
}

struct MatrixRows {
  const void* given;
  const char* rows[4];

  SIMT_UNSEEN static void Act(void* const (&lanes)[32]) {
    for (int lane = 0; lane < 32; lane++) {
      auto* mine = static_cast<MatrixRows*>(lanes[lane]);
      for (int i = 0; i < 4; i++)
        mine->rows[i] = static_cast<const char*>(static_cast<MatrixRows*>(lanes[8 * i + lane / 4])->given);
    }
  }
};

inline void LoadMatrices(std::uint32_t (&fragment)[4], const void* row) {
  if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0)
    simt::Fail("ldmatrix of a row that is not aligned to 16 bytes");
  MatrixRows mine{row, {}};
  simt::Collective("ldmatrix", &mine, &MatrixRows::Act);
  for (int i = 0; i < 4; i++)
    fragment[i] = *reinterpret_cast<const std::uint32_t*>(mine.rows[i] + 4 * (simt::Self().lane % 4));
}

inline void Multiply(const Fragments& f) {
  simt::Multiply(f);
}

#endif

}  // namespace kdtalker::cuda
