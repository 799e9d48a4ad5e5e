# The tests of the kernels for a GPU: kdtalker_gpu_tests. Their files are those that run on the double; what plans a failure of the double, and
# what tests the double itself, stays behind. doctest may lie in KDTALKER_DOCTEST, where a machine has none.
find_path(gpu_doctest doctest/doctest.h HINTS "${KDTALKER_DOCTEST}" REQUIRED)
file(GLOB gpu_test_sources CONFIGURE_DEPENDS test/native/cuda/*.test.cc)
list(FILTER gpu_test_sources EXCLUDE REGEX "/(crossings|errors|library|planted|tensor_core)\\.test\\.cc$")
set_source_files_properties(${gpu_test_sources} PROPERTIES LANGUAGE CUDA)
# Its functors are launched by the test itself, and have the arithmetic of the CPU.
set_source_files_properties(test/native/cuda/each.test.cc PROPERTIES COMPILE_OPTIONS --fmad=false)

add_executable(kdtalker_gpu_tests test/native/cuda/main.cc ${gpu_test_sources} $<TARGET_OBJECTS:kdtalker_cuda>)
target_include_directories(kdtalker_gpu_tests PRIVATE native test/native)
target_include_directories(kdtalker_gpu_tests SYSTEM PRIVATE "${gpu_doctest}" ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_compile_options(kdtalker_gpu_tests PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-ffp-contract=off>)
target_link_libraries(kdtalker_gpu_tests PRIVATE Threads::Threads ${CMAKE_DL_LIBS})

# Those of plans, with the engine that runs them; it opens the library that KDTALKER_CUDA names: kdtalker_gpu_plan_tests.
add_executable(kdtalker_gpu_plan_tests test/native/cuda/main.cc test/native/plan.test.cc test/native/plan_values.test.cc
  test/native/support/failures.cc)
target_include_directories(kdtalker_gpu_plan_tests PRIVATE test/native)
target_include_directories(kdtalker_gpu_plan_tests SYSTEM PRIVATE "${gpu_doctest}")
target_compile_definitions(kdtalker_gpu_plan_tests PRIVATE KDTALKER_UNLISTED_KERNELS)
target_link_libraries(kdtalker_gpu_plan_tests PRIVATE kdtalker_engine)
wrap_allocations(kdtalker_gpu_plan_tests)
