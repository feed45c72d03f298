// Codecs of date, time, timestamp and timestamptz, and of durations.
#pragma once
#include <bight/pg/types.hpp>
#include <bight/pg/value_codec.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace bight::pg {
namespace detail {

/// From 1970 to 2000, where PostgreSQL's days and microseconds begin.
inline constexpr std::int32_t epoch_days = 10'957;
inline constexpr std::int64_t epoch_microseconds = epoch_days * 86'400'000'000;

void fail_infinite(value_reader& in);
void fail_time_range(value_reader& in);
void fail_time_range(value_writer& out);
void fail_fixed_length(value_reader& in);

template <std::signed_integral T>
inline constexpr T infinite_time = std::numeric_limits<T>::max();
template <std::signed_integral T>
inline constexpr T minus_infinite_time = std::numeric_limits<T>::min();

/// A number of days or microseconds since 1970, the sentinels excluded. Fails for them.
template <std::signed_integral T, T Epoch>
T take_time(value_reader& in) {
  auto since = in.take<T>();
  if (since == infinite_time<T> || since == minus_infinite_time<T>) [[unlikely]]
    fail_infinite(in);
  else if (__builtin_add_overflow(since, Epoch, &since)) [[unlikely]]
    fail_time_range(in);
  return since;
}

template <std::signed_integral T, T Epoch>
void put_time(std::int64_t since, value_writer& out) {
  T value = 0;
  if (__builtin_sub_overflow(since, Epoch, &value) || value == infinite_time<T> ||
      value == minus_infinite_time<T>) [[unlikely]]
    return fail_time_range(out);
  out.put(value);
}

/// Converts to a duration that may be finer. Fails if it does not fit.
template <class D>
D to_finer(std::chrono::microseconds time, value_reader& in) {
  static_assert(std::is_convertible_v<std::chrono::microseconds, D> && std::integral<typename D::rep>,
                "bight::pg: times of PostgreSQL have microseconds, which this type cannot hold");
  constexpr auto factor = std::chrono::duration_cast<D>(std::chrono::microseconds{1}).count();
  if constexpr (factor != 1) {
    constexpr auto limit = std::numeric_limits<typename D::rep>::max() / factor;
    if (time.count() > limit || time.count() < -limit) [[unlikely]] {
      fail_time_range(in);
      return {};
    }
  }
  return time;
}

/// Converts from a duration that may be coarser. Fails if it does not fit.
template <class D>
std::int64_t to_microseconds(D time, value_writer& out) {
  static_assert(
      std::is_convertible_v<D, std::chrono::microseconds>,
      "bight::pg: times of PostgreSQL have microseconds: std::chrono::floor<std::chrono::microseconds>(t)");
  constexpr std::int64_t factor = std::chrono::microseconds{D{1}}.count();
  std::int64_t count = 0;
  if (__builtin_mul_overflow(time.count(), factor, &count)) [[unlikely]]
    fail_time_range(out);
  return count;
}

}  // namespace detail

/// date. Also years beyond those that std::chrono::year holds.
template <>
struct codec<std::chrono::sys_days> {
  static constexpr oid type = oids::date;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(std::chrono::sys_days value, value_writer& out) {
    detail::put_time<std::int32_t, detail::epoch_days>(value.time_since_epoch().count(), out);
  }
  static std::chrono::sys_days decode(value_reader& in) {
    return std::chrono::sys_days{std::chrono::days{detail::take_time<std::int32_t, detail::epoch_days>(in)}};
  }
};

/// date, of the years -32767 to 32767.
template <>
struct codec<std::chrono::year_month_day> {
  static constexpr oid type = oids::date;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(const std::chrono::year_month_day& value, value_writer& out);
  static std::chrono::year_month_day decode(value_reader& in);
};

/// time
template <>
struct codec<time_of_day> {
  static constexpr oid type = oids::time;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(time_of_day value, value_writer& out);
  static time_of_day decode(value_reader& in);
};

/// timestamp: a date and time of no particular time zone.
template <class D>
struct codec<std::chrono::local_time<D>> {
  static constexpr oid type = oids::timestamp;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(std::chrono::local_time<D> value, value_writer& out) {
    const auto since = detail::to_microseconds(value.time_since_epoch(), out);
    detail::put_time<std::int64_t, detail::epoch_microseconds>(since, out);
  }
  static std::chrono::local_time<D> decode(value_reader& in) {
    const std::chrono::microseconds since{detail::take_time<std::int64_t, detail::epoch_microseconds>(in)};
    return std::chrono::local_time<D>{detail::to_finer<D>(since, in)};
  }
};

/// timestamptz: a point in time. Parameters may be coarser than microseconds, results finer, such as
/// std::chrono::system_clock's.
template <class D>
struct codec<std::chrono::sys_time<D>> {
  static constexpr oid type = oids::timestamptz;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(std::chrono::sys_time<D> value, value_writer& out) {
    const auto since = detail::to_microseconds(value.time_since_epoch(), out);
    detail::put_time<std::int64_t, detail::epoch_microseconds>(since, out);
  }
  static std::chrono::sys_time<D> decode(value_reader& in) {
    const std::chrono::microseconds since{detail::take_time<std::int64_t, detail::epoch_microseconds>(in)};
    return std::chrono::sys_time<D>{detail::to_finer<D>(since, in)};
  }
};

/// interval, if it has neither months nor days, which have no fixed length.
template <class Rep, class Period>
struct codec<std::chrono::duration<Rep, Period>> {
  using duration = std::chrono::duration<Rep, Period>;
  static constexpr oid type = oids::interval;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(duration value, value_writer& out) {
    out.put<std::int64_t>(detail::to_microseconds(value, out));
    out.put<std::int64_t>(0);  // days and months
  }
  static duration decode(value_reader& in) {
    const std::chrono::microseconds time{in.take<std::int64_t>()};
    if (in.take<std::int64_t>() != 0) [[unlikely]]
      detail::fail_fixed_length(in);
    return detail::to_finer<duration>(time, in);
  }
};

/// A date or timestamp, or an infinity.
template <class T>
struct codec<maybe_infinite<T>> {
  static constexpr oid type = codec<T>::type;
  static_assert(type == oids::date || type == oids::timestamp || type == oids::timestamptz,
                "bight::pg: only dates and timestamps may be infinite");
  using number = std::conditional_t<type == oids::date, std::int32_t, std::int64_t>;

  static bool accepts(const data_type& t) noexcept { return codec<T>::accepts(t); }
  static void encode(const maybe_infinite<T>& value, value_writer& out) {
    if (value.is_finite()) return codec<T>::encode(value.value(), out);
    out.put(value.is_infinity() ? detail::infinite_time<number> : detail::minus_infinite_time<number>);
  }
  static maybe_infinite<T> decode(value_reader& in) {
    auto ahead = in;
    if (ahead.remaining() == sizeof(number)) {
      const auto since = ahead.template take<number>();
      if (since == detail::infinite_time<number>) return in = ahead, maybe_infinite<T>::infinity();
      if (since == detail::minus_infinite_time<number>)
        return in = ahead, maybe_infinite<T>::minus_infinity();
    }
    return codec<T>::decode(in);
  }
};

}  // namespace bight::pg
