#include "crawl/check/verdicts.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/http/error.hpp>
#include <bight/http/status.hpp>
#include <bight/net/address.hpp>
#include <bight/net/error.hpp>
#include <boost/system/errc.hpp>

#include "crawl/fetch/describe_error.hpp"

namespace bight::crawl::check {
namespace {

namespace errc = boost::system::errc;

struct meaning {
  link_verdict verdict;
  link_cause cause;
};

meaning of_net(const boost::system::error_code& ec) {
  switch (static_cast<net::errc>(ec.value())) {
    case net::errc::host_not_found:
    case net::errc::invalid_host_name:
    case net::errc::invalid_address:
      return {link_verdict::broken, link_cause::name_resolution};
    case net::errc::resolver_failed:  // of our own resolver
      return {link_verdict::not_checked, link_cause::name_resolution};
    case net::errc::address_not_allowed:
      return {link_verdict::not_checked, link_cause::limit};
    case net::errc::tls_configuration:
    case net::errc::tls_handshake:
    case net::errc::tls_protocol:
    case net::errc::certificate_invalid:
    case net::errc::certificate_name:
    case net::errc::certificate_not_pinned:
      return {link_verdict::broken, link_cause::tls};
    default:
      return {link_verdict::broken, link_cause::connection};
  }
}

meaning of_http(const boost::system::error_code& ec) {
  switch (static_cast<http::errc>(ec.value())) {
    case http::errc::truncated:
    case http::errc::server_closed:
      return {link_verdict::broken, link_cause::connection};
    case http::errc::head_too_large:
    case http::errc::too_many_headers:
    case http::errc::body_too_large:
    case http::errc::decompression_bomb:
      return {link_verdict::not_checked, link_cause::limit};
    case http::errc::proxy_authentication:
    case http::errc::proxy_refused:
    case http::errc::proxy_unavailable:
    case http::errc::proxy_protocol:
      return {link_verdict::not_checked, link_cause::connection};
    default:
      return {link_verdict::broken, link_cause::protocol};
  }
}

meaning of_system(const boost::system::error_code& ec) {
  if (ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system ||
      ec == errc::no_buffer_space || ec == errc::address_not_available)
    return {link_verdict::not_checked, link_cause::limit};
  if (ec == errc::network_unreachable || ec == errc::network_down)
    return {link_verdict::not_checked, link_cause::connection};
  return {link_verdict::broken, link_cause::connection};
}

meaning meaning_of(const boost::system::error_code& ec) {
  if (ec == errc::timed_out) return {link_verdict::broken, link_cause::timeout};
  if (ec.category() == net::net_category()) return of_net(ec);
  if (ec.category() == http::http_category()) return of_http(ec);
  return of_system(ec);
}

bool says(const http::headers& fields, std::string_view name, std::string_view value) {
  const auto found = fields.get(name);
  return found && found->find(value) != found->npos;
}

// Statuses of servers that refuse programs, or this one: they say nothing about the link.
bool refuses(int status, const http::headers& fields) {
  constexpr int refusals[] = {401, 403, 407, 429, 451, 999};
  return std::ranges::find(refusals, status) != std::end(refusals) ||
         (status == 503 && fields.contains("Retry-After"));
}

}  // namespace

link_cause cause_of(const boost::system::error_code& code) { return meaning_of(code).cause; }

std::string status_text(int status) {
  auto text = std::to_string(status);
  if (const auto phrase = http::status{status}.reason_phrase(); !phrase.empty())
    text.append(" ").append(phrase);
  return text;
}

bool is_loopback_host(const http::url& where) {
  if (where.host() == "localhost") return true;
  const auto address = net::ip_address::parse(where.host_without_brackets());
  return address && address->is_loopback();
}

bool is_challenge(const http::headers& fields) {
  return says(fields, "cf-mitigated", "challenge") || says(fields, "x-amzn-waf-action", "c") ||
         says(fields, "x-vercel-mitigated", "challenge");
}

external_result judge(int status, const http::headers& fields, const status_set& accept) {
  external_result r;
  r.status = status;
  if (is_challenge(fields)) {
    r.verdict = link_verdict::not_checked;
    r.cause = link_cause::challenge;
    r.reason = status_text(status) + ", a challenge page";
    return r;
  }
  constexpr int multiple_choices = 300;  // a page to choose from
  if (accept.contains(status) || status == multiple_choices) return r;
  r.verdict = refuses(status, fields) ? link_verdict::not_checked : link_verdict::broken;
  r.cause = link_cause::status;
  r.reason = status_text(status);
  return r;
}

external_result judge(const boost::system::system_error& e, std::string_view url) {
  external_result r;
  const auto m = meaning_of(e.code());
  r.verdict = m.verdict;
  r.cause = m.cause;
  r.reason = describe_error(e, url);
  return r;
}

}  // namespace bight::crawl::check
