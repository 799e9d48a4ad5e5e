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

// The one answer to a job that has a promise. Its letter was made with it, so that answering needs no memory;
// a reply that is dropped without an answer sends an error, so that every promise settles.
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

// The promises of one environment that are not settled yet. JavaScript thread only.
class Jobs {
 public:
  explicit Jobs(Napi::Env env);
  ~Jobs();

  // A promise that a reply settles. begin(reply) hands it to whoever will answer; what begin throws rejects.
  // `kept` stays alive until then (a buffer that is being filled).
  template <class Begin>
  Napi::Value Ask(Napi::Env env, const Begin& begin, const Napi::Object& kept = {});

  // Runs work() on the engine's pool, then resolve(env, result) on the JavaScript thread; what either throws
  // rejects. `kept` stays alive until then: bytes that work() reads or writes where they are.
  template <class Result>
  Napi::Value Run(Napi::Env env, std::function<Result()> work,
                  std::function<Napi::Value(Napi::Env, Result&)> resolve, const Napi::Object& kept = {});

  void Close();  // the environment ends: waits for the tasks under way; pending promises are forgotten

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

// The JavaScript error of what a worker threw: message, and `code` when it was a kdtalker::Error or the
// want of memory.
Napi::Error ToJsError(Napi::Env env, const std::exception_ptr& error);

}  // namespace kdtalker::addon
