#include <bight/net/ip_network.hpp>

#include <algorithm>
#include <bight/net/error.hpp>
#include <charconv>
#include <cstring>

namespace bight::net {
namespace {

constexpr int all_bits = 128;
constexpr int mapped_bits = 96;  // of ::ffff:0:0/96
constexpr ip_address::v6_bytes mapped_first{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t mapped_size = mapped_bits / 8;

// One form for both kinds, so that one comparison does.
ip_address::v6_bytes to_v6(const ip_address& address) noexcept {
  if (address.is_v6()) return address.v6();
  auto out = mapped_first;
  const auto v4 = address.v4();
  std::copy(v4.begin(), v4.end(), out.begin() + mapped_size);
  return out;
}

bool is_mapped(const ip_address::v6_bytes& bytes) noexcept {
  return std::equal(bytes.begin(), bytes.begin() + mapped_size, mapped_first.begin());
}

}  // namespace

ip_network::ip_network(const ip_address& address, int prefix) noexcept
    : bytes_(to_v6(address)), prefix_(prefix) {
  const auto whole = static_cast<std::size_t>(prefix) / 8;
  for (std::size_t i = whole; i != bytes_.size(); ++i) {
    const auto kept = i == whole ? static_cast<unsigned>(prefix) % 8U : 0U;
    bytes_[i] = static_cast<std::uint8_t>(bytes_[i] & (0xff00U >> kept));
  }
}

boost::system::result<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto base = text.substr(0, slash);
  if (base.starts_with('[') && base.ends_with(']')) base = base.substr(1, base.size() - 2);
  const auto address = ip_address::parse(base);
  if (!address || address->scope_id() != 0) return make_error_code(errc::invalid_address);
  const int most = address->is_v4() ? all_bits - mapped_bits : all_bits;
  int prefix = most;
  if (slash != text.npos) {
    const auto bits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
    if (error != std::errc{} || end != bits.data() + bits.size() || prefix < 0 || prefix > most)
      return make_error_code(errc::invalid_address);
  }
  return ip_network{*address, address->is_v4() ? prefix + mapped_bits : prefix};
}

ip_network ip_network::of_client(const ip_address& address) noexcept {
  constexpr int subnet = 64;
  return {address, is_mapped(to_v6(address)) ? all_bits : subnet};
}

bool ip_network::contains(const ip_address& address) const noexcept {
  const auto other = to_v6(address);
  const auto whole = static_cast<std::size_t>(prefix_) / 8;
  if (!std::equal(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(whole), bytes_.begin()))
    return false;
  const int left = prefix_ % 8;
  return left == 0 || (other[whole] ^ bytes_[whole]) >> (8 - left) == 0;
}

std::string ip_network::to_string() const {
  if (prefix_ < mapped_bits || !is_mapped(bytes_))
    return ip_address{bytes_}.to_string() + '/' + std::to_string(prefix_);
  const ip_address v4{ip_address::v4_bytes{bytes_[12], bytes_[13], bytes_[14], bytes_[15]}};
  return v4.to_string() + '/' + std::to_string(prefix_ - mapped_bits);
}

}  // namespace bight::net

std::size_t std::hash<bight::net::ip_network>::operator()(const bight::net::ip_network& n) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, n.bytes_.data(), sizeof high);
  std::memcpy(&low, n.bytes_.data() + sizeof high, sizeof low);
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  auto mixed = (high ^ (low * odd) ^ static_cast<std::uint64_t>(n.prefix_)) * odd;
  mixed ^= mixed >> 32U;
  return static_cast<std::size_t>(mixed * odd);
}
