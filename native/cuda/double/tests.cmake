# The kernels' tests, on the double of CUDA: kdtalker_cuda_tests. They need neither the toolkit nor a GPU.
add_library(kdtalker_cuda_options INTERFACE)
target_link_libraries(kdtalker_cuda_options INTERFACE kdtalker_options)
target_include_directories(kdtalker_cuda_options SYSTEM INTERFACE native/cuda/double/toolkit)
if(KDTALKER_SANITIZE MATCHES "thread")
  target_compile_definitions(kdtalker_cuda_options INTERFACE SIMT_TSAN)
endif()

file(GLOB double_sources CONFIGURE_DEPENDS native/cuda/double/simt/*.cc native/cuda/double/fake/*.cc)
add_library(kdtalker_cuda_double OBJECT ${double_sources})
target_link_libraries(kdtalker_cuda_double PUBLIC kdtalker_cuda_options)
# Options of sources come last. The emulator takes the time of the tests, in sanitized builds too, so it is always optimised.
# TSan must not look at the double, which tells it itself what is in order (simt/order.h).
set(double_options -O2)
if(KDTALKER_SANITIZE MATCHES "thread")
  list(APPEND double_options -fno-sanitize=thread)
endif()
set_source_files_properties(${double_sources} PROPERTIES COMPILE_OPTIONS "${double_options}")

file(GLOB cuda_test_sources CONFIGURE_DEPENDS test/native/cuda/*.cc)
add_executable(kdtalker_cuda_tests ${cuda_test_sources} $<TARGET_OBJECTS:kdtalker_cuda_double>)
target_include_directories(kdtalker_cuda_tests SYSTEM PRIVATE ${doctest_include})
target_include_directories(kdtalker_cuda_tests PRIVATE test/native)
target_link_libraries(kdtalker_cuda_tests PRIVATE kdtalker_cuda_options Threads::Threads)
