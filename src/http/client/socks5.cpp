#include "http/client/socks5.hpp"

#include <bight/net/address.hpp>
#include <iterator>

namespace bight::http::socks5 {
namespace {

constexpr char version = 5;
constexpr char no_authentication = 0;
constexpr char user_and_password = 2;
constexpr char connect_command = 1;
enum address_type : char { ipv4 = 1, domain = 3, ipv6 = 4 };

void append_sized(std::string& out, std::string_view text) {
  out += static_cast<char>(text.size());
  out += text;
}

template <class Bytes>
void append_bytes(std::string& out, const Bytes& bytes) {
  for (const auto b : bytes) out += static_cast<char>(b);
}

void append_address(std::string& out, std::string_view host) {
  const auto address = net::ip_address::parse(host);
  if (!address) {
    out += static_cast<char>(domain);
    append_sized(out, host);
  } else if (address->is_v4()) {
    out += static_cast<char>(ipv4);
    append_bytes(out, address->v4());
  } else {
    out += static_cast<char>(ipv6);
    append_bytes(out, address->v6());
  }
}

}  // namespace

handshake::handshake(std::string_view host, std::uint16_t port, std::string user, std::string password)
    : user_(std::move(user)), password_(std::move(password)) {
  request_ = {version, connect_command, 0};
  append_address(request_, host);
  request_ += static_cast<char>(port >> 8U);
  request_ += static_cast<char>(port & 0xffU);
  const bool has_credentials = !user_.empty() || !password_.empty();
  out_ = {version, static_cast<char>(has_credentials ? 2 : 1), no_authentication};
  if (has_credentials) out_ += user_and_password;
}

void handshake::feed(std::string_view bytes) {
  in_ += bytes;
  while (!done() && !failed() && in_.size() == need_) take();
}

void handshake::next(state s, std::size_t bytes) noexcept {
  state_ = s;
  need_ = bytes;
}

void handshake::send_credentials() {
  out_ += '\x01';
  append_sized(out_, user_);
  append_sized(out_, password_);
  in_.clear();
  next(state::credentials, 2);
}

void handshake::send_request() {
  out_ += request_;
  in_.clear();
  next(state::reply, 2);
}

// The input is complete as far as the state needs it.
void handshake::take() {
  constexpr std::size_t before_address = 4;
  constexpr std::size_t port_size = 2;
  const bool has_credentials = !user_.empty() || !password_.empty();
  switch (state_) {
    case state::method:
      if (at(0) != version) return fail(fault::protocol);
      if (at(1) == user_and_password && has_credentials) return send_credentials();
      return at(1) == no_authentication ? send_request()
                                        : fail(at(1) == 0xff ? fault::no_method : fault::protocol);
    case state::credentials:
      return at(1) == 0 ? send_request() : fail(fault::credentials);
    case state::reply:
      if (at(0) != version) return fail(fault::protocol);
      reply_ = at(1);
      return reply_ == 0 ? next(state::address, before_address + 1) : fail(fault::refused);
    case state::address: {
      const auto type = static_cast<char>(at(3));
      if (type != ipv4 && type != ipv6 && type != domain) return fail(fault::protocol);
      const std::size_t size = type == ipv4 ? 4 : type == ipv6 ? 16 : 1U + at(4);
      return next(state::rest, before_address + size + port_size);
    }
    case state::rest:
      in_.clear();
      return next(state::done, 0);
    case state::done:
      return;
  }
}

std::string_view handshake::error_text() const noexcept {
  constexpr std::string_view replies[] = {
      "",
      "general SOCKS server failure",
      "connection not allowed by ruleset",
      "network unreachable",
      "host unreachable",
      "connection refused",
      "TTL expired",
      "command not supported",
      "address type not supported",
  };
  switch (fault_) {
    case fault::none:
      return {};
    case fault::protocol:
      return "the answer is not SOCKS5";
    case fault::no_method:
      return "no authentication method that the proxy accepts";
    case fault::credentials:
      return "user name and password are rejected";
    case fault::refused:
      return reply_ < std::size(replies) ? replies[reply_] : "unknown reply";
  }
  return {};
}

}  // namespace bight::http::socks5
