#include "core/runtime.h"

#include <dlfcn.h>

#include <exception>
#include <mutex>
#include <utility>

#include "core/activity.h"
#include "core/error.h"

namespace kdtalker {
namespace {

// A library prints nothing: ONNX Runtime's log is off, and the status of a failed call has the error.
void ORT_API_CALL DropLog(void*, OrtLoggingLevel, const char*, const char*, const char*, const char*) {}

void* OpenLibrary(const std::string& file) {
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    throw Error("RUNTIME_NOT_FOUND",
                "Expected the ONNX Runtime library at '" + file +
                    "' but the loader said: " + (why == nullptr ? "unknown error" : why) +
                    ". Install onnxruntime-node or set KDTALKER_ORT to a libonnxruntime.so");
  }
  return handle;
}

const OrtApiBase* ApiBaseOf(void* handle, const std::string& file) {
  using GetBase = const OrtApiBase* (*)();
  auto get = reinterpret_cast<GetBase>(::dlsym(handle, "OrtGetApiBase"));
  if (get == nullptr) {
    throw Error("RUNTIME_NOT_FOUND",
                "Expected an ONNX Runtime library but '" + file + "' has no OrtGetApiBase");
  }
  const OrtApiBase* base = get();
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    throw Error("RUNTIME_NOT_FOUND", "Expected ONNX Runtime with API " + std::to_string(ORT_API_VERSION) +
                                         " or newer but '" + file + "' is " + base->GetVersionString());
  }
  Ort::InitApi(api);
  return base;
}

// ONNX Runtime has one set of threads for sessions to share, and learns how many before the first session.
Ort::Env MakeEnv(SessionThreads& threads) {
  if (threads.count() == 0) return {ORT_LOGGING_LEVEL_FATAL, "kdtalker", DropLog, nullptr};
  Ort::ThreadingOptions options;
  threads.GiveTo(options);
  options.SetGlobalInterOpNumThreads(1);
  options.SetGlobalSpinControl(0);  // as in Session
  return {options, DropLog, nullptr, ORT_LOGGING_LEVEL_FATAL, "kdtalker"};
}

// Where the loader has it from, beside which ONNX Runtime looks for providers: a link to a file that was open
// before is that file.
std::string PathOf(const OrtApiBase* base, std::string file) {
  ::Dl_info info{};
  if (::dladdr(base, &info) == 0 || info.dli_fname == nullptr) return file;
  return info.dli_fname;
}

}  // namespace

Runtime::Runtime(std::string library, const OrtApiBase* base, int threads)
    : library_(PathOf(base, std::move(library))),
      version_(base->GetVersionString()),
      threads_(new SessionThreads(threads - 1)),
      env_(MakeEnv(*threads_)) {
  // One arena for all sessions, which grows by the requested sizes: networks that run one after the other use
  // the same memory. Separate arenas would each keep their own, rounded up to a power of two.
  const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const Ort::ArenaCfg arena(0, 1, -1, -1);
  env_.CreateAndRegisterAllocator(memory, arena);
}

std::shared_ptr<Runtime> Runtime::Open(const std::string& library, const std::string& first, int threads) {
  static std::mutex mutex;
  static std::weak_ptr<Runtime> opened;
  const std::lock_guard lock(mutex);
  if (auto runtime = opened.lock()) return runtime;
  if (!first.empty() && first != library) ::dlopen(first.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto runtime = std::make_shared<Runtime>(library, ApiBaseOf(OpenLibrary(library), library), threads);
  opened = runtime;
  Activity::StopAllAtExit();
  return runtime;
}

bool Runtime::Shares(int threads) noexcept {
  const auto shared = static_cast<int>(threads_->count()) + 1;
  return shared > 1 && shared == threads && threads_->used() && threads_->Start();
}

void Runtime::RegisterProviders(const std::string& name, const std::string& library) {
  const std::lock_guard lock(mutex_);
  if (providers_.count(library) != 0) return;
  env_.RegisterExecutionProviderLibrary(name.c_str(), library);
  providers_.insert(library);
}

void Runtime::ShrinkArena() noexcept {
  try {
    env_.GetSharedAllocator(Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault)).Shrink();
  } catch (const std::exception&) {
    // The memory stays for the next session.
  }
}

void Runtime::AddDomain(const std::string& name, const MakeDomain& make) {
  {
    const std::lock_guard lock(mutex_);
    if (domains_.count(name) != 0) return;
  }
  auto made = make();  // without the lock, since it is a caller's function
  const std::lock_guard lock(mutex_);
  domains_.emplace(name, std::move(made));
}

void Runtime::AddDomainsTo(Ort::SessionOptions& options) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, domain] : domains_)
    Ort::ThrowOnError(Ort::GetApi().AddCustomOpDomain(options, const_cast<OrtCustomOpDomain*>(domain.get())));
}

std::size_t Runtime::DomainCount() const {
  const std::lock_guard lock(mutex_);
  return domains_.size();
}

Ort::Session Runtime::LoadWithDomains(const std::string& file, Ort::SessionOptions& options) {
  std::unique_lock naming(naming_mutex_);
  // Counted before they are added: a domain that comes in between is named again, not forgotten.
  const std::size_t count = DomainCount();
  AddDomainsTo(options);
  if (named_ >= count) naming.unlock();
  Ort::Session session(env_, file.c_str(), options);
  if (naming.owns_lock()) named_ = count;
  return session;
}

}  // namespace kdtalker
