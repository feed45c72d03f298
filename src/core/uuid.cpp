#include <bight/uuid.hpp>

#include <sys/random.h>

#include <atomic>
#include <bight/core/clock.hpp>
#include <bight/core/detail/ascii.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

namespace bight {
namespace {

// Straight from the kernel: a buffer of random bytes would be shared by the processes after a fork.
void fill_random(std::span<std::uint8_t> to) {
  while (!to.empty()) {
    const ssize_t n = ::getrandom(to.data(), to.size(), 0);
    if (n < 0 && errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
    if (n > 0) to = to.subspan(static_cast<std::size_t>(n));
  }
}

void set_version(uuid::bytes_type& bytes, int version) noexcept {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
}

// Milliseconds and 12 bits of their fraction (RFC 9562 6.2, method 3): unique, and greater than before.
std::uint64_t next_time() noexcept {
  static std::atomic<std::uint64_t> last{0};
  const auto since = wall_clock::now().time_since_epoch();
  const auto nanoseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
  const auto now = (nanoseconds / 1'000'000 << 12) | ((nanoseconds % 1'000'000 << 12) / 1'000'000);
  auto before = last.load(std::memory_order_relaxed);
  auto next = now;
  do {
    next = now > before ? now : before + 1;
  } while (!last.compare_exchange_weak(before, next, std::memory_order_relaxed));
  return next;
}

// The part between the braces or behind the prefix.
std::string_view without_decoration(std::string_view text) noexcept {
  constexpr std::string_view urn = "urn:uuid:";
  if (text.starts_with('{') && text.ends_with('}')) return text.substr(1, text.size() - 2);
  if (text.size() <= urn.size()) return text;
  for (std::size_t i = 0; i != urn.size(); ++i)
    if (detail::to_lower(text[i]) != urn[i]) return text;
  return text.substr(urn.size());
}

constexpr bool hyphen_before(std::size_t byte) noexcept {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

}  // namespace

uuid::uuid(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed)
    throw std::invalid_argument("bight::uuid: \"" + std::string{text.substr(0, 100)} + "\" is not a UUID");
  bytes_ = parsed->bytes_;
}

boost::system::result<uuid> uuid::parse(std::string_view text) noexcept {
  const auto digits = without_decoration(text);
  const auto invalid = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
  const bool hyphens = digits.size() == 36;
  if (!hyphens && digits.size() != 32) return invalid;
  uuid result;
  std::size_t at = 0;
  for (std::size_t i = 0; i != result.bytes_.size(); ++i, at += 2) {
    if (hyphens && hyphen_before(i) && digits[at++] != '-') return invalid;
    const int high = detail::hex_value(digits[at]), low = detail::hex_value(digits[at + 1]);
    if (high < 0 || low < 0) return invalid;
    result.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return result;
}

uuid uuid::random() {
  uuid result;
  fill_random(result.bytes_);
  set_version(result.bytes_, 4);
  return result;
}

uuid uuid::time_ordered() {
  uuid result;
  auto& bytes = result.bytes_;
  fill_random(std::span{bytes}.subspan(8));
  const auto time = next_time();
  for (std::size_t i = 0; i != 6; ++i) bytes[i] = static_cast<std::uint8_t>(time >> (52 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(time >> 8 & 0x0f);
  bytes[7] = static_cast<std::uint8_t>(time);
  set_version(bytes, 7);
  return result;
}

std::string uuid::to_string() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i != bytes_.size(); ++i) {
    if (hyphen_before(i)) ++at;
    text[at++] = digits[bytes_[i] >> 4];
    text[at++] = digits[bytes_[i] & 15];
  }
  return text;
}

}  // namespace bight

// Not the bytes as they are: those of version 7 begin alike.
std::size_t std::hash<bight::uuid>::operator()(const bight::uuid& value) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, value.bytes().data(), sizeof halves);
  const auto mixed = (halves[0] ^ (halves[1] >> 32 | halves[1] << 32)) * 0x9e3779b97f4a7c15;
  return static_cast<std::size_t>(mixed ^ mixed >> 32);
}
