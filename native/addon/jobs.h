#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/thread_pool.h"

namespace kdtalker::addon {

// The result of a job for the JavaScript thread: an error, or a function that makes the value there.
struct Outcome {
  std::function<Napi::Value(Napi::Env)> value;
  std::exception_ptr error;
};

// Carries outcomes from any thread to the JavaScript thread of one environment. It outlives the environment
// and drops what arrives after its end.
class Mailbox {
 public:
  struct Letter {
    std::uint64_t job;
    Outcome outcome;
  };
  using Letters = std::list<Letter>;  // moved from list to list without an allocation
  using Drain = std::function<void(Letters)>;

  static std::shared_ptr<Mailbox> Open(Napi::Env env, Drain drain);  // JavaScript thread
  void Send(Letters letter) noexcept;                                // any thread
  void Hold(Napi::Env env, bool hold);  // JavaScript thread; while held the event loop stays alive
  void Close();                         // JavaScript thread; idempotent

 private:
  static void Deliver(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  Letters letters_;
  napi_threadsafe_function wake_ = nullptr;
  bool open_ = false;
  Drain drain_;
};

// The single answer to a job with a promise. It is created together with its letter, so that answering needs
// no memory. A reply that is destroyed without an answer sends an error, so that every promise settles.
class Reply {
 public:
  Reply(std::shared_ptr<Mailbox> mailbox, std::uint64_t job)
      : mailbox_(std::move(mailbox)), letter_{{job, {}}} {}
  ~Reply();
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  void Send(Outcome outcome) noexcept;  // any thread, once; later calls do nothing
  void Fail(std::exception_ptr error) noexcept { Send({{}, std::move(error)}); }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Mailbox::Letters letter_;
  std::atomic<bool> sent_{false};
};

// The pending promises of one environment. JavaScript thread only.
class Jobs {
 public:
  explicit Jobs(Napi::Env env);
  ~Jobs();

  // A promise that a reply settles. begin(reply) passes the reply to the code that answers; if begin throws,
  // the promise rejects. `kept` stays alive until then (a buffer that is being filled).
  template <class Begin>
  Napi::Value Ask(Napi::Env env, const Begin& begin, const Napi::Object& kept = {});

  // Runs work() on the engine's pool, then resolve(env, result) on the JavaScript thread; if either throws,
  // the promise rejects. `kept` stays alive until then: bytes that work() reads or writes in place.
  template <class Result>
  Napi::Value Run(Napi::Env env, std::function<Result()> work,
                  std::function<Napi::Value(Napi::Env, Result&)> resolve, const Napi::Object& kept = {});

  void Close();  // the environment ends: waits for running tasks and drops pending promises

 private:
  struct Pending {
    Napi::Promise::Deferred deferred;
    Napi::ObjectReference kept;
  };
  struct Started {
    std::shared_ptr<Reply> reply;
    Napi::Promise promise;
  };
  Started Start(Napi::Env env, const Napi::Object& kept);
  void Settle(std::uint64_t id, Outcome outcome);
  void Conclude(const Napi::Promise::Deferred& deferred, Outcome& outcome);

  Napi::Env env_;
  std::shared_ptr<Mailbox> mailbox_;
  TaskGroup tasks_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::uint64_t next_ = 0;
};

template <class Begin>
Napi::Value Jobs::Ask(Napi::Env env, const Begin& begin, const Napi::Object& kept) {
  const Started job = Start(env, kept);
  try {
    begin(job.reply);
  } catch (...) {
    job.reply->Fail(std::current_exception());
  }
  return job.promise;
}

template <class Result>
Napi::Value Jobs::Run(Napi::Env env, std::function<Result()> work,
                      std::function<Napi::Value(Napi::Env, Result&)> resolve, const Napi::Object& kept) {
  const auto begin = [&](const std::shared_ptr<Reply>& reply) {
    auto run = [reply, work = std::move(work), resolve = std::move(resolve)] {
      try {
        auto result = std::make_shared<Result>(work());
        reply->Send({[result, resolve](Napi::Env inner) { return resolve(inner, *result); }, nullptr});
      } catch (...) {
        reply->Fail(std::current_exception());
      }
    };
    ThreadPool::Shared().Post(std::move(run), tasks_.Enter());
  };
  return Ask(env, begin, kept);
}

// The JavaScript error for an exception of a worker: message, and `code` for a kdtalker::Error or
// std::bad_alloc.
Napi::Error ToJsError(Napi::Env env, const std::exception_ptr& error);

}  // namespace kdtalker::addon
