// The double of ONNX Runtime with providers for GPUs: a library that ONNX Runtime's callers take for it. All
// calls go to the real one, but those of providers for GPUs. A session with such a provider is the real one's
// on the processor; its runs are work of the stream that the provider was given (user_compute_stream), over
// the second addresses of the device's memory in the double of CUDA (KDTALKER_CUDA).
//
// KDTALKER_ORT_REAL names the real library. KDTALKER_ORT_DOUBLE is a list of settings:
//
//   form=inside|plugin|none  how providers are offered; default inside
//   api=28                   the newest version of the interface
//   processor=Relu           nodes of this type are given to the processor
//   lacks=GridSample         the same of a session with TensorRT's provider only
//   graphs=refused|broken    CUDA graphs are refused when a session is made, or fail while one is captured;
//                            default: they are captured
//   copy=value               this value is copied between processor and GPU
//   fail=100                 sessions fail as with this error of CUDA
//   devices=0                GPUs of the plugin; default 1
//   hold=5                   every run after the fifth ends only when it is told to end
//
// KDTALKER_ORT_DOUBLE_LOG names a file to which a line is added for each call of a provider.
#pragma once

#include <onnxruntime_c_api.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace ort_double {

using Texts = std::map<std::string, std::string>;

struct Settings {
  std::string form = "inside", processor, lacks, copy, fail, graphs;
  unsigned api = ~0U;
  int devices = 1, hold = -1;
};

// A provider as session options, and later a session, have it.
struct Provided {
  std::string name;
  Texts options;
  void* stream = nullptr;
};

struct Logger {
  OrtLoggingFunction function = nullptr;
  void* parameter = nullptr;
};

// A tensor that is bound: `data` is the host's address of it.
struct Bound {
  std::string name;
  void* data;
  std::size_t bytes;
  std::vector<std::int64_t> dims;
  ONNXTensorElementDataType type;
};

struct Bindings {
  OrtSession* session = nullptr;
  std::vector<Bound> inputs, outputs;
};

struct Session {
  std::string file;
  std::vector<Provided> providers;
  std::atomic<int> pending{0};  // runs that are given and not done
  bool graphs = false;          // captures its runs
  std::atomic_flag running = ATOMIC_FLAG_INIT;
  std::map<std::thread::id, Bindings> captured;  // with the addresses of each thread's first run
};

// What is known of the caller's handles. Its lock orders nothing in the eyes of ThreadSanitizer, which does
// not see these sources.
struct State {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  const OrtApiBase* base = nullptr;
  const OrtApi* real = nullptr;
  OrtApi api{};
  Settings settings;
  int runs = 0;
  std::map<const void*, Texts> made;  // options of providers, until they are appended
  std::map<const void*, void*> streams;
  std::map<const OrtSessionOptions*, std::vector<Provided>> options;
  std::map<const OrtSessionOptions*, Logger> loggers;
  std::map<const OrtSession*, Session> sessions;
  std::map<const OrtIoBinding*, Bindings> bindings;
  std::map<const OrtRunOptions*, bool> ending;
  std::map<const OrtEpAssignedSubgraph*, std::string> parts;  // to the provider of their session
};
State& Get();

class Lock {
 public:
  Lock();
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
};

void Log(const std::string& line);
OrtStatus* Fail(const std::string& text);
[[noreturn]] void End(const char* why);

// Of the double of CUDA.
void* View(void* address, std::size_t bytes);
int Submit(void* stream, void (*work)(void*), void* argument);
void BeginCapture();
bool EndCapture();  // whether it was spoilt

// Where the processor's tensors are.
const OrtMemoryInfo* Processor();

// Reads or writes the bytes as ThreadSanitizer sees it.
void Touch(const std::vector<Bound>& inputs, const std::vector<Bound>& outputs);

// The groups of calls that the double answers; runtime.cc puts them into the table.
void AddOptions(OrtApi& api);
void AddPlugins(OrtApi& api);
void AddSessions(OrtApi& api);
void AddBindings(OrtApi& api);
void AddRuns(OrtApi& api);

}  // namespace ort_double
