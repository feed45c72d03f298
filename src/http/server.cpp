#include <bight/http/server.hpp>

#include <algorithm>
#include <bight/core/detail/task_awaiter.hpp>
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
  // On the list for as long as it is served.
  class listed;

  static net::server_options options_of(const server_options& o) {
    net::server_options options;
    options.max_connections = o.limits.max_connections;
    options.max_connections_per_client = o.limits.max_connections_per_client;
    options.tls = o.tls;
    options.proxy_protocol_from = o.proxy_protocol_from;
    options.proxy_protocol_timeout = o.limits.proxy_protocol_timeout;
    options.tls_timeout = o.limits.tls_timeout;
    return options;
  }
  awaitable<void> serve_one(net::stream s);

  detail::server_state state_;
  std::vector<detail::server_connection*> open_;
  net::server connections_;
};

class server::impl::listed {
 public:
  listed(impl& i, detail::server_connection& c) : impl_(&i), connection_(&c) { i.open_.push_back(&c); }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    auto& list = impl_->open_;
    *std::find(list.begin(), list.end(), connection_) = list.back();
    list.pop_back();
  }

 private:
  impl* impl_;
  detail::server_connection* connection_;
};

awaitable<void> server::impl::serve_one(net::stream s) {
  bight::detail::task_awaiter self;
  auto& task = co_await self;
  detail::background_work work;
  std::exception_ptr cancelled;
  try {
    detail::server_connection connection{state_, std::move(s), task, work};
    const listed on_the_list{*this, connection};
    co_await connection.run();
  } catch (...) { cancelled = std::current_exception(); }
  if (!work.empty()) co_await work.finish(cancelled != nullptr);
  if (cancelled) std::rethrow_exception(cancelled);
}

void server::impl::stop(std::chrono::nanoseconds grace) {
  state_.stopping = true;
  connections_.stop(grace);
  for (auto* const c : open_) c->close_if_idle();
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
std::uint64_t server::rejected_connections() const noexcept {
  return impl_->connections().rejected_connections();
}

}  // namespace bight::http
