// The shape of a C++ type.
#pragma once
#include <array>
#include <bight/api/detail/shape.hpp>
#include <bight/api/detail/type_name.hpp>
#include <bight/api/upload.hpp>
#include <bight/decimal.hpp>
#include <bight/http/detail/json_types.hpp>
#include <bight/uuid.hpp>
#include <boost/mp11/algorithm.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace bight::api::detail {

using http::detail::json_enum;
using http::detail::json_integer;
using http::detail::json_map;
using http::detail::json_members;
using http::detail::json_optional;
using http::detail::json_sequence;
using http::detail::json_struct;

/// Types that are a text in JSON, with a format.
template <class T>
struct text_format;
template <>
struct text_format<uuid> {
  static constexpr std::string_view name = "uuid";
  static bool read(uuid& to, std::string_view text);
  static std::string write(const uuid& from) { return from.to_string(); }
};
template <>
struct text_format<decimal> {
  static constexpr std::string_view name = "decimal";
  static bool read(decimal& to, std::string_view text);
  static std::string write(const decimal& from) { return from.to_string(); }
};
template <>
struct text_format<std::chrono::year_month_day> {
  static constexpr std::string_view name = "date";
  static bool read(std::chrono::year_month_day& to, std::string_view text);
  static std::string write(const std::chrono::year_month_day& from);
};
/// A moment, as RFC 3339 writes it: nanoseconds since 1970, UTC.
bool read_date_time(std::int64_t& seconds, std::int64_t& nanoseconds, std::string_view text);
/// `digits` of the fraction of a second.
std::string write_date_time(std::int64_t seconds, std::int64_t nanoseconds, int digits);
bool read_duration(std::int64_t& seconds, std::int64_t& nanoseconds, std::string_view text);
std::string write_duration(std::int64_t seconds, std::int64_t nanoseconds);

// False if D cannot hold it. A part smaller than the unit of D is cut off.
template <class D>
bool from_seconds(D& to, std::int64_t seconds, std::int64_t nanoseconds) {
  using rep = typename D::rep;
  constexpr std::int64_t per_second = D::period::den;
  constexpr std::int64_t unit = D::period::num;
  static_assert(per_second == 1 || unit == 1, "the unit of the duration is a part or a multiple of a second");
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / per_second - 1;
  if (seconds > most || seconds < -most) return false;
  const auto whole = seconds * per_second / unit + nanoseconds * per_second / (unit * 1'000'000'000);
  if (!std::in_range<rep>(whole)) return false;
  to = D{static_cast<rep>(whole)};
  return true;
}
template <class D>
std::pair<std::int64_t, std::int64_t> to_seconds(const D& from) {
  const auto s = std::chrono::floor<std::chrono::seconds>(from);
  if constexpr (std::ratio_greater_equal_v<typename D::period, std::ratio<1>>)
    return {static_cast<std::int64_t>(s.count()), 0};
  else
    return {static_cast<std::int64_t>(s.count()),
            std::chrono::duration_cast<std::chrono::nanoseconds>(from - s).count()};
}
template <class D>
inline constexpr int fraction_digits = std::ratio_greater_equal_v<typename D::period, std::ratio<1>> ? 0
                                       : std::ratio_greater_equal_v<typename D::period, std::milli>  ? 3
                                       : std::ratio_greater_equal_v<typename D::period, std::micro>  ? 6
                                                                                                     : 9;

template <class D>
  requires std::integral<typename D::rep>
struct text_format<std::chrono::time_point<std::chrono::system_clock, D>> {
  using value = std::chrono::time_point<std::chrono::system_clock, D>;
  static constexpr std::string_view name = "date-time";
  static bool read(value& to, std::string_view text) {
    std::int64_t s = 0;
    std::int64_t ns = 0;
    D since{};
    if (!read_date_time(s, ns, text) || !from_seconds(since, s, ns)) return false;
    to = value{since};
    return true;
  }
  static std::string write(const value& from) {
    const auto [s, ns] = to_seconds(from.time_since_epoch());
    return write_date_time(s, ns, fraction_digits<D>);
  }
};
template <class Rep, class Period>
  requires std::integral<Rep>
struct text_format<std::chrono::duration<Rep, Period>> {
  using value = std::chrono::duration<Rep, Period>;
  static constexpr std::string_view name = "duration";
  static bool read(value& to, std::string_view text) {
    std::int64_t s = 0;
    std::int64_t ns = 0;
    return read_duration(s, ns, text) && from_seconds(to, s, ns);
  }
  static std::string write(const value& from) {
    const auto [s, ns] = to_seconds(from);
    return write_duration(s, ns);
  }
};
template <class T>
concept formatted_text = requires { text_format<T>::name; };

template <class T>
const shape& shape_of();

template <class T>
concept has_schema = requires { schema_of(api::type<T>{}); };

template <class Pointer, class Member>
constexpr bool is_same_member(const Pointer& a, const Member& b) {
  if constexpr (std::same_as<Pointer, Member>)
    return a == b;
  else
    return false;
}

template <class T, class Member>
constexpr rules rules_of(Member member) {
  rules found;
  if constexpr (has_schema<T>) {
    const auto look = [&](const auto& f) {
      if (is_same_member(f.member, member)) found = f.rule;
    };
    std::apply([&](const auto&... f) { (look(f), ...); }, schema_of(api::type<T>{}).fields);
  }
  return found;
}

template <class T, class D>
constexpr field_shape make_field() {
  using value = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
  const auto rule = rules_of<T>(D::pointer);
  return {D::name, &shape_of<value>,
          [](void* object) -> void* { return &(static_cast<T*>(object)->*D::pointer); }, rule,
          !json_optional<value> && !rule.may_be_absent};
}

template <class T, template <class...> class L, class... D>
constexpr std::array<field_shape, sizeof...(D)> make_fields(L<D...>) {
  return {make_field<T, D>()...};
}
template <class T>
inline constexpr auto fields_of = make_fields<T>(json_members<T>{});

template <class T, template <class...> class L, class... D>
constexpr bool all_fields_are_described(L<D...>) {
  const auto described = [](const auto& f) { return (is_same_member(f.member, D::pointer) || ...); };
  return std::apply([&](const auto&... f) { return (described(f) && ...); },
                    schema_of(api::type<T>{}).fields);
}

template <class T, template <class...> class L, class... D>
constexpr std::array<std::string_view, sizeof...(D)> make_names(L<D...>) {
  return {std::string_view{D::name}...};
}
template <class T>
inline constexpr auto names_of = make_names<T>(boost::describe::describe_enumerators<T>{});

template <class T>
constexpr void integer_shape(shape& s) {
  using limits = std::numeric_limits<T>;
  s.kind = shape_kind::integer;
  s.format = sizeof(T) > 4                           ? (std::is_signed_v<T> ? "int64" : "uint64")
             : sizeof(T) == 4 && std::is_signed_v<T> ? "int32"
                                                     : "";
  s.least = static_cast<long double>(limits::min());
  s.most = static_cast<long double>(limits::max());
  s.set_integer = [](void* to, whole n) noexcept {
    constexpr auto most = static_cast<std::uint64_t>(limits::max());
    const bool zero = n.magnitude == 0;
    if (n.negative && !zero ? !std::is_signed_v<T> || n.magnitude > most + 1 : n.magnitude > most)
      return false;
    *static_cast<T*>(to) = static_cast<T>(n.negative ? 0 - n.magnitude : n.magnitude);
    return true;
  };
  s.get_integer = [](const void* from) noexcept -> whole {
    const auto n = *static_cast<const T*>(from);
    if (n < T{}) return {0 - static_cast<std::uint64_t>(n), true};
    return {static_cast<std::uint64_t>(n), false};
  };
}

template <class T>
constexpr void enum_shape(shape& s) {
  using list = boost::describe::describe_enumerators<T>;
  s.kind = shape_kind::enumeration;
  s.name = type_name<T>();
  s.names = names_of<T>;
  s.set_text = [](void* to, std::string_view text) {
    bool known = false;
    boost::mp11::mp_for_each<list>([&](auto d) {
      if (text != d.name) return;
      *static_cast<T*>(to) = d.value;
      known = true;
    });
    return known;
  };
  s.get_text = [](const void* from) {
    std::string name;
    boost::mp11::mp_for_each<list>([&](auto d) {
      if (*static_cast<const T*>(from) == d.value) name = d.name;
    });
    return name;
  };
}

using item_function = void (*)(void* context, std::string_view key, const void* item);

template <class T>
constexpr void optional_shape(shape& s) {
  s.kind = shape_kind::optional;
  s.inner = &shape_of<typename T::value_type>;
  s.add = [](void* to, std::string_view) -> void* { return &static_cast<T*>(to)->emplace(); };
  s.clear = [](void* to) { static_cast<T*>(to)->reset(); };
  s.size = [](const void* from) { return std::size_t{static_cast<const T*>(from)->has_value()}; };
  s.for_each = [](const void* from, void* context, item_function f) {
    if (const auto& v = *static_cast<const T*>(from)) f(context, {}, &*v);
  };
}

template <class T>
constexpr void sequence_shape(shape& s) {
  static_assert(!std::same_as<typename T::value_type, bool>,
                "std::vector<bool> has no elements to refer to: use std::deque<bool>");
  s.kind = shape_kind::sequence;
  s.inner = &shape_of<typename T::value_type>;
  s.add = [](void* to, std::string_view) -> void* {
    auto& items = *static_cast<T*>(to);
    return &*items.insert(items.end(), typename T::value_type{});
  };
  s.clear = [](void* to) { static_cast<T*>(to)->clear(); };
  s.size = [](const void* from) { return static_cast<const T*>(from)->size(); };
  s.for_each = [](const void* from, void* context, item_function f) {
    for (const auto& item : *static_cast<const T*>(from)) f(context, {}, &item);
  };
}

template <class T>
constexpr void map_shape(shape& s) {
  s.kind = shape_kind::map;
  s.inner = &shape_of<typename T::mapped_type>;
  s.add = [](void* to, std::string_view key) -> void* {
    return &static_cast<T*>(to)->emplace(std::string{key}, typename T::mapped_type{}).first->second;
  };
  s.clear = [](void* to) { static_cast<T*>(to)->clear(); };
  s.size = [](const void* from) { return static_cast<const T*>(from)->size(); };
  s.for_each = [](const void* from, void* context, item_function f) {
    for (const auto& [key, item] : *static_cast<const T*>(from)) f(context, key, &item);
  };
}

template <class T>
constexpr void object_shape(shape& s) {
  s.kind = shape_kind::object;
  s.name = type_name<T>();
  s.fields = fields_of<T>;
  if constexpr (has_schema<T>) {
    static_assert(all_fields_are_described<T>(json_members<T>{}),
                  "schema_of names a member that BOOST_DESCRIBE_STRUCT does not");
    constexpr auto about = schema_of(api::type<T>{});
    if (!about.name.empty()) s.name = about.name;
    s.about = about.about;
    s.is_closed = about.is_closed;
  }
  s.with_default = [](void* context, void (*f)(void*, void*)) {
    T object{};
    f(context, &object);
  };
}

template <class T>
inline constexpr std::array<shape_ref, 0> alternatives_of{};
template <class... A>
inline constexpr std::array<shape_ref, sizeof...(A)> alternatives_of<std::variant<A...>>{&shape_of<A>...};
template <class T>
inline constexpr auto one_of_names = schema_of(api::type<T>{}).names;

template <class... A>
constexpr void variant_shape(shape& s, std::type_identity<std::variant<A...>>) {
  using value = std::variant<A...>;
  static_assert((json_struct<A> && ...), "the alternatives of a variant are described structs");
  static_assert(has_schema<value>,
                "an API tells the alternatives of a variant apart by a member: declare "
                "schema_of(api::type<std::variant<...>>), which returns api::one_of(...)");
  if constexpr (has_schema<value>) {
    constexpr auto about = schema_of(api::type<value>{});
    static_assert(about.names.size() == sizeof...(A), "api::one_of has one name for each alternative");
    s.kind = shape_kind::variant;
    s.name = about.name;
    s.tag = about.tag;
    s.names = one_of_names<value>;
    s.alternatives = alternatives_of<value>;
    s.emplace = [](void* to, std::size_t index) {
      auto& v = *static_cast<value*>(to);
      void* made = nullptr;
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (static_cast<void>(I == index && (made = &v.template emplace<I>())), ...);
      }(std::index_sequence_for<A...>{});
      return made;
    };
    s.index = [](const void* from) { return static_cast<const value*>(from)->index(); };
    s.active = [](const void* from) {
      return std::visit([](const auto& a) -> const void* { return &a; }, *static_cast<const value*>(from));
    };
  }
}

template <class T>
constexpr shape make_shape() {
  shape s;
  if constexpr (std::same_as<T, boost::json::value>) {
    s.kind = shape_kind::any;
  } else if constexpr (std::same_as<T, bool>) {
    s.kind = shape_kind::boolean;
  } else if constexpr (json_integer<T>) {
    integer_shape<T>(s);
  } else if constexpr (std::floating_point<T>) {
    s.kind = shape_kind::number;
    s.format = sizeof(T) == 4 ? "float" : "double";
    s.set_number = [](void* to, double n) noexcept { *static_cast<T*>(to) = static_cast<T>(n); };
    s.get_number = [](const void* from) noexcept {
      return static_cast<double>(*static_cast<const T*>(from));
    };
  } else if constexpr (std::same_as<T, std::string>) {
    s.kind = shape_kind::text;
  } else if constexpr (formatted_text<T>) {
    s.kind = shape_kind::text_format;
    s.format = text_format<T>::name;
    s.set_text = [](void* to, std::string_view text) {
      return text_format<T>::read(*static_cast<T*>(to), text);
    };
    s.get_text = [](const void* from) { return text_format<T>::write(*static_cast<const T*>(from)); };
  } else if constexpr (json_enum<T>) {
    enum_shape<T>(s);
  } else if constexpr (json_optional<T>) {
    optional_shape<T>(s);
  } else if constexpr (std::same_as<T, api::upload>) {
    s.kind = shape_kind::file;
  } else if constexpr (http::detail::json_variant<T>) {
    variant_shape(s, std::type_identity<T>{});
  } else if constexpr (json_struct<T>) {
    object_shape<T>(s);
  } else if constexpr (json_map<T>) {
    map_shape<T>(s);
  } else if constexpr (json_sequence<T>) {
    sequence_shape<T>(s);
  } else {
    static_assert(
        !std::same_as<T, T>,
        "an API does not know this type: describe it with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM");
  }
  return s;
}

template <class T>
const shape& shape_of() {
  static constexpr shape s = make_shape<T>();
  return s;
}

}  // namespace bight::api::detail
