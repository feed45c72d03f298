#include <bight/pg/types.hpp>

#include <bight/net/error.hpp>
#include <charconv>
#include <optional>
#include <utility>

namespace bight::pg {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// At least two digits.
void append_two(std::string& to, std::uint64_t n) {
  if (n < 10) to += '0';
  to += std::to_string(n);
}

// "04:05:06.789", without trailing zeros.
void append_clock(std::string& to, std::uint64_t microseconds) {
  append_two(to, microseconds / 3'600'000'000U);
  to += ':';
  append_two(to, microseconds / 60'000'000U % 60);
  to += ':';
  append_two(to, microseconds / 1'000'000U % 60);
  const auto fraction = microseconds % 1'000'000U;
  if (fraction == 0) return;
  const auto digits = std::to_string(1'000'000U + fraction);
  to += '.';
  to.append(digits, 1, digits.find_last_not_of('0'));
}

// PostgreSQL puts a plus sign in front of what follows something negative.
class interval_writer {
 public:
  void unit(std::int64_t n, std::string_view name) {
    if (n == 0) return;
    separate(n < 0);
    text_ += std::to_string(n);
    text_ += ' ';
    text_ += name;
    if (n != 1) text_ += 's';
  }
  void time(std::int64_t microseconds) {
    if (microseconds == 0 && !text_.empty()) return;
    const bool negative = microseconds < 0;
    separate(negative);
    if (negative) text_ += '-';
    const auto size = static_cast<std::uint64_t>(microseconds);
    append_clock(text_, negative ? 0 - size : size);
  }
  std::string take() { return std::move(text_); }

 private:
  void separate(bool negative) {
    if (!text_.empty()) text_ += ' ';
    if (after_negative_ && !negative) text_ += '+';
    after_negative_ = negative;
  }

  std::string text_;
  bool after_negative_ = false;
};

struct network {
  net::ip_address address;
  std::uint8_t prefix = 0;
};

std::uint8_t width_of(const net::ip_address& a) noexcept { return a.is_v4() ? 32 : 128; }

std::optional<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = net::ip_address::parse(text.substr(0, slash));
  if (!address || address->scope_id() != 0) return std::nullopt;
  network n{*address, width_of(*address)};
  if (slash == text.npos) return n;
  const auto digits = text.substr(slash + 1);
  std::uint8_t prefix = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (ec != std::errc{} || end != digits.data() + digits.size() || prefix > n.prefix) return std::nullopt;
  return network{*address, prefix};
}

bool is_zero_behind(const net::ip_address& a, unsigned prefix) noexcept {
  const auto bit_is_set = [&](unsigned i) {
    const auto byte = a.is_v4() ? a.v4()[i / 8] : a.v6()[i / 8];
    return (byte >> (7 - i % 8) & 1) != 0;
  };
  for (unsigned i = prefix; i < width_of(a); ++i)
    if (bit_is_set(i)) return false;
  return true;
}

}  // namespace

std::string interval::to_string() const {
  interval_writer out;
  out.unit(months / 12, "year");
  out.unit(months % 12, "mon");
  out.unit(days, "day");
  out.time(time.count());
  return out.take();
}

std::string time_of_day::to_string() const {
  std::string text;
  append_clock(text, static_cast<std::uint64_t>(since_midnight.count()));
  return text;
}

boost::system::result<inet> inet::parse(std::string_view text) {
  const auto n = parse_network(text);
  if (!n) return net::errc::invalid_address;
  return inet{n->address, n->prefix};
}

std::string inet::to_string() const {
  auto text = address.to_string();
  if (prefix != width_of(address)) text += '/' + std::to_string(prefix);
  return text;
}

boost::system::result<cidr> cidr::parse(std::string_view text) {
  const auto n = parse_network(text);
  if (!n || !is_zero_behind(n->address, n->prefix)) return net::errc::invalid_address;
  return cidr{n->address, n->prefix};
}

std::string cidr::to_string() const { return address.to_string() + '/' + std::to_string(prefix); }

template <std::size_t N>
std::string basic_macaddr<N>::to_string() const {
  std::string text;
  for (const auto byte : bytes) {
    if (!text.empty()) text += ':';
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
  }
  return text;
}

template struct basic_macaddr<6>;
template struct basic_macaddr<8>;

}  // namespace bight::pg
