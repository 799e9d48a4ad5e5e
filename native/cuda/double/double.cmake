# The double of CUDA, for tests: libkdtalker_cuda_double.so, which the engine takes for libkdtalker_cuda.so. It needs neither the toolkit
# nor a GPU.
add_library(kdtalker_cuda_options INTERFACE)
target_link_libraries(kdtalker_cuda_options INTERFACE kdtalker_options Threads::Threads)
target_include_directories(kdtalker_cuda_options SYSTEM INTERFACE native/cuda/double/toolkit)
if(KDTALKER_SANITIZE MATCHES "thread")
  target_compile_definitions(kdtalker_cuda_options INTERFACE SIMT_TSAN)
endif()

file(GLOB double_sources CONFIGURE_DEPENDS native/cuda/double/simt/*.cc native/cuda/double/fake/*.cc)
# Options of sources come last. The emulator takes the time of the tests, in sanitized builds too, so it is always optimised.
# TSan must not look at the double, which tells it itself what is in order (simt/order.h).
set(double_options -O2)
if(KDTALKER_SANITIZE MATCHES "thread")
  list(APPEND double_options -fno-sanitize=thread)
endif()
set_source_files_properties(${double_sources} PROPERTIES COMPILE_OPTIONS "${double_options}")

# The library's own sources, as g++ compiles them, and the double.
file(GLOB cuda_sources CONFIGURE_DEPENDS native/cuda/*.cc)
add_library(kdtalker_cuda_objects OBJECT ${cuda_sources} ${double_sources}
  native/cuda/double/functors.cc native/cuda/double/blocks.cc native/cuda/double/rows.cc native/cuda/double/self_test.cc)
target_link_libraries(kdtalker_cuda_objects PUBLIC kdtalker_cuda_options)

add_library(kdtalker_cuda_double MODULE native/cuda/double/control.cc $<TARGET_OBJECTS:kdtalker_cuda_objects>)
target_link_libraries(kdtalker_cuda_double PRIVATE kdtalker_cuda_options)

include(native/cuda/double/runtime/runtime.cmake)
add_dependencies(kdtalker_cuda_double kdtalker_ort_double)
