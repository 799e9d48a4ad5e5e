#include "addon/jobs.h"

#include <new>
#include <string>

#include "core/error.h"

namespace kdtalker::addon {

std::shared_ptr<Mailbox> Mailbox::Open(Napi::Env env, Drain drain) {
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->drain_ = std::move(drain);
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "kdtalker"), 0, 1,
                                      nullptr, nullptr, mailbox.get(), &Mailbox::Deliver, &mailbox->wake_);
  NAPI_THROW_IF_FAILED(env, status, nullptr);
  mailbox->open_ = true;
  mailbox->Hold(env, false);
  return mailbox;
}

void Mailbox::Send(Letters letter) noexcept {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  letters_.splice(letters_.end(), letter);
  // A refusal means that the environment is closing: Close() drops the letters.
  napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Mailbox::Hold(Napi::Env env, bool hold) {
  const napi_status status =
      hold ? napi_ref_threadsafe_function(env, wake_) : napi_unref_threadsafe_function(env, wake_);
  NAPI_THROW_IF_FAILED_VOID(env, status);
}

void Mailbox::Close() {
  Letters dropped;  // destroyed after the lock is given up
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  open_ = false;
  dropped.swap(letters_);
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
}

void Mailbox::Deliver(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;  // called once more during the teardown of the function
  auto* mailbox = static_cast<Mailbox*>(context);
  Letters letters;
  {
    const std::lock_guard lock(mailbox->mutex_);
    letters.swap(mailbox->letters_);
  }
  if (!letters.empty()) mailbox->drain_(std::move(letters));
}

Reply::~Reply() {
  if (sent_) return;
  try {
    throw Error("NATIVE", "Expected an answer of the engine but the call was dropped");
  } catch (...) {
    Fail(std::current_exception());
  }
}

void Reply::Send(Outcome outcome) noexcept {
  if (sent_.exchange(true)) return;
  letter_.front().outcome = std::move(outcome);
  mailbox_->Send(std::move(letter_));
}

Jobs::Jobs(Napi::Env env) : env_(env) {
  mailbox_ = Mailbox::Open(env, [this](Mailbox::Letters&& letters) {
    for (auto& [id, outcome] : letters) Settle(id, std::move(outcome));
  });
}

Jobs::~Jobs() {
  Close();
}

void Jobs::Close() {
  mailbox_->Close();
  tasks_.Wait();
  pending_.clear();
}

Jobs::Started Jobs::Start(Napi::Env env, const Napi::Object& kept) {
  const std::uint64_t id = next_++;
  auto reply = std::make_shared<Reply>(mailbox_, id);
  Pending pending{Napi::Promise::Deferred::New(env), {}};
  if (!kept.IsEmpty()) pending.kept = Napi::Persistent(kept);
  const Napi::Promise promise = pending.deferred.Promise();
  if (pending_.empty()) mailbox_->Hold(env, true);
  pending_.emplace(id, std::move(pending));
  return {std::move(reply), promise};
}

void Jobs::Settle(std::uint64_t id, Outcome outcome) {
  const Napi::HandleScope scope(env_);
  auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  try {
    if (pending_.empty()) mailbox_->Hold(env_, false);
    Conclude(pending.deferred, outcome);
  } catch (const Napi::Error&) {
    // A worker that is being terminated runs no JavaScript, so no code could receive this.
  }
}

void Jobs::Conclude(const Napi::Promise::Deferred& deferred, Outcome& outcome) {
  try {
    if (outcome.error) std::rethrow_exception(outcome.error);
    deferred.Resolve(outcome.value(env_));
  } catch (...) {
    deferred.Reject(ToJsError(env_, std::current_exception()).Value());
  }
}

Napi::Error ToJsError(Napi::Env env, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Napi::Error& thrown) {
    return thrown;
  } catch (const Error& thrown) {
    Napi::Error made = Napi::Error::New(env, thrown.what());
    made.Set("code", Napi::String::New(env, thrown.code()));
    return made;
  } catch (const std::bad_alloc&) {
    Napi::Error made = Napi::Error::New(env, "Expected memory for the work but the system has none left");
    made.Set("code", Napi::String::New(env, "OUT_OF_RESOURCES"));
    return made;
  } catch (const std::exception& thrown) {
    return Napi::Error::New(env, thrown.what());
  } catch (...) {
    return Napi::Error::New(env, "Unknown native error");
  }
}

}  // namespace kdtalker::addon
