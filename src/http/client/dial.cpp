#include "http/client/dial.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <vector>

#include "http/client/basic.hpp"
#include "http/client/proxy.hpp"

namespace bight::http::detail {

using boost::system::system_error;

namespace {

constexpr std::uint16_t socks_port = 1080;  // RFC 1928 section 3

std::uint16_t port_of(const url& proxy) noexcept {
  const auto port = proxy.effective_port();
  return port == 0 ? socks_port : port;
}

bool is_socks(const url& proxy) noexcept { return proxy.scheme() == "socks5" || proxy.scheme() == "socks5h"; }

std::string with_port(std::string_view host, std::uint16_t port) {
  return std::string{host} + ':' + std::to_string(port);
}

// "10 s", "1.5 s", "250 ms".
std::string text_of(clock::duration d) {
  using namespace std::chrono;
  const auto us = std::max<std::int64_t>(duration_cast<microseconds>(d).count(), 0);
  const bool long_one = us >= 1'000'000;
  const auto thousandths = long_one ? us / 1000 : us;
  std::string text = std::to_string(thousandths / 1000);
  if (const auto rest = thousandths % 1000; rest != 0) {
    auto digits = std::to_string(1000 + rest).substr(1);
    while (digits.back() == '0') digits.pop_back();
    text += '.' + digits;
  }
  return text + (long_one ? " s" : " ms");
}

}  // namespace

std::string timed_out_text(clock::duration after, std::string_view doing, std::string_view option) {
  std::string text = "timed out after " + text_of(after) + ": ";
  return text.append(doing).append(" (").append(option).append(")");
}

void throw_timed_out(clock::duration after, std::string_view doing, std::string_view option) {
  throw timeout_error{timed_out_text(after, doing, option)};
}

dialer::dialer(const client_options& options, net::resolver names)
    : names_(std::move(names)),
      network_(options.network),
      tls_(options.tls),
      proxy_tls_(options.proxy_tls ? options.proxy_tls : options.tls),
      policy_(options.connect_policy),
      proxy_(options.proxy),
      choose_proxy_(options.proxy_for),
      max_head_(options.limits.max_head) {
  if (options.unix_socket.empty()) return;
  const std::string_view path = options.unix_socket;
  unix_socket_ =
      path.starts_with('@') ? net::endpoint::unix_abstract(path.substr(1)) : net::endpoint::unix_path(path);
  proxy_.reset();
  choose_proxy_ = nullptr;
}

std::optional<url> dialer::proxy_for(const url& where) const {
  return choose_proxy_ ? choose_proxy_(where) : proxy_;
}

route dialer::route_to(const url& where, bool end_to_end) const {
  route way;
  if (unix_socket_) way.how = route::kind::unix_socket;
  auto proxy = proxy_for(where);
  if (!proxy) return way;
  way.proxy = std::move(*proxy);
  if (is_socks(way.proxy)) {
    way.how = route::kind::socks5;
  } else if (way.proxy.is_http()) {
    way.how = end_to_end || where.scheme() == "https" ? route::kind::tunnel : route::kind::forward;
    way.authorization = basic_authorization(way.proxy);
  } else {
    throw system_error(make_error_code(errc::unsupported_scheme), "proxy " + way.proxy.redacted());
  }
  return way;
}

// What is going on, for the error of a timeout.
std::string dialer::activity(const url& where, const route& way, const connect_timeline& timeline) const {
  const auto target = with_port(where.host(), where.effective_port());
  if (timeline.tls_start) return "TLS handshake with " + target;
  if (timeline.proxy_start) return "connecting to " + target + " through " + way.proxy.redacted();
  if (unix_socket_) return "connecting to " + unix_socket_->to_string();
  const auto& first = way.proxy.empty() ? where : way.proxy;
  const auto port = way.proxy.empty() ? where.effective_port() : port_of(way.proxy);
  if (!timeline.network.lookup_end) return "name lookup of " + std::string{first.host()};
  return "connecting to " + with_port(first.host(), port);
}

awaitable<net::stream> dialer::dial(const url& where, const route& way, const std::string& session_key,
                                    const dial_limits& limits, connect_timeline& timeline) {
  const auto began = clock::now();
  const auto left = time_left(limits.deadline);
  const bool total = left < limits.timeouts.connect;
  deadline_control limit{total ? left : limits.timeouts.connect};
  try {
    co_return co_await wait_for(open(where, way, session_key, limits, timeline), limit);
  } catch (const timeout_error&) {
    if (!limit.expired()) throw;
  }
  throw_timed_out(total ? limits.timeouts.total : clock::now() - began, activity(where, way, timeline),
                  total ? "timeouts.total" : "timeouts.connect");
}

awaitable<net::stream> dialer::open(const url& where, const route& way, const std::string& session_key,
                                    const dial_limits& limits, connect_timeline& timeline) {
  std::optional<net::network_scope> inside;
  if (network_) inside.emplace(network_);
  net::stream s;
  if (way.how == route::kind::socks5) {
    s = co_await through_socks5(where, way, limits, timeline);
  } else {
    s = co_await reach(where, way, limits, timeline);
    if (!way.proxy.empty()) {
      timeline.proxy_start = clock::now();
      s = co_await negotiate(std::move(s), where, way, limits);
      timeline.proxy_end = clock::now();
    }
  }
  if (where.scheme() != "https") co_return s;
  timeline.tls_start = clock::now();
  if (!tls_) tls_ = net::tls_client_context::system();
  s = co_await secure(std::move(s), std::string{where.host_without_brackets()}, where.effective_port(), tls_,
                      session_key, limits.timeouts.tls);
  timeline.tls_end = clock::now();
  timeline.resumed = s.connection().resumed;
  co_return s;
}

// To the server, or to the proxy.
awaitable<net::stream> dialer::reach(const url& where, const route& way, const dial_limits& limits,
                                     connect_timeline& timeline) {
  if (unix_socket_) co_return co_await net::connect(*unix_socket_);
  const auto& first = way.proxy.empty() ? where : way.proxy;
  const auto port = way.proxy.empty() ? where.effective_port() : port_of(way.proxy);
  net::connect_options options;
  options.policy = policy_;
  options.lookup_timeout = limits.timeouts.dns;
  options.trace = &timeline.network;
  options.attempt_timeout = std::chrono::milliseconds::max();  // timeouts.connect is the limit, and is named
  try {
    co_return co_await net::connect(names_, first.host_without_brackets(), port, options);
  } catch (const timeout_error&) {
    if (timeline.network.lookup_end) throw;
  }
  throw_timed_out(clock::now() - *timeline.network.lookup_start, activity(where, way, timeline),
                  "timeouts.dns");
}

awaitable<net::stream> dialer::negotiate(net::stream s, const url& where, const route& way,
                                         const dial_limits& limits) {
  const std::string proxy_host{way.proxy.host_without_brackets()};
  if (way.proxy.scheme() == "https") {
    if (!proxy_tls_) proxy_tls_ = net::tls_client_context::system();
    s = co_await secure(std::move(s), proxy_host, port_of(way.proxy), proxy_tls_, "proxy " + way.proxy.href(),
                        limits.timeouts.tls);
  }
  if (way.how == route::kind::forward) co_return s;
  tunnel_target target{std::string{where.host_without_brackets()}, where.effective_port()};
  co_return co_await connect_tunnel(std::move(s), std::move(target), way.authorization, way.proxy.redacted(),
                                    max_head_);
}

// socks5: each address in turn, since only the proxy knows which it can reach, on a connection of its own
// (RFC 1928 section 6: a refusal ends the connection). socks5h: the proxy looks the name up.
awaitable<net::stream> dialer::through_socks5(const url& where, const route& way, const dial_limits& limits,
                                              connect_timeline& timeline) {
  const tunnel_target target{std::string{where.host_without_brackets()}, where.effective_port()};
  std::vector<std::string> hosts(1, target.host);
  if (way.proxy.scheme() == "socks5") {
    const auto addresses = co_await names_.resolve(target.host, target.port);
    hosts.clear();
    for (const auto& a : addresses) hosts.push_back(a.to_string());
  }
  for (std::size_t i = 0;; ++i) {
    auto s = co_await reach(where, way, limits, timeline);
    if (!timeline.proxy_start) timeline.proxy_start = clock::now();
    tunnel_target to{hosts[i], target.port};
    try {
      s = co_await connect_socks5(std::move(s), std::move(to), way.proxy);
      timeline.proxy_end = clock::now();
      co_return s;
    } catch (const system_error& e) {
      const bool for_this_address = e.code() == errc::proxy_unavailable || e.code() == errc::proxy_refused;
      if (!for_this_address || i + 1 == hosts.size()) throw;
    }
  }
}

awaitable<net::stream> dialer::secure(net::stream s, std::string host, std::uint16_t port,
                                      std::optional<net::tls_client_context> context, std::string session_key,
                                      std::chrono::nanoseconds limit) {
  const auto began = clock::now();
  std::vector<std::string> protocols(1, "http/1.1");
  deadline_control tls_limit{limit};
  try {
    auto work = net::tls_connect(std::move(s), host, *context, std::move(protocols), std::move(session_key));
    co_return co_await wait_for(std::move(work), tls_limit);
  } catch (const timeout_error&) {
    if (!tls_limit.expired()) throw;
  }
  throw_timed_out(clock::now() - began, "TLS handshake with " + with_port(host, port), "timeouts.tls");
}

}  // namespace bight::http::detail
