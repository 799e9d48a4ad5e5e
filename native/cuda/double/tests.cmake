# The tests of the CUDA kernels and of the library, on the double: kdtalker_cuda_tests.
file(GLOB cuda_test_sources CONFIGURE_DEPENDS test/native/cuda/*.cc)
add_executable(kdtalker_cuda_tests ${cuda_test_sources} $<TARGET_OBJECTS:kdtalker_cuda_objects>)
target_include_directories(kdtalker_cuda_tests SYSTEM PRIVATE ${doctest_include})
target_include_directories(kdtalker_cuda_tests PRIVATE test/native)
target_link_libraries(kdtalker_cuda_tests PRIVATE kdtalker_cuda_options)
