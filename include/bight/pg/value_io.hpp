// value_reader, value_writer, codec_error: what codecs read values from and write them to.
#pragma once
#include <bight/pg/data_type.hpp>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace bight::pg {

/// What went wrong in a conversion, and where in the value. Nothing yet, by default.
class codec_error {
 public:
  /// Whether something went wrong.
  explicit operator bool() const noexcept { return failed_; }
  const std::string& reason() const noexcept { return reason_; }
  /// The place within the value, such as "[3].name"; empty for the value itself.
  const std::string& place() const noexcept { return place_; }
  /// "[3].name: NULL ..."
  std::string to_string() const { return place_.empty() ? reason_ : place_ + ": " + reason_; }

  /// Records a failure; the first one counts.
  void fail(std::string reason);
  /// Says that what went wrong did so within this part of an array or composite value.
  void within_element(std::size_t index);
  void within_field(std::string_view name);

 private:
  std::string reason_;
  std::string place_;
  bool failed_ = false;
};

namespace detail {

template <std::unsigned_integral U>
constexpr U to_network_order(U value) noexcept {
  if constexpr (std::endian::native == std::endian::big || sizeof(U) == 1)
    return value;
  else if constexpr (sizeof(U) == 2)
    return __builtin_bswap16(value);
  else if constexpr (sizeof(U) == 4)
    return __builtin_bswap32(value);
  else
    return __builtin_bswap64(value);
}

}  // namespace detail

/// The bytes of one value, read from front to back; numbers are big-endian. After a failure everything reads
/// as zero or empty, so that a codec needs to look at `failed` only where it would go on for long. Lifetime:
/// a view of the bytes, the type and the error.
class value_reader {
 public:
  value_reader(const data_type& type, format f, std::string_view bytes, codec_error& error) noexcept
      : at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        type_(&type.base()),
        error_(&error),
        format_(f) {}

  /// The type of the value; that of a domain is what the domain is based on.
  const data_type& type() const noexcept { return *type_; }
  pg::format format() const noexcept { return format_; }
  /// The number of bytes not read yet.
  std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// The next number. Fails at the end.
  template <std::integral T>
  T take() {
    using raw = std::make_unsigned_t<T>;
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail_short(sizeof(T));
      return 0;
    }
    raw value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return static_cast<T>(detail::to_network_order(value));
  }
  /// The next `n` bytes. Fails if there are not that many.
  std::string_view take_bytes(std::size_t n) {
    if (remaining() < n) [[unlikely]] {
      fail_short(n);
      return {};
    }
    return {std::exchange(at_, at_ + n), n};
  }
  std::string_view take_rest() noexcept {
    const auto n = remaining();
    return {std::exchange(at_, end_), n};
  }

  /// Gives up: `reason` is what the user is told, beside the column and the place.
  void fail(std::string reason);
  bool failed() const noexcept { return static_cast<bool>(*error_); }
  codec_error& error() const noexcept { return *error_; }
  /// Fails if something is left.
  void finish() {
    if (at_ != end_) [[unlikely]]
      fail_long();
  }
  /// A reader of a part of this value, in the same format.
  value_reader part(const data_type& type, std::string_view bytes) const noexcept {
    return {type, format_, bytes, *error_};
  }

 private:
  void fail_short(std::size_t wanted);
  void fail_long();

  const char* at_;
  const char* end_;
  const data_type* type_;
  codec_error* error_;
  pg::format format_;
};

/// Where a codec appends the bytes of a value; numbers are big-endian. Lifetime: refers to the buffer, the
/// type and the error.
class value_writer {
 public:
  value_writer(const data_type& type, std::string& out, codec_error& error) noexcept
      : type_(&type.base()), out_(&out), error_(&error) {}

  /// The type that the server expects; of a domain, what it is based on.
  const data_type& type() const noexcept { return *type_; }

  template <std::integral T>
  void put(T value) {
    const auto raw = detail::to_network_order(static_cast<std::make_unsigned_t<T>>(value));
    out_->append(reinterpret_cast<const char*>(&raw), sizeof raw);
  }
  void put_bytes(std::string_view bytes) { out_->append(bytes); }

  /// The number of bytes in the buffer, for `patch`.
  std::size_t position() const noexcept { return out_->size(); }
  /// Overwrites a number that was put at this position.
  template <std::integral T>
  void patch(std::size_t position, T value) noexcept {
    const auto raw = detail::to_network_order(static_cast<std::make_unsigned_t<T>>(value));
    std::memcpy(out_->data() + position, &raw, sizeof raw);
  }

  /// Gives up: `reason` is what the user is told, beside the parameter and the place.
  void fail(std::string reason);
  bool failed() const noexcept { return static_cast<bool>(*error_); }
  codec_error& error() const noexcept { return *error_; }
  /// A writer of a part of this value.
  value_writer part(const data_type& type) const noexcept { return {type, *out_, *error_}; }

 private:
  const data_type* type_;
  std::string* out_;
  codec_error* error_;
};

}  // namespace bight::pg
