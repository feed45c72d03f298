#include <bight/http/server.hpp>

#include <algorithm>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/http/error.hpp>
#include <bight/net/server.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "http/server/background_work.hpp"
#include "http/server/connection.hpp"

namespace bight::http {

class server::impl {
 public:
  impl(handler h, server_options o)
      : connections_([this](net::stream s) { return serve_one(std::move(s)); }, options_of(o)) {
    if (!is_field_value(o.name))
      throw boost::system::system_error(make_error_code(errc::invalid_header), "server_options::name");
    state_.handle = std::move(h);
    state_.options = std::move(o);
  }

  net::server& connections() noexcept { return connections_; }
  void stop(std::chrono::nanoseconds grace);
  std::uint64_t requests() const noexcept { return state_.requests; }

 private:
  // On its list for as long as it is served.
  template <class Connection>
  class listed;

  static net::server_options options_of(const server_options& o) {
    net::server_options options;
    options.max_connections = o.limits.max_connections;
    options.tls = o.tls;
    options.tls_timeout = o.limits.tls_timeout;
    return options;
  }
  awaitable<void> serve_one(net::stream s);
  awaitable<detail::upgraded_connection> serve_http(net::stream s, detail::background_work& work);
  awaitable<void> run_upgraded(detail::upgraded_connection upgraded);

  detail::server_state state_;
  std::vector<detail::server_connection*> open_;
  std::vector<detail::upgraded_connection*> upgraded_;
  net::server connections_;
};

template <class Connection>
class server::impl::listed {
 public:
  listed(std::vector<Connection*>& list, Connection& c) : list_(&list), connection_(&c) {
    list.push_back(&c);
  }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    auto& list = *list_;
    *std::find(list.begin(), list.end(), connection_) = list.back();
    list.pop_back();
  }

 private:
  std::vector<Connection*>* list_;
  Connection* connection_;
};

awaitable<detail::upgraded_connection> server::impl::serve_http(net::stream s,
                                                                detail::background_work& work) {
  bight::detail::task_awaiter self;
  auto& task = co_await self;
  detail::server_connection connection{state_, std::move(s), task, work};
  const listed on_the_list{open_, connection};
  co_await connection.run();
  co_return connection.take_upgraded();
}

// The connection is the handler's, until it returns.
awaitable<void> server::impl::run_upgraded(detail::upgraded_connection upgraded) {
  const listed on_the_list{upgraded_, upgraded};
  try {
    auto work = upgraded.talk(std::move(upgraded.stream));
    co_await std::move(work);
  } catch (const cancelled_error&) { throw; } catch (const boost::system::system_error&) {
    // the peer has gone: nobody to tell
  } catch (...) {
    log(log_level::error, "bight: an upgraded connection failed: " + describe(std::current_exception()));
  }
}

// What only requests need is gone while another protocol is spoken: there may be many such connections.
awaitable<void> server::impl::serve_one(net::stream s) {
  detail::background_work work;
  std::exception_ptr cancelled;
  try {
    auto http = serve_http(std::move(s), work);
    auto upgraded = co_await std::move(http);
    if (upgraded.talk) {
      auto talking = run_upgraded(std::move(upgraded));
      co_await std::move(talking);
    }
  } catch (...) { cancelled = std::current_exception(); }
  if (!work.empty()) co_await work.finish(cancelled != nullptr);
  if (cancelled) std::rethrow_exception(cancelled);
}

void server::impl::stop(std::chrono::nanoseconds grace) {
  state_.stopping = true;
  connections_.stop(grace);
  for (auto* const c : open_) c->begin_stop();
  for (auto* const u : upgraded_)
    if (u->on_stop) u->on_stop();
}

server::server(handler h, server_options options)
    : impl_(std::make_unique<impl>(std::move(h), std::move(options))) {}
server::~server() = default;

awaitable<void> server::serve(net::listener listener) {
  return impl_->connections().serve(std::move(listener));
}
awaitable<void> server::serve_connection(net::stream connection) {
  return impl_->connections().serve_connection(std::move(connection));
}
void server::stop(std::chrono::nanoseconds grace) { impl_->stop(grace); }
std::uint64_t server::requests() const noexcept { return impl_->requests(); }
std::size_t server::connections() const noexcept { return impl_->connections().connections(); }

}  // namespace bight::http
