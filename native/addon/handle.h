#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "addon/instance.h"
#include "core/error.h"
#include "core/thread_pool.h"

namespace kdtalker::addon {

// The tag and name that identify handles of type T: `static constexpr napi_type_tag tag` and `static
// constexpr const char* name`.
template <class T>
struct HandleType;

// A JavaScript object that owns a reference to an engine object of type T; its type tag prevents a call from
// reinterpreting a foreign pointer.
template <class T>
class Handle {
 public:
  // `bytes`: memory that is freed with the object, reported to the garbage collector.
  static Napi::Object Make(Napi::Env env, std::shared_ptr<T> owned, std::size_t bytes = 0) {
    Napi::Object object = Napi::Object::New(env);
    auto share = std::make_unique<Share>(
        Share{std::move(owned), Instance::Of(env).ending(), static_cast<std::int64_t>(bytes)});
    if (napi_wrap(env, object, share.get(), &Handle::Finalize, nullptr, nullptr) != napi_ok)
      throw Error("NATIVE", "Expected a fresh object to wrap but Node-API refused it");
    Napi::MemoryManagement::AdjustExternalMemory(env, share->bytes);
    static_cast<void>(share.release());  // Finalize's
    object.TypeTag(&HandleType<T>::tag);
    return object;
  }

  // Throws Error INVALID_ARGUMENT for anything that is not such a handle and CLOSED after Close().
  static std::shared_ptr<T> Get(const Napi::Value& value) {
    const std::shared_ptr<T>& share = ShareOf(value).owned;
    if (share == nullptr)
      throw Error("CLOSED", std::string("Expected an open ") + HandleType<T>::name + " but it was closed");
    return share;
  }

  // Releases the handle's reference once; later calls return null.
  static std::shared_ptr<T> Take(const Napi::Value& value) {
    Share& share = ShareOf(value);
    share.Forget(value.Env());
    return std::exchange(share.owned, nullptr);
  }

 private:
  struct Share {
    std::shared_ptr<T> owned;
    std::shared_ptr<bool> ending;  // of the environment
    std::int64_t bytes;            // reported to the garbage collector

    void Forget(Napi::Env env) {
      if (bytes != 0) Napi::MemoryManagement::AdjustExternalMemory(env, -std::exchange(bytes, 0));
    }
  };

  static Share& ShareOf(const Napi::Value& value) {
    void* share = nullptr;
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&HandleType<T>::tag) ||
        napi_unwrap(value.Env(), value, &share) != napi_ok) {
      throw Error("INVALID_ARGUMENT",
                  std::string("Expected a native ") + HandleType<T>::name + " but received another value");
    }
    return *static_cast<Share*>(share);
  }

  // Garbage collection is only a fallback. Releasing the last reference may join threads, so it happens on
  // the pool; but at once when the environment ends, because nothing may outlive it.
  static void Finalize(napi_env env, void* data, void*) {
    const std::unique_ptr<Share> share(static_cast<Share*>(data));
    if (share->owned == nullptr || *share->ending) return;
    share->Forget(env);
    try {
      ThreadPool::Shared().Post([owned = std::move(share->owned)]() mutable { owned.reset(); });
    } catch (const std::exception&) {
      // Without memory or a thread for the pool, it was released here.
    }
  }
};

}  // namespace kdtalker::addon
