# The tests of the CUDA kernels and of the library, on the double: kdtalker_cuda_tests.
file(GLOB cuda_test_sources CONFIGURE_DEPENDS test/native/cuda/*.cc)
add_executable(kdtalker_cuda_tests ${cuda_test_sources} $<TARGET_OBJECTS:kdtalker_cuda_objects>)
target_include_directories(kdtalker_cuda_tests SYSTEM PRIVATE ${doctest_include})
target_include_directories(kdtalker_cuda_tests PRIVATE test/native)
target_link_libraries(kdtalker_cuda_tests PRIVATE kdtalker_cuda_options)

# Those of ONNX Runtime's providers, with the engine, on the doubles of both: kdtalker_provider_tests.
file(GLOB provider_test_sources CONFIGURE_DEPENDS test/native/provider/*.cc)
add_executable(kdtalker_provider_tests ${provider_test_sources})
target_include_directories(kdtalker_provider_tests SYSTEM PRIVATE ${doctest_include})
target_include_directories(kdtalker_provider_tests PRIVATE test/native)
target_link_libraries(kdtalker_provider_tests PRIVATE kdtalker_engine)
