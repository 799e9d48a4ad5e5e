# libkdtalker_cuda.so: everything of native/cuda for GPUs of capability 8.0 and later, compiled once for each architecture, and as PTX of
# the last for those to come. CUDA's runtime is inside, so that it needs nothing but a driver: 580 or later when built with CUDA 13,
# 525 with CUDA 12. The sources use nothing newer: C++20 and cudaGraphInstantiate with three arguments came with 12.0, all else is older.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(every_architecture ON)
  set(CMAKE_CUDA_ARCHITECTURES 80)  # until the toolkit's version is known
endif()
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
# The architectures of a file are compiled side by side, as many as there are processors.
set(CMAKE_CUDA_FLAGS "${CMAKE_CUDA_FLAGS} --threads 0")
enable_language(CUDA)
if(every_architecture AND CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.8)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90)
elseif(every_architecture)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90-real 100-real 120)
endif()
# CMake 3.25 does not know that nvcc has C++20.
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
endif()


file(GLOB cuda_library_sources CONFIGURE_DEPENDS native/cuda/*.cc)
add_library(kdtalker_cuda SHARED ${cuda_library_sources} native/cuda/functors.cu native/cuda/blocks.cu native/cuda/rows.cu native/cuda/self_test.cu)
target_include_directories(kdtalker_cuda PRIVATE native)
target_include_directories(kdtalker_cuda SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
# Functors have the arithmetic of the CPU, where no multiplication and addition become one.
set_source_files_properties(native/cuda/functors.cu PROPERTIES COMPILE_OPTIONS --fmad=false)
target_compile_options(kdtalker_cuda PRIVATE
  "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/native/build/oldest_libstdcxx.h"
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-ffp-contract=off>
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow>)
set(exports ${CMAKE_CURRENT_SOURCE_DIR}/native/cuda/exports.map)
target_link_options(kdtalker_cuda PRIVATE LINKER:--version-script=${exports} LINKER:-z,nodelete)
target_link_libraries(kdtalker_cuda PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
