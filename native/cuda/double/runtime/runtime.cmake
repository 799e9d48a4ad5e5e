# The double of ONNX Runtime with providers for GPUs (runtime.h), and libraries of the names that it looks for beside it.
file(GLOB ort_double_sources CONFIGURE_DEPENDS native/cuda/double/runtime/*.cc)
add_library(kdtalker_ort_double MODULE ${ort_double_sources})
target_link_libraries(kdtalker_ort_double PRIVATE kdtalker_cuda_options ${CMAKE_DL_LIBS})
set(ort_double_folder ${CMAKE_BINARY_DIR}/runtime)
set_target_properties(kdtalker_ort_double PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ort_double_folder} OUTPUT_NAME onnxruntime_double)
if(KDTALKER_SANITIZE MATCHES "thread")
  list(FILTER ort_double_sources EXCLUDE REGEX "touch")
  set_source_files_properties(${ort_double_sources} PROPERTIES COMPILE_OPTIONS "-fno-sanitize=thread")
endif()

foreach(name libonnxruntime_providers_cuda.so libonnxruntime_providers_tensorrt.so libcudnn.so.9
    libnvinfer.so.10 libnvinfer_plugin.so.10)
  string(MAKE_C_IDENTIFIER "double_${name}" target)
  add_library(${target} MODULE native/cuda/double/runtime/libraries/empty.cc)
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ort_double_folder} PREFIX "" SUFFIX "" OUTPUT_NAME ${name})
  add_dependencies(kdtalker_ort_double ${target})
endforeach()
