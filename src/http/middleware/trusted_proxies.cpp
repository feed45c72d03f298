#include <bight/http/middleware/trusted_proxies.hpp>

#include <algorithm>
#include <bight/net/ip_network.hpp>
#include <memory>
#include <stdexcept>
#include <utility>

#include "http/middleware/forwarding.hpp"
#include "http/server/exchange_decorator.hpp"

namespace bight::http {
namespace {

// A request as the client sent it.
class forwarded_exchange final : public detail::exchange_decorator {
 public:
  forwarded_exchange(detail::server_exchange& inner, middleware_detail::forwarded_request f)
      : exchange_decorator(inner), forwarded_(std::move(f)), head_(inner.head()) {
    if (!forwarded_.host.empty()) head_.authority = forwarded_.host;
  }

  const detail::request_head& head() const noexcept override { return head_; }
  net::endpoint remote_endpoint() const override { return forwarded_.client; }
  const std::string& scheme() const noexcept { return forwarded_.scheme; }

 private:
  middleware_detail::forwarded_request forwarded_;
  detail::request_head head_;
};
using forwarded_exchange_ptr = std::unique_ptr<forwarded_exchange>;

class proxy_resolver {
 public:
  explicit proxy_resolver(const trusted_proxies_options& o) : fields_(o.fields) {
    for (const auto& text : o.proxies) {
      if (text == "unix") {
        unix_ = true;
        continue;
      }
      const auto network = net::ip_network::parse(text);
      if (!network)
        throw std::invalid_argument("bight: trusted_proxies_options::proxies '" + text + "': not an address");
      networks_.push_back(*network);
    }
  }

  awaitable<server_response> operator()(server_request& request, next rest) const {
    const auto peer = request.remote_endpoint();
    if (is_trusted(peer) && !request.get<forwarded_exchange_ptr>()) resolve(request, peer);
    return rest(request);
  }

 private:
  bool is_trusted(const net::endpoint& e) const {
    if (!e.is_ip()) return unix_;
    return std::any_of(networks_.begin(), networks_.end(),
                       [&e](const net::ip_network& n) { return n.contains(e.address()); });
  }

  void resolve(server_request& request, const net::endpoint& peer) const {
    const auto hops = fields_ == forwarding_fields::forwarded
                          ? middleware_detail::parse_forwarded(request.headers())
                          : middleware_detail::parse_x_forwarded(request.headers());
    auto found = middleware_detail::resolve_forwarding(
        hops, peer, [this](const net::endpoint& e) { return is_trusted(e); });
    auto& below = detail::server_exchange::of(request);
    auto& kept = request.set(std::make_unique<forwarded_exchange>(below, std::move(found)));
    detail::server_exchange::replace(request, *kept);
  }

  std::vector<net::ip_network> networks_;
  bool unix_ = false;
  forwarding_fields fields_;
};

}  // namespace

middleware trusted_proxies(trusted_proxies_options options) { return proxy_resolver{options}; }

bool is_secure(const server_request& request) {
  if (const auto* const forwarded = request.get<forwarded_exchange_ptr>())
    if (!(*forwarded)->scheme().empty()) return (*forwarded)->scheme() == "https";
  return request.connection().encrypted();
}

}  // namespace bight::http
