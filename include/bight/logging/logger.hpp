// logger: messages with a name and fields; log levels.
#pragma once
#include <array>
#include <atomic>
#include <bight/core/log.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bight::logging {

/// The value of a field: as text, and whether it is text, which formats quote.
class field_value {
 public:
  field_value(const char* text) : field_value(std::string_view{text}) {}
  field_value(std::string_view text) : text_(text), is_text_(true) {}
  field_value(const std::string& text) : field_value(std::string_view{text}) {}
  template <std::same_as<bool> Bool>
  field_value(Bool b) : text_(b ? "true" : "false") {}
  template <std::integral N>
    requires(!std::same_as<N, bool> && !std::same_as<N, char>)
  field_value(N n) : text_(std::to_string(n)) {}
  field_value(double d);
  /// In seconds.
  template <class Rep, class Period>
  field_value(std::chrono::duration<Rep, Period> d) : field_value(std::chrono::duration<double>(d).count()) {}

  const std::string& text() const noexcept { return text_; }
  bool is_text() const noexcept { return is_text_; }

 private:
  std::string text_;
  bool is_text_ = false;
};

/// A key and a value of a message.
struct field {
  std::string_view key;
  field_value value;
};

namespace detail {

/// The state of a named logger, shared by its handles.
struct channel {
  explicit channel(std::string n, log_level l) : name(std::move(n)), level(l) {}
  const std::string name;
  std::atomic<log_level> level;
};

void write(const channel& to, log_level level, std::string_view message,
           std::span<const field> fields) noexcept;

}  // namespace detail

/// Writes messages under a name, with fields, to what `setup` has set up; before that, and after it has
/// ended, to core's log. A cheap handle. Thread-safe.
///
///     const bight::logging::logger log{"orders"};
///     log.info("order stored", "id", id, "customer", customer, "took", took);
///
///     | 2026-03-01T12:00:00.123Z info    orders: order stored id=17 customer="A. Smith" took=0.012
///
/// Arguments after the message are pairs of keys and values: text, numbers, bool and durations (in seconds).
/// They are evaluated even if the level of the message is not enabled; see `enabled`.
class logger {
 public:
  /// The logger of that name. All with the same name share their level. Errors: std::invalid_argument unless
  /// the name consists of letters, digits and `_.-`.
  explicit logger(std::string_view name);

  template <class... Pairs>
  void debug(std::string_view message, const Pairs&... pairs) const noexcept {
    log(log_level::debug, message, pairs...);
  }
  template <class... Pairs>
  void info(std::string_view message, const Pairs&... pairs) const noexcept {
    log(log_level::info, message, pairs...);
  }
  template <class... Pairs>
  void warning(std::string_view message, const Pairs&... pairs) const noexcept {
    log(log_level::warning, message, pairs...);
  }
  template <class... Pairs>
  void error(std::string_view message, const Pairs&... pairs) const noexcept {
    log(log_level::error, message, pairs...);
  }
  template <class... Pairs>
  void log(log_level level, std::string_view message, const Pairs&... pairs) const noexcept {
    static_assert(sizeof...(Pairs) % 2 == 0, "pass a value after each key");
    if (!enabled(level)) return;
    try {
      write_pairs(level, message, std::index_sequence_for<Pairs...>{}, pairs...);
    } catch (...) {}  // no memory for the message
  }

  /// Whether messages of this level are written.
  bool enabled(log_level level) const noexcept {
    return level >= channel_->level.load(std::memory_order_relaxed);
  }
  const std::string& name() const noexcept { return channel_->name; }
  log_level level() const noexcept { return channel_->level; }

 private:
  template <std::size_t... I, class... Pairs>
  void write_pairs(log_level level, std::string_view message, std::index_sequence<I...>,
                   const Pairs&... pairs) const {
    constexpr std::size_t count = sizeof...(Pairs) / 2;
    if constexpr (count == 0) {
      detail::write(*channel_, level, message, {});
    } else {
      std::array<std::string_view, count> keys;
      std::array<field_value, sizeof...(Pairs)> values{convert<I % 2 == 0>(keys[I / 2], pairs)...};
      std::array<field, count> fields{make<count>(keys, values, std::make_index_sequence<count>{})};
      detail::write(*channel_, level, message, fields);
    }
  }
  template <bool IsKey, class T>
  static field_value convert(std::string_view& key, const T& argument) {
    if constexpr (IsKey) {
      static_assert(std::convertible_to<const T&, std::string_view>, "the key of a field is text");
      key = argument;
      return field_value{std::string_view{}};
    } else {
      return field_value{argument};
    }
  }
  template <std::size_t N, class Values, std::size_t... I>
  static std::array<field, N> make(const std::array<std::string_view, N>& keys, Values& values,
                                   std::index_sequence<I...>) {
    return {field{keys[I], std::move(values[2 * I + 1])}...};
  }

  std::shared_ptr<detail::channel> channel_;
};

/// Sets the level of one logger, of all (`name` empty), or of loggers that are created later. Thread-safe.
void set_level(log_level level, std::string_view name = {});
/// Same with text: "debug" for all, "http=warning" for one, "info,http=warning,db=debug". Errors:
/// std::invalid_argument, which names what it does not understand; nothing is changed then.
void set_levels(std::string_view text);
/// The levels in that form.
std::string levels();

}  // namespace bight::logging
