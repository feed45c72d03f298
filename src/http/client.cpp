#include <bight/http/client.hpp>

#include <utility>

#include "http/body_access.hpp"
#include "http/client/core.hpp"

namespace bight::http {

client::client() : client(client_options{}) {}
client::client(client_options options) : core_(std::make_shared<detail::client_core>(std::move(options))) {}

awaitable<response> client::send(http::request&& r) { return detail::client_core::send(core_, std::move(r)); }
awaitable<response> client::send(http::request& r) {
  return detail::client_core::send(core_, r.with_body(body_access::share(r.body())));
}

request_builder client::request(const http::method& m, std::string_view url) const {
  return request_builder{detail::request_draft{core_, m, url}};
}
request_builder client::request(const http::method& m, http::url url) const {
  return request_builder{detail::request_draft{core_, m, std::move(url)}};
}

void client::add_middleware(client_middleware m) { core_->add_middleware(std::move(m)); }
std::size_t client::connections() const noexcept { return metrics().connections.open; }
std::size_t client::idle_connections() const noexcept { return metrics().connections.idle; }
client_metrics client::metrics() const noexcept { return core_->metrics(); }
void client::close_idle() noexcept { core_->connections().close_idle(); }

}  // namespace bight::http
