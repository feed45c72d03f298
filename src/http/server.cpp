#include <bight/http/server.hpp>

#include <bight/http/error.hpp>
#include <bight/net/server.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/server/connection.hpp"

namespace bight::http {

class server::impl {
 public:
  impl(handler h, server_options o)
      : connections_([this](net::stream s) { return detail::server_connection::serve(state_, std::move(s)); },
                     options_of(o)) {
    if (!is_field_value(o.name))
      throw boost::system::system_error(make_error_code(errc::invalid_header), "server_options::name");
    state_.handle = std::move(h);
    state_.options = std::move(o);
  }

  net::server& connections() noexcept { return connections_; }
  void stop(std::chrono::nanoseconds grace);
  std::uint64_t requests() const noexcept { return state_.requests; }

 private:
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

  detail::server_state state_;
  net::server connections_;
};

void server::impl::stop(std::chrono::nanoseconds grace) {
  state_.stopping = true;
  connections_.stop(grace);
  for (auto* const c : state_.open) c->begin_stop();
  for (auto* const u : state_.upgraded)
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
std::uint64_t server::rejected_connections() const noexcept {
  return impl_->connections().rejected_connections();
}

}  // namespace bight::http
