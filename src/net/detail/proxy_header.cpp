#include "net/detail/proxy_header.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

namespace bight::net::detail {
namespace {

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_size = 16;  // of version 2: signature, command, family, length
constexpr std::string_view no_header = "it sent no PROXY protocol header";
constexpr std::size_t unix_size = 108;

// Ends at a single space, or at the end of the line.
std::string_view take_word(std::string_view& line) noexcept {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::optional<ip_address> address_of(std::string_view word, bool v6) noexcept {
  if (word.find('%') != word.npos) return std::nullopt;
  const auto parsed = ip_address::parse(word);
  if (!parsed || parsed->is_v6() != v6) return std::nullopt;
  return *parsed;
}

// Without leading zeros (section 2.1).
std::optional<std::uint16_t> port_of(std::string_view word) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  if (error != std::errc{} || end != word.data() + word.size() || (word.size() > 1 && word[0] == '0'))
    return std::nullopt;
  return port;
}

// A path that ends at a null byte or fills its field; an abstract name begins with one.
endpoint unix_endpoint(std::string_view field) {
  const bool abstract = field.starts_with('\0');
  auto name = abstract ? field.substr(1) : field;
  if (abstract)
    name = name.substr(0, name.find_last_not_of('\0') + 1);
  else
    name = name.substr(0, name.find('\0'));
  if (name.empty() || name.size() > endpoint::max_path) return endpoint::unix_unnamed();
  return abstract ? endpoint::unix_abstract(name) : endpoint::unix_path(name);
}

}  // namespace

void proxy_header::feed(std::string_view bytes) noexcept {
  if (state_ != state::rest) {
    std::memcpy(in_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  need_ -= bytes.size();
  // What is no header is known early: a client that waits for an answer would wait for the timeout.
  if (state_ == state::start && !signature.starts_with(held().substr(0, signature.size())) &&
      !held().starts_with(std::string_view{"PROXY "}.substr(0, size_)))
    return fail(no_header);
  if (need_ == 0) take();
}

void proxy_header::next(state s, std::size_t bytes) noexcept {
  state_ = s;
  need_ = bytes;
  if (need_ == 0) take();
}

void proxy_header::take() noexcept {
  switch (state_) {
    case state::start:
      return take_start();
    case state::line:
      return take_line();
    case state::signature:
      return take_fixed();
    case state::addresses:
      return take_addresses();
    case state::rest:
      state_ = state::done;
      return;
    case state::done:
      return;
  }
}

void proxy_header::take_start() noexcept {
  if (held().starts_with(signature)) return next(state::signature, fixed_size - size_);
  state_ = state::line;
  take_line();
}

// The line ends with "\r\n": after anything but '\r', at least two bytes are missing.
void proxy_header::take_line() noexcept {
  const auto line = held();
  if (line.ends_with("\r\n")) return parse_line(line.substr(0, line.size() - 2));
  if (line.find('\n') != line.npos) return fail("the line of its PROXY protocol header does not end in CRLF");
  const std::size_t missing = line.ends_with('\r') ? 1 : 2;
  if (size_ + missing > max_line) return fail("its PROXY protocol header is longer than 107 bytes");
  // "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "PROXY TCP6 :: :: 0 0\r\n"
  constexpr std::size_t shortest_v4 = 32;
  constexpr std::size_t shortest_v6 = 22;
  if (size_ < shortest_v4 && line.starts_with("PROXY TCP4 ")) return next(state::line, shortest_v4 - size_);
  if (size_ < shortest_v6 && line.starts_with("PROXY TCP6 ")) return next(state::line, shortest_v6 - size_);
  next(state::line, missing);
}

void proxy_header::parse_line(std::string_view line) noexcept {
  take_word(line);  // PROXY
  const auto family = take_word(line);
  if (family == "UNKNOWN") {
    state_ = state::done;
    return;
  }
  const bool v6 = family == "TCP6";
  if (!v6 && family != "TCP4") return fail("its PROXY protocol header has an unknown family");
  const auto from = address_of(take_word(line), v6);
  const auto to = address_of(take_word(line), v6);
  const auto from_port = port_of(take_word(line));
  const auto to_port = port_of(line);
  if (!from || !to || !from_port || !to_port)
    return fail("its PROXY protocol header has an invalid address or port");
  source_ = endpoint{*from, *from_port};
  destination_ = endpoint{*to, *to_port};
  state_ = state::done;
}

void proxy_header::take_fixed() noexcept {
  constexpr unsigned version = 2;
  const unsigned command = at(12) % 16U;
  if (at(12) / 16U != version) return fail("its PROXY protocol header has an unknown version");
  if (command > 1) return fail("its PROXY protocol header has an unknown command");
  family_ = at(13);
  skip_ = static_cast<std::size_t>(at(14)) << 8U | at(15);
  if (command == 0) return next(state::rest, skip_);  // LOCAL: of the load balancer itself
  constexpr unsigned last_family = 3;
  constexpr unsigned last_protocol = 2;
  if (family_ / 16U > last_family || family_ % 16U > last_protocol)
    return fail("its PROXY protocol header has an unknown family");
  std::size_t size = 0;
  if (family_ == 0x11) size = 2 * (4 + 2);
  if (family_ == 0x21) size = 2 * (16 + 2);
  if (family_ == 0x31) size = 2 * unix_size;
  // Addresses of anything but a stream are not those of this connection.
  if (size == 0) return next(state::rest, skip_);
  if (skip_ < size) return fail("its PROXY protocol header is too short for its addresses");
  skip_ -= size;
  next(state::addresses, size);
}

template <class Bytes>
void proxy_header::set_ip() noexcept {
  Bytes from;
  Bytes to;
  const auto* const addresses = in_.data() + fixed_size;
  std::memcpy(from.data(), addresses, from.size());
  std::memcpy(to.data(), addresses + from.size(), to.size());
  const auto port = [this](std::size_t i) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(at(i)) << 8U | at(i + 1));
  };
  const auto ports = fixed_size + from.size() + to.size();
  source_ = endpoint{ip_address{from}, port(ports)};
  destination_ = endpoint{ip_address{to}, port(ports + 2)};
}

void proxy_header::set_unix() noexcept {
  source_ = unix_endpoint({in_.data() + fixed_size, unix_size});
  destination_ = unix_endpoint({in_.data() + fixed_size + unix_size, unix_size});
}

void proxy_header::take_addresses() noexcept {
  if (family_ == 0x11) set_ip<ip_address::v4_bytes>();
  if (family_ == 0x21) set_ip<ip_address::v6_bytes>();
  if (family_ == 0x31) set_unix();
  next(state::rest, skip_);
}

}  // namespace bight::net::detail
