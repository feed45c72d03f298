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
#include <bight/net/ip_network.hpp>
#include <bight/net/proxy_protocol.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <unordered_map>
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
           e.code() == errc::tls_truncated || e.code() == errc::certificate_invalid ||
           e.code() == errc::proxy_protocol || e.code() == errc::too_many_connections;
  } catch (const exception_group& group) {
    const auto& all = group.errors();
    return std::all_of(all.begin(), all.end(), is_of_the_client);
  } catch (...) { return false; }
}

std::string name_of(const endpoint& client) {
  return client.is_unix() && client.path().empty() ? "a Unix domain socket" : client.to_string();
}

/// Peers that send a PROXY protocol header.
class load_balancers {
 public:
  explicit load_balancers(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      const auto network = ip_network::parse(name);
      if (!network && name != "unix")
        throw system_error(network.error(), "server_options::proxy_protocol_from '" + name + "'");
      if (network) networks_.push_back(*network);
      unix_ = unix_ || !network;
    }
  }
  bool contain(const endpoint& peer) const noexcept {
    if (peer.is_unix()) return unix_;
    return std::any_of(networks_.begin(), networks_.end(),
                       [&peer](const ip_network& n) { return n.contains(peer.address()); });
  }

 private:
  std::vector<ip_network> networks_;
  bool unix_ = false;
};

/// How many connections each client has.
class connection_counter {
 public:
  explicit connection_counter(std::size_t most) noexcept : most_(most) {}
  connection_counter(const connection_counter&) = delete;
  connection_counter& operator=(const connection_counter&) = delete;

  /// One connection of a client, for as long as it lives.
  class place {
   public:
    place() = default;
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      if (!counter_) return;
      if (auto& all = counter_->clients_; --all[client_] == 0) all.erase(client_);
    }

   private:
    friend class connection_counter;
    connection_counter* counter_ = nullptr;
    ip_network client_;
  };

  /// Returns: false if the client has its maximum already.
  bool enter(const endpoint& client, place& taken) {
    if (most_ == 0 || !client.is_ip()) return true;
    const auto who = ip_network::of_client(client.address());
    auto& count = clients_[who];
    if (count == most_) {
      ++rejected_;
      return false;
    }
    ++count;
    taken.counter_ = this;
    taken.client_ = who;
    return true;
  }
  std::uint64_t rejected() const noexcept { return rejected_; }

 private:
  std::size_t most_;
  std::unordered_map<ip_network, std::size_t> clients_;
  std::uint64_t rejected_ = 0;
};

}  // namespace

class server::impl {
 public:
  impl(handler h, server_options o)
      : handle_(std::move(h)),
        options_(std::move(o)),
        balancers_(options_.proxy_protocol_from),
        counter_(options_.max_connections_per_client),
        slots_(std::max<std::size_t>(options_.max_connections, 1)) {}

  awaitable<void> serve(listener& from);
  static awaitable<void> serve_one(impl& self, stream s, semaphore::permit slot);
  void stop(std::chrono::nanoseconds grace);
  bool stopping() const noexcept { return stopped_.is_set(); }
  event& stopped() noexcept { return stopped_; }
  std::size_t connections() const noexcept { return open_.size(); }
  std::uint64_t rejected() const noexcept { return counter_.rejected(); }

 private:
  // On the list for as long as it is served.
  class listed;

  awaitable<void> accept_all(listener& from, supervised_group& group);
  awaitable<stream> proxied(stream s);
  awaitable<stream> encrypted(stream s);
  void report(const std::exception_ptr& error, const endpoint& client) const noexcept;

  handler handle_;
  server_options options_;
  load_balancers balancers_;
  connection_counter counter_;
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

awaitable<stream> server::impl::proxied(stream s) {
  deadline_control limit{options_.proxy_protocol_timeout};
  const auto peer = s.remote_endpoint();
  try {
    co_return co_await wait_for(accept_proxied(std::move(s)), limit);
  } catch (const timeout_error&) {
    if (!limit.expired()) throw;
    throw system_error(make_error_code(errc::proxy_protocol),
                       name_of(peer) + ": the header has not come in time");
  }
}

awaitable<stream> server::impl::encrypted(stream s) {
  deadline_control limit{options_.tls_timeout};
  const auto client = s.remote_endpoint();
  try {
    co_return co_await wait_for(tls_accept(std::move(s), *options_.tls), limit);
  } catch (const timeout_error&) {
    if (!limit.expired()) throw;
    throw system_error(make_error_code(errc::tls_handshake),
                       name_of(client) + ": the client has not completed it in time");
  }
}

// One frame for all of it, because that is what an idle connection costs.
awaitable<void> server::impl::serve_one(impl& self, stream s, semaphore::permit slot) {
  const auto held = std::move(slot);
  auto client = s.remote_endpoint();  // not known any more when the connection has been reset
  bight::detail::task_awaiter this_task;
  auto& task = co_await this_task;
  // Set by stop(). Whoever awaits serve_connection has not been cancelled then: only the connection ends.
  bight::detail::watchdog grace{task, cancel_reason::shutdown};
  const listed on_the_list{self, grace};
  try {
    if (self.balancers_.contain(client)) {
      s = co_await self.proxied(std::move(s));
      client = s.remote_endpoint();
    }
    connection_counter::place place;
    if (!self.counter_.enter(client, place)) throw system_error(make_error_code(errc::too_many_connections));
    if (self.options_.tls) s = co_await self.encrypted(std::move(s));
    auto work = self.handle_(std::move(s));
    co_await std::move(work);
  } catch (const cancelled_error&) {
    if (!grace.alone()) throw;
  } catch (...) { self.report(std::current_exception(), client); }
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
      // Also if stop() has been called since: the client may have sent a request already.
      group.spawn(serve_one, std::ref(*this), std::move(s), std::move(slot));
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
  return [](impl& i, stream mine) -> awaitable<void> {
    if (i.stopping()) co_return;
    auto serving = impl::serve_one(i, std::move(mine), semaphore::permit{});
    co_await std::move(serving);
  }(*impl_, std::move(connection));
}
void server::stop(std::chrono::nanoseconds grace) { impl_->stop(grace); }
bool server::stopping() const noexcept { return impl_->stopping(); }
awaitable<void> server::wait_stopping() {
  return [](impl& i) -> awaitable<void> { co_await i.stopped().wait(); }(*impl_);
}
std::size_t server::connections() const noexcept { return impl_->connections(); }
std::uint64_t server::rejected_connections() const noexcept { return impl_->rejected(); }

}  // namespace bight::net
