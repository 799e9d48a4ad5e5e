// How a provider is set up: the form that ONNX Runtime offers, its options, and each reason why it cannot be.
#include <algorithm>

#include "provider/provided.h"

namespace {

using namespace kdtalker;
using cuda_double::Thrown;
using cuda_double::ThrownBy;
using provided::Doubles;

bool Has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  const bool has = text.find(part) != std::string::npos;
  CHECK(has);
  return has;
}

Thrown Loading(const std::string& device, const std::string& runtime, const std::string& cuda = "") {
  const Doubles doubles(runtime, cuda);
  return ThrownBy([&] { provided::Session(OpenDevice(device)); });
}

TEST_CASE(
    "provider: inside of ONNX Runtime, with the options of an exact and predictable run, on our stream") {
  if (!provided::Built()) return;
  const Doubles doubles("", "devices=2");
  provided::Session(OpenDevice("cuda:1"));
  const std::string log = doubles.log();
  Has(log,
      "append CUDAExecutionProvider arena_extend_strategy=kSameAsRequested "
      "cudnn_conv_algo_search=EXHAUSTIVE cudnn_conv_use_max_workspace=1 device_id=1 "
      "do_copy_in_default_stream=1 use_tf32=0\n");
  CHECK(log.find("register") == std::string::npos);
}

TEST_CASE("provider: TensorRT first, CUDA behind it, both on our stream; engines are kept") {
  if (!provided::Built()) return;
  const Doubles doubles;
  const std::string cache = (std::filesystem::temp_directory_path() / "kdtalker-engines").string();
  std::filesystem::remove_all(cache);
  provided::Session(OpenDevice("tensorrt:0"), cache);
  const std::string log = doubles.log();
  const std::string folder = cache + "/ort-" + provided::Runtime()->version() + "-trt-10.9.0-sm90";
  Has(log,
      "append TensorrtExecutionProvider device_id=0 trt_auxiliary_streams=0 "
      "trt_context_memory_sharing_enable=1 trt_engine_cache_enable=1 trt_engine_cache_path=" +
          folder + " trt_timing_cache_enable=1 trt_timing_cache_path=" + folder +
          "\nappend CUDAExecutionProvider ");
  CHECK(std::filesystem::is_directory(folder));
  std::filesystem::remove_all(cache);
}

TEST_CASE("provider: a plugin is registered once, and its device of that number is taken") {
  if (!provided::Built()) return;
  const Doubles doubles("form=plugin devices=2", "devices=2");
  const auto device = OpenDevice("cuda:1");
  const auto session = provided::Session(device);
  provided::Session(device);
  const std::string log = doubles.log();
  Has(log, "register kdtalker-cuda ");
  Has(log, "append CudaPluginExecutionProvider arena_extend_strategy");
  CHECK(log.find("without a stream") == std::string::npos);
  CHECK(log.find("register", log.find("register") + 1) == std::string::npos);
}

TEST_CASE("provider: a plugin that lists too few devices") {
  if (!provided::Built()) return;
  const Thrown thrown = Loading("cuda:0", "form=plugin devices=0");
  CHECK(thrown.code == "DEVICE_UNAVAILABLE");
  Has(thrown.message, "for device 'cuda:0' but the plugin of ONNX Runtime lists 0. Check nvidia-smi");
}

TEST_CASE("provider: what the GPU refuses when a network is loaded") {
  if (!provided::Built()) return;
  const Thrown none = Loading("cuda:0", "fail=100");
  CHECK(none.code == "DEVICE_UNAVAILABLE");
  Has(none.message, "no CUDA-capable device is detected");
  Has(none.message, "start a container with --gpus all");
  const Thrown full = Loading("cuda:0", "fail=2");
  CHECK(full.code == "DEVICE_MEMORY");
  Has(full.message, "Close other talkers");
}

TEST_CASE("provider: a node on the processor and a value that is copied are refused by name") {
  if (!provided::Built()) return;
  const Thrown node = Loading("cuda:0", "processor=Softmax");
  CHECK(node.code == "OPERATOR_UNSUPPORTED");
  Has(node.message, "ONNX Runtime gives node '");
  Has(node.message, "' of type Softmax to the processor. Use engine 'plan', or device 'cpu'");
  const Thrown copy = Loading("cuda:0", "copy=feature");
  CHECK(copy.code == "OPERATOR_UNSUPPORTED");
  Has(copy.message, "(MemcpyToHost before feature for CUDAExecutionProvider)");
}

TEST_CASE("provider: a file that is no network is the pack's fault") {
  if (!provided::Built()) return;
  const Doubles doubles;
  const Thrown thrown = ThrownBy([] { provided::Session(OpenDevice("cuda:0"), "", "package.json"); });
  CHECK(thrown.code == "PACK_DAMAGED");
}

}  // namespace
