#include <bight/net/address.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <bight/net/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstring>
#include <iterator>

namespace bight::net {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

boost::system::result<ip_address> ip_address::parse(std::string_view text) {
  if (text.find('\0') != text.npos)
    return make_error_code(errc::invalid_address);  // the C functions stop there
  std::uint32_t scope = 0;
  if (const auto percent = text.find('%'); percent != text.npos) {
    const std::string zone{text.substr(percent + 1)};
    if (!read_number(std::string_view{zone}, scope)) scope = if_nametoindex(zone.c_str());
    if (scope == 0) return make_error_code(errc::invalid_address);
    text = text.substr(0, percent);
  }
  char buffer[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof buffer) return make_error_code(errc::invalid_address);
  std::memcpy(buffer, text.data(), text.size());
  v4_bytes four{};
  if (scope == 0 && inet_pton(AF_INET, buffer, four.data()) == 1) return ip_address{four};
  v6_bytes six{};
  if (inet_pton(AF_INET6, buffer, six.data()) == 1) return ip_address{six, scope};
  return make_error_code(errc::invalid_address);
}

bool ip_address::is_loopback() const noexcept {
  if (!v6_) return bytes_[0] == 127;
  constexpr v6_bytes one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 13> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return bytes_ == one || std::memcmp(bytes_.data(), mapped.data(), mapped.size()) == 0;
}

namespace {

struct v4_block {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  return a << 24U | b << 16U | c << 8U | d;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast.
constexpr v4_block special_v4[] = {
    {quad(0, 0, 0, 0), 8},      {quad(10, 0, 0, 0), 8},     {quad(100, 64, 0, 0), 10},
    {quad(127, 0, 0, 0), 8},    {quad(169, 254, 0, 0), 16}, {quad(172, 16, 0, 0), 12},
    {quad(192, 0, 0, 0), 24},   {quad(192, 0, 2, 0), 24},   {quad(192, 88, 99, 0), 24},
    {quad(192, 168, 0, 0), 16}, {quad(198, 18, 0, 0), 15},  {quad(198, 51, 100, 0), 24},
    {quad(203, 0, 113, 0), 24}, {quad(224, 0, 0, 0), 3},
};

bool public_v4(const std::uint8_t* bytes) noexcept {
  const auto address = quad(bytes[0], bytes[1], bytes[2], bytes[3]);
  return std::none_of(std::begin(special_v4), std::end(special_v4),
                      [&](const v4_block& b) { return (address ^ b.first) >> (32U - b.bits) == 0; });
}

bool public_v6(const ip_address::v6_bytes& b) noexcept {
  constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
  for (const auto* prefix : {mapped, nat64})
    if (std::equal(prefix, prefix + 12, b.begin())) return public_v4(b.data() + 12);
  if ((b[0] & 0xe0U) != 0x20U) return false;                                       // 2000::/3
  if (b[0] == 0x20 && b[1] == 0x02) return public_v4(b.data() + 2);                // 2002::/16, 6to4
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) return false;                      // 2001::/23
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) return false;  // 2001:db8::/32
  return !(b[0] == 0x3f && b[1] == 0xff && (b[2] & 0xf0U) == 0);                   // 3fff::/20
}

}  // namespace

bool ip_address::is_public() const noexcept { return v6_ ? public_v6(bytes_) : public_v4(bytes_.data()); }

std::string ip_address::to_string() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), buffer, sizeof buffer);
  std::string text{buffer};
  if (scope_id_ != 0) text += '%' + std::to_string(scope_id_);
  return text;
}

endpoint endpoint::make_unix(family f, std::string_view path) noexcept {
  endpoint e;
  e.family_ = f;
  e.path_size_ = static_cast<std::uint8_t>(path.copy(e.path_.data(), max_path));
  return e;
}

namespace {

[[noreturn]] void throw_bad_path(std::string_view path, const char* why) {
  throw boost::system::system_error(make_error_code(errc::invalid_address),
                                    "Unix domain socket \"" + std::string{path} + "\" " + why);
}

void require_length(std::string_view path) {
  if (path.empty()) throw_bad_path(path, "has no name");
  if (path.size() > endpoint::max_path) throw_bad_path(path, "is longer than 107 bytes");
}

}  // namespace

endpoint endpoint::unix_path(std::string_view path) {
  require_length(path);
  if (path.find('\0') != path.npos) throw_bad_path(path, "has a zero byte");
  return make_unix(family::unix_path, path);
}

endpoint endpoint::unix_abstract(std::string_view name) {
  require_length(name);
  return make_unix(family::unix_abstract, name);
}

boost::system::result<endpoint> endpoint::parse(std::string_view text) {
  constexpr std::string_view scheme = "unix:";
  if (text.starts_with(scheme)) {
    auto path = text.substr(scheme.size());
    const bool abstract = path.starts_with('@');
    if (abstract) path.remove_prefix(1);
    const bool fits = !path.empty() && path.size() <= max_path;
    if (!fits || (!abstract && path.find('\0') != path.npos)) return make_error_code(errc::invalid_address);
    return make_unix(abstract ? family::unix_abstract : family::unix_path, path);
  }
  const auto colon = text.rfind(':');
  if (colon == text.npos) return make_error_code(errc::invalid_address);
  std::uint16_t port = 0;
  if (!read_number(text.substr(colon + 1), port)) return make_error_code(errc::invalid_address);
  auto host = text.substr(0, colon);
  const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = ip_address::parse(host);
  if (!address || address->is_v6() != brackets) return make_error_code(errc::invalid_address);
  return endpoint{*address, port};
}

std::string endpoint::to_string() const {
  if (is_unix()) {
    std::string text{path()};
    std::replace(text.begin(), text.end(), '\0', '@');
    if (is_abstract()) return "unix:@" + text;
    return (text.starts_with('@') ? "unix:./" : "unix:") + text;
  }
  const auto port = std::to_string(port_);
  return address_.is_v6() ? '[' + address_.to_string() + "]:" + port : address_.to_string() + ':' + port;
}

}  // namespace bight::net
