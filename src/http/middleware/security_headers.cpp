#include <bight/http/middleware/security_headers.hpp>

#include <bight/http/middleware/trusted_proxies.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "http/server/exchange.hpp"

namespace bight::http {
namespace {

class header_adder {
 public:
  explicit header_adder(const security_headers_options& o) {
    if (o.nosniff) always_.set(header_id::x_content_type_options, "nosniff");
    add(header_id::x_frame_options, o.frame_options);
    add(header_id::referrer_policy, o.referrer_policy);
    add(header_id::content_security_policy, o.content_security_policy);
    if (o.hsts_max_age <= std::chrono::seconds::zero()) return;
    hsts_ = "max-age=" + std::to_string(o.hsts_max_age.count());
    if (o.hsts_include_subdomains) hsts_ += "; includeSubDomains";
    if (o.hsts_preload) hsts_ += "; preload";
  }

  awaitable<server_response> operator()(server_request& request, next rest) const {
    server_response response;
    try {
      response = co_await rest(request);
    } catch (...) { response = detail::server_exchange::of(request).error_response(); }
    auto& fields = response.headers();
    for (const auto [name, value] : always_)
      if (!fields.contains(name)) fields.append(name, value);
    if (!hsts_.empty() && is_secure(request)) fields.set(header_id::strict_transport_security, hsts_);
    co_return response;
  }

 private:
  void add(header_id id, const std::string& value) {
    if (!value.empty()) always_.set(id, value);
  }

  headers always_;
  std::string hsts_;
};

}  // namespace

middleware security_headers(security_headers_options options) { return header_adder{options}; }

}  // namespace bight::http
