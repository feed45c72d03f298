#include <bight/core/process_pool.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/pool.hpp>
#include <bight/core/timeout.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "core/process/pool_worker.hpp"
#include "core/process/start_process.hpp"
#include "core/process/worker_serve.hpp"

namespace bight {

using boost::system::system_error;
using worker_ptr = std::unique_ptr<detail::pool_worker>;

namespace {

command worker_command(command program) {
  using access = detail::command_access;
  for (std::size_t stream = 0; stream != 3; ++stream)
    if (access::kind(program, stream) == access::stdio_kind::pipe)
      throw std::invalid_argument("bight: process_pool: the streams of workers cannot be pipes");
  if (access::is_open(program, 0)) program.input(stdio::null());
  return program.new_group().env(detail::worker_variable, detail::worker_version);
}

pool_options options_of(const process_pool_options& o) {
  pool_options all;
  all.max_size = o.max_workers != 0 ? o.max_workers : std::max(1U, std::thread::hardware_concurrency());
  all.idle_timeout = forever;
  all.max_lifetime = forever;
  all.lifetime_jitter = 0;
  all.acquire_timeout = forever;
  return all;
}

[[noreturn]] void throw_closed() {
  throw system_error(make_error_code(errc::pool_closed), "bight: process_pool::call");
}

}  // namespace

class process_pool::impl {
 public:
  impl(process_pool_options options, command program)
      : options_(options), program_(worker_command(std::move(program))) {
    pool_.emplace(options_of(options), [this] { return start(); });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() = default;

  static awaitable<std::string> call(std::shared_ptr<impl> self, std::string name, std::string payload);
  static awaitable<void> close(std::shared_ptr<impl> self);
  /// Kills everything at once.
  void abort() noexcept {
    kill_busy();
    pool_.reset();
    retired_.clear();
  }
  std::size_t workers() const noexcept {
    const auto s = pool_->stats();
    return s.in_use + s.idle;
  }

 private:
  using lease = bight::pool<worker_ptr>::lease;

  // Registers a worker that is starting or busy, so that it can be killed.
  class busy_scope {
   public:
    busy_scope(impl& i, detail::pool_worker& w) : impl_(&i), worker_(&w) { i.busy_.insert(worker_); }
    busy_scope(const busy_scope&) = delete;
    busy_scope& operator=(const busy_scope&) = delete;
    ~busy_scope() { impl_->busy_.erase(worker_); }

   private:
    impl* impl_;
    detail::pool_worker* worker_;
  };

  // A worker during a call. Discards it unless it can be reused.
  class call_scope {
   public:
    call_scope(impl& i, lease& l) : impl_(&i), lease_(&l), here_(i, **l) {}
    call_scope(const call_scope&) = delete;
    call_scope& operator=(const call_scope&) = delete;
    ~call_scope() {
      if (!reuse_) lease_->discard();
    }
    /// The worker has answered.
    void succeeded() {
      reuse_ = (**lease_)->calls < impl_->options_.max_calls_per_worker && !impl_->closing_;
      if (!reuse_) impl_->retire(std::move(**lease_));
    }

   private:
    impl* impl_;
    lease* lease_;
    busy_scope here_;
    bool reuse_ = false;
  };

  void check(const std::string& name, const std::string& payload) const;
  awaitable<worker_ptr> start();
  awaitable<std::string> call_in(lease& l, std::string name, std::string payload);
  void retire(worker_ptr w) {
    w->close_channel();
    std::erase_if(retired_, [](const worker_ptr& other) { return other->has_ended(); });
    retired_.push_back(std::move(w));
  }
  void kill_busy() noexcept {
    killed_ = true;
    for (auto* const w : busy_) w->kill();
  }

  process_pool_options options_;
  command program_;
  std::optional<bight::pool<worker_ptr>> pool_;  // empty once the process_pool is gone
  std::set<detail::pool_worker*> busy_;
  std::vector<worker_ptr> retired_;  // their channels are closed; not reaped yet
  bool closing_ = false;
  bool killed_ = false;
};

void process_pool::impl::check(const std::string& name, const std::string& payload) const {
  if (name.size() > detail::longest_function_name)
    throw system_error(
        make_error_code(errc::limit_exceeded),
        fmt::format("bight: process_pool: the name of the function has {} bytes; the limit is {}",
                    name.size(), detail::longest_function_name));
  if (payload.size() > options_.max_payload)
    throw system_error(make_error_code(errc::limit_exceeded),
                       fmt::format("bight: process_pool: the payload of '{}' has {} bytes; the limit is {}",
                                   name, payload.size(), options_.max_payload));
  if (!pool_ || closing_) throw_closed();
}

awaitable<worker_ptr> process_pool::impl::start() {
  auto w = std::make_unique<detail::pool_worker>(program_);
  const busy_scope here{*this, *w};
  const auto greeting = [&] { return w->greeting(); };
  const auto greeted = co_await move_on_after(options_.start_timeout, greeting);
  if (killed_) throw_closed();
  if (greeted.value_or(false)) co_return w;
  std::string how =
      fmt::format("did not serve calls after {} ms",
                  std::chrono::duration_cast<std::chrono::milliseconds>(options_.start_timeout).count());
  if (greeted) {
    w->kill();
    const auto status = co_await w->wait();
    how = "exited before it served calls, " + status.describe();
  }
  throw system_error(
      make_error_code(errc::worker_not_ready),
      fmt::format("bight: process_pool: '{}' {}; does its main begin with process_pool::serve_if_worker()?",
                  w->program(), how));
}

awaitable<std::string> process_pool::impl::call_in(lease& l, std::string name, std::string payload) {
  call_scope here{*this, l};
  try {
    auto answer = co_await (*l)->call(std::move(name), std::move(payload), options_.max_answer);
    here.succeeded();
    co_return answer;
  } catch (const worker_died&) {
    if (killed_) throw_closed();
    throw;
  } catch (const system_error& e) {
    if (e.code().category() == core_category()) here.succeeded();  // the function failed, not the worker
    throw;
  }
}

awaitable<std::string> process_pool::impl::call(std::shared_ptr<impl> self, std::string name,
                                                std::string payload) {
  self->check(name, payload);
  lease l;
  try {
    l = co_await self->pool_->acquire();
  } catch (const system_error& e) {
    if (e.code() == errc::pool_closed) throw_closed();
    throw;
  }
  if (!(*l)->usable()) *l = co_await self->start();  // it died while idle
  auto answer = co_await self->call_in(l, std::move(name), std::move(payload));
  co_return answer;
}

awaitable<void> process_pool::impl::close(std::shared_ptr<impl> self) {
  self->closing_ = true;
  for (auto idle = self->pool_->try_acquire(); idle; idle = self->pool_->try_acquire()) {
    self->retire(std::move(*idle));
    idle.discard();
  }
  bool all_back = co_await self->pool_->close(self->options_.close_timeout);
  if (!all_back) self->kill_busy();
  if (!all_back && self->pool_) all_back = co_await self->pool_->close();
  const auto retired = std::exchange(self->retired_, {});
  const auto all_ended = [&]() -> awaitable<void> {
    for (const auto& w : retired) static_cast<void>(co_await w->wait());
  };
  static_cast<void>(co_await move_on_after(self->options_.close_timeout, all_ended));
}

process_pool::process_pool(process_pool_options options) : process_pool(options, command("/proc/self/exe")) {}
process_pool::process_pool(process_pool_options options, command program) {
  if (detail::is_unserved_worker())
    throw std::logic_error(
        "bight: process_pool: this process is a worker: main must begin with "
        "process_pool::serve_if_worker()");
  impl_ = std::make_shared<impl>(options, std::move(program));
}
process_pool::~process_pool() { impl_->abort(); }

void process_pool::serve_if_worker() {
  if (detail::is_unserved_worker()) detail::serve_calls();
}

awaitable<std::string> process_pool::call(const process_function& f, std::string payload) {
  return impl::call(impl_, f.name(), std::move(payload));
}
awaitable<std::string> process_pool::call(std::string name, std::string payload) {
  return impl::call(impl_, std::move(name), std::move(payload));
}
awaitable<void> process_pool::close() { return impl::close(impl_); }
std::size_t process_pool::workers() const noexcept { return impl_->workers(); }

remote_error::remote_error(const std::string& function, std::string message)
    : system_error(make_error_code(errc::remote_failed),
                   fmt::format("bight: process_pool: '{}': {}", function, message)),
      message_(std::move(message)) {}
worker_died::worker_died(const std::string& function, exit_status how)
    : system_error(
          make_error_code(errc::worker_died),
          fmt::format("bight: process_pool: the worker died during '{}': {}", function, how.describe())),
      status_(how) {}

}  // namespace bight
