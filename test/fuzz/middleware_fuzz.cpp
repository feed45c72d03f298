// Properties: weights are from 0 to 1, and codings that do not matter change nothing; whatever a client sends
// in Forwarded or X-Forwarded-For, the client is the one that the proxy names behind it, and hosts are valid.
#include <array>
#include <bight/http/headers.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/coding/accept_encoding.hpp"
#include "http/h1/chars.hpp"
#include "http/h1/target.hpp"
#include "http/middleware/forwarding.hpp"

using namespace bight::http;

namespace {

void check_codings(std::string_view input) {
  constexpr std::array preferred{coding::content_coding::zstd, coding::content_coding::br,
                                 coding::content_coding::gzip};
  const auto weight = coding::parse_weight(input);
  if (weight && *weight > 1000) std::abort();
  headers fields;
  fields.append(header_id::accept_encoding, input);
  const auto chosen = coding::accepted_codings{fields}.choose(preferred);
  fields.append(header_id::accept_encoding, "unknown, compress;q=1");
  if (coding::accepted_codings{fields}.choose(preferred) != chosen) std::abort();
}

void check_hops(const std::vector<middleware_detail::forwarding_hop>& hops, bool named) {
  const bight::net::endpoint peer{bight::net::ip_address::loopback(), 1};
  const auto client = middleware_detail::parse_node("192.0.2.1").value();
  const auto nobody = [](const bight::net::endpoint&) { return false; };
  const auto everybody = [](const bight::net::endpoint&) { return true; };
  const auto nearest = middleware_detail::resolve_forwarding(hops, peer, nobody);
  if (named && nearest.client != client) std::abort();
  const auto farthest = middleware_detail::resolve_forwarding(hops, peer, everybody);
  for (const auto* r : {&nearest, &farthest}) {
    if (!r->host.empty() && !h1::is_authority(r->host)) std::abort();
    if (!r->scheme.empty() && r->scheme != "http" && r->scheme != "https") std::abort();
    if (!r->client.is_ip()) std::abort();
  }
}

void check_forwarding(std::string_view input) {
  headers fields;
  fields.append(header_id::forwarded, input);
  fields.append(header_id::x_forwarded_for, input);
  fields.append(header_id::x_forwarded_host, input);
  check_hops(middleware_detail::parse_forwarded(fields), false);
  check_hops(middleware_detail::parse_x_forwarded(fields), false);
  fields.append(header_id::forwarded, "for=192.0.2.1");
  fields.set(header_id::x_forwarded_for, std::string{input} + ", 192.0.2.1");
  check_hops(middleware_detail::parse_forwarded(fields), true);
  check_hops(middleware_detail::parse_x_forwarded(fields), true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = h1::trim_ows({reinterpret_cast<const char*>(data), size});
  if (!is_field_value(input)) return 0;
  check_codings(input);
  check_forwarding(input);
  return 0;
}
