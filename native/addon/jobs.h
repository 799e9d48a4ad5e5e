#pragma once

#include <napi.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/thread_pool.h"

namespace kdtalker::addon {

// What a finished job brings back to the JavaScript thread: an error, or a function that makes the result
// there.
struct Outcome {
  std::function<Napi::Value(Napi::Env)> value;
  std::exception_ptr error;
};

// Carries outcomes from any thread to the JavaScript thread of one environment. Outlives the environment:
// what arrives after its end is dropped.
class Mailbox {
 public:
  using Drain = std::function<void(std::vector<std::pair<std::uint64_t, Outcome>>)>;

  static std::shared_ptr<Mailbox> Open(Napi::Env env, Drain drain);  // JavaScript thread
  void Send(std::uint64_t job, Outcome outcome);                     // any thread
  void Hold(Napi::Env env, bool hold);  // JavaScript thread; while held the event loop stays alive
  void Close();                         // JavaScript thread; idempotent

 private:
  static void Deliver(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Outcome>> letters_;
  napi_threadsafe_function wake_ = nullptr;
  bool open_ = false;
  Drain drain_;
};

// The promises of one environment that are not settled yet. JavaScript thread only.
class Jobs {
 public:
  explicit Jobs(Napi::Env env);
  ~Jobs();

  // A promise that Mailbox::Send with this id settles. `kept` stays alive until then (a buffer that is being
  // filled).
  struct Started {
    std::uint64_t id;
    Napi::Promise promise;
  };
  Started Start(Napi::Env env, const Napi::Object& kept = {});

  // Runs work() on the engine's pool, then resolve(env, result) on the JavaScript thread; what either throws
  // rejects.
  template <class Result>
  Napi::Value Run(Napi::Env env, std::function<Result()> work,
                  std::function<Napi::Value(Napi::Env, Result&)> resolve);

  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  void Close();  // the environment ends: waits for the tasks under way; pending promises are forgotten

 private:
  struct Pending {
    Napi::Promise::Deferred deferred;
    Napi::ObjectReference kept;
  };
  void Settle(std::uint64_t id, Outcome outcome);
  void Conclude(const Napi::Promise::Deferred& deferred, Outcome& outcome);

  Napi::Env env_;
  std::shared_ptr<Mailbox> mailbox_;
  TaskGroup tasks_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t next_ = 0;
};

template <class Result>
Napi::Value Jobs::Run(Napi::Env env, std::function<Result()> work,
                      std::function<Napi::Value(Napi::Env, Result&)> resolve) {
  const Started job = Start(env);
  auto run = [mailbox = mailbox_, id = job.id, work = std::move(work), resolve = std::move(resolve)] {
    Outcome outcome;
    try {
      auto result = std::make_shared<Result>(work());
      outcome.value = [result, resolve](Napi::Env inner) { return resolve(inner, *result); };
    } catch (...) {
      outcome.error = std::current_exception();
    }
    mailbox->Send(id, std::move(outcome));
  };
  ThreadPool::Shared().Post(std::move(run), tasks_.Enter());
  return job.promise;
}

// The JavaScript error of what a worker threw: message, and `code` when it was a kdtalker::Error.
Napi::Error ToJsError(Napi::Env env, const std::exception_ptr& error);

}  // namespace kdtalker::addon
