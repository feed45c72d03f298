#include "http/client/proxy.hpp"

#include <algorithm>
#include <array>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "http/client/socks5.hpp"
#include "http/h1/response_parser.hpp"

namespace bight::http::detail {
namespace {

using boost::system::error_code;
using boost::system::system_error;

std::string authority(const tunnel_target& t) {
  const bool six = t.host.find(':') != t.host.npos;
  return (six ? '[' + t.host + ']' : t.host) + ':' + std::to_string(t.port);
}

[[noreturn]] void fail(const error_code& code, const tunnel_target& target, const std::string& proxy,
                       const std::string& why) {
  throw system_error(
      code, "connect to " + authority(target) + " through " + proxy + (why.empty() ? "" : ": ") + why);
}

errc code_of(status s) noexcept {
  if (s == status::proxy_authentication_required) return errc::proxy_authentication;
  const bool temporary =
      s == status::bad_gateway || s == status::service_unavailable || s == status::gateway_timeout;
  return temporary ? errc::proxy_unavailable : errc::proxy_refused;
}

// True once the tunnel is made. Nothing may follow the head: the server of a tunnel does not speak first.
bool take_answer(h1::response_parser& parser, std::string& received, const tunnel_target& target,
                 const std::string& proxy) {
  while (true) {
    const auto step = parser.feed(received);
    const auto s = parser.status();
    received.erase(0, step.consumed);
    if (step.what == h1::event::need_more) return false;
    if (step.what == h1::event::error)
      fail(make_error_code(errc::proxy_protocol), target, proxy, std::string{parser.error().rule});
    if (step.what != h1::event::head) continue;
    if (!s.is_success())
      fail(make_error_code(code_of(s)), target, proxy,
           "status " + std::to_string(s.code()) + (s.reason_phrase().empty() ? "" : " ") +
               std::string{s.reason_phrase()});
    if (!received.empty())
      fail(make_error_code(errc::proxy_protocol), target, proxy, "data before the tunnel was used");
    return true;
  }
}

}  // namespace

awaitable<net::stream> connect_tunnel(net::stream s, tunnel_target target, std::string authorization,
                                      std::string proxy, std::uint32_t max_head) {
  const auto where = authority(target);
  std::string head = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
  if (!authorization.empty()) head += "Proxy-Authorization: " + authorization + "\r\n";
  head += "\r\n";
  co_await s.write(head);

  h1::limits limits = h1::client_limits;
  limits.head = max_head;
  h1::response_parser parser{limits};
  parser.reset(method_id::connect);
  std::string received;
  bool complete = false;
  std::array<char, 4096> piece;
  while (!complete) {
    const auto n = co_await s.read_some(std::as_writable_bytes(std::span{piece}));
    if (n == 0) fail(make_error_code(errc::proxy_protocol), target, proxy, "the proxy closed the connection");
    received.append(piece.data(), n);
    complete = take_answer(parser, received, target, proxy);
  }
  co_return s;
}

awaitable<net::stream> connect_socks5(net::stream s, tunnel_target target, const url& proxy) {
  const auto name = proxy.redacted();
  auto user = percent_decode(proxy.username());
  auto password = percent_decode(proxy.password());
  if (!socks5::handshake::fits(user) || !socks5::handshake::fits(password) ||
      !socks5::handshake::fits(target.host))
    fail(make_error_code(errc::proxy_protocol), target, name, "SOCKS5 values have at most 255 bytes");
  socks5::handshake asking{target.host, target.port, std::move(user), std::move(password)};
  std::array<char, 300> piece;
  while (!asking.done()) {
    const auto out = asking.take_output();
    if (!out.empty()) co_await s.write(out);
    const auto room = std::span{piece}.first(std::min(piece.size(), asking.wants()));
    const auto n = co_await s.read_some(std::as_writable_bytes(room));
    if (n == 0) fail(make_error_code(errc::proxy_protocol), target, name, "the proxy closed the connection");
    asking.feed({piece.data(), n});
    if (!asking.failed()) continue;
    const bool temporary =
        asking.error() == socks5::fault::refused && asking.reply() != 2 && asking.reply() < 7;
    const auto code = asking.error() == socks5::fault::protocol  ? errc::proxy_protocol
                      : asking.error() != socks5::fault::refused ? errc::proxy_authentication
                      : temporary                                ? errc::proxy_unavailable
                                                                 : errc::proxy_refused;
    fail(make_error_code(code), target, name, std::string{asking.error_text()});
  }
  co_return s;
}

}  // namespace bight::http::detail
