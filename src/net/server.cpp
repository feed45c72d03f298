#include <bight/net/server.hpp>

#include <algorithm>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/watchdog.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/supervised_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace bight::net {
namespace {

using boost::system::error_code;
using boost::system::system_error;
namespace sys = boost::system::errc;

bool is_one_of(const error_code& code, std::initializer_list<sys::errc_t> list) noexcept {
  return std::any_of(list.begin(), list.end(), [&](sys::errc_t e) { return code == e; });
}

// What accept(2) says of one connection, or of a lack that may pass.
bool accept_may_go_on(const error_code& code) noexcept {
  return is_one_of(code, {sys::too_many_files_open, sys::too_many_files_open_in_system, sys::no_buffer_space,
                          sys::not_enough_memory, sys::connection_aborted, sys::connection_reset,
                          sys::timed_out, sys::protocol_error, sys::no_protocol_option, sys::network_down,
                          sys::network_unreachable, sys::host_unreachable, sys::operation_not_permitted,
                          sys::resource_unavailable_try_again, sys::interrupted});
}

// What clients and networks do, whatever the handler is like.
bool is_of_the_client(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const system_error& e) {
    return is_one_of(e.code(), {sys::connection_reset, sys::broken_pipe, sys::connection_aborted,
                                sys::timed_out, sys::host_unreachable, sys::network_unreachable}) ||
           e.code() == errc::tls_handshake || e.code() == errc::tls_protocol ||
           e.code() == errc::tls_truncated || e.code() == errc::certificate_invalid;
  } catch (const exception_group& group) {
    const auto& all = group.errors();
    return std::all_of(all.begin(), all.end(), is_of_the_client);
  } catch (...) { return false; }
}

std::string name_of(const endpoint& client) {
  return client.is_unix() && client.path().empty() ? "a Unix domain socket" : client.to_string();
}

}  // namespace

class server::impl {
 public:
  impl(handler h, server_options o)
      : handle_(std::move(h)),
        options_(std::move(o)),
        slots_(std::max<std::size_t>(options_.max_connections, 1)) {}

  awaitable<void> serve(listener& from);
  awaitable<void> serve_one(stream s);
  void stop(std::chrono::nanoseconds grace);
  bool stopping() const noexcept { return stopped_.is_set(); }
  event& stopped() noexcept { return stopped_; }
  std::size_t connections() const noexcept { return open_.size(); }

 private:
  // On the list for as long as it is served.
  class listed;

  awaitable<void> accept_all(listener& from, supervised_group& group);
  awaitable<void> handle(stream s);
  static awaitable<void> serve_slot(impl& self, stream s, semaphore::permit slot);
  void report(const std::exception_ptr& error, const endpoint& client) const noexcept;

  handler handle_;
  server_options options_;
  semaphore slots_;
  std::vector<bight::detail::watchdog*> open_;  // the grace of each connection
  std::vector<listener*> listeners_;
  event stopped_;
};

class server::impl::listed {
 public:
  listed(impl& i, bight::detail::watchdog& grace) : impl_(&i), grace_(&grace) { i.open_.push_back(&grace); }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    auto& list = impl_->open_;
    *std::find(list.begin(), list.end(), grace_) = list.back();
    list.pop_back();
  }

 private:
  impl* impl_;
  bight::detail::watchdog* grace_;
};

void server::impl::report(const std::exception_ptr& error, const endpoint& client) const noexcept {
  try {
    if (options_.on_error)
      options_.on_error(error, client);
    else
      log(is_of_the_client(error) ? log_level::info : log_level::error,
          "bight: net::server: connection of " + name_of(client) + ": " + describe(error));
  } catch (...) {
    log(log_level::error, "bight: net::server: on_error failed: " + describe(std::current_exception()));
  }
}

awaitable<void> server::impl::handle(stream s) {
  if (options_.tls) {
    deadline_control limit{options_.tls_timeout};
    const auto client = s.remote_endpoint();
    try {
      s = co_await wait_for(tls_accept(std::move(s), *options_.tls), limit);
    } catch (const timeout_error&) {
      if (!limit.expired()) throw;
      throw system_error(make_error_code(errc::tls_handshake),
                         name_of(client) + ": the client has not completed it in time");
    }
  }
  auto work = handle_(std::move(s));
  co_await std::move(work);
}

awaitable<void> server::impl::serve_one(stream s) {
  if (stopping()) co_return;
  const auto client = s.remote_endpoint();  // not known any more when the connection has been reset
  bight::detail::task_awaiter self;
  auto& task = co_await self;
  // Set by stop(). Whoever awaits serve_connection has not been cancelled then: only the connection ends.
  bight::detail::watchdog grace{task, cancel_reason::shutdown};
  const listed on_the_list{*this, grace};
  try {
    co_await handle(std::move(s));
  } catch (const cancelled_error&) {
    if (!grace.alone()) throw;
  } catch (...) { report(std::current_exception(), client); }
}

awaitable<void> server::impl::serve_slot(impl& self, stream s, semaphore::permit slot) {
  const auto held = std::move(slot);
  co_await self.serve_one(std::move(s));
}

awaitable<void> server::impl::accept_all(listener& from, supervised_group& group) {
  constexpr std::chrono::milliseconds shortest{50};
  constexpr std::chrono::milliseconds longest{1000};
  auto pause = shortest;
  while (!stopping()) {
    auto slot = co_await slots_.acquire();
    if (stopping()) break;
    error_code failure;
    try {
      auto s = co_await from.accept();
      group.spawn(serve_slot, std::ref(*this), std::move(s), std::move(slot));
      pause = shortest;
    } catch (const system_error& e) {
      if (stopping()) break;
      if (!accept_may_go_on(e.code())) throw;
      failure = e.code();
    }
    if (!failure) continue;
    log(log_level::warning, "bight: net::server: accept on " + from.local_endpoint().to_string() + ": " +
                                failure.message() + "; trying again");
    const auto until_stopped = [&]() -> awaitable<void> { co_await stopped_.wait(); };
    co_await move_on_after(std::exchange(pause, std::min(2 * pause, longest)), until_stopped);
  }
}

awaitable<void> server::impl::serve(listener& from) {
  listeners_.push_back(&from);
  struct at_end {
    std::vector<listener*>& list;
    listener* mine;
    ~at_end() { std::erase(list, mine); }
  } const remove{listeners_, &from};
  co_await supervised_group::run(
      [&](supervised_group& group) -> awaitable<void> { co_await accept_all(from, group); });
}

void server::impl::stop(std::chrono::nanoseconds grace) {
  stopped_.set();
  for (auto* l : listeners_) l->close();
  slots_.release(listeners_.size());  // who waits for a place to accept with has nothing to wait for any more
  const auto end = bight::detail::deadline_after(clock::now(), grace);
  for (auto* const g : open_) g->set(end);
}

server::server(handler h, server_options options)
    : impl_(std::make_unique<impl>(std::move(h), std::move(options))) {}
server::~server() = default;

awaitable<void> server::serve(listener from) {
  return [](impl& i, listener mine) -> awaitable<void> { co_await i.serve(mine); }(*impl_, std::move(from));
}
awaitable<void> server::serve_connection(stream connection) {
  return impl_->serve_one(std::move(connection));
}
void server::stop(std::chrono::nanoseconds grace) { impl_->stop(grace); }
bool server::stopping() const noexcept { return impl_->stopping(); }
awaitable<void> server::wait_stopping() {
  return [](impl& i) -> awaitable<void> { co_await i.stopped().wait(); }(*impl_);
}
std::size_t server::connections() const noexcept { return impl_->connections(); }

}  // namespace bight::net
