// The fields of a described struct, as paths with functions that set and show them.
#pragma once
#include <array>
#include <bight/config/detail/raw_value.hpp>
#include <bight/config/value.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::config::detail {

/// A member that has a value: "server.port".
struct field {
  std::string path;
  std::string type;  ///< For --help: "integer".
  bool is_boolean = false;
  std::function<void(const raw_value&)> set;
  std::function<std::string()> show;  ///< As TOML; empty if it has no value.
};

template <class T>
concept described_struct =
    std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
struct leaf {
  static_assert(std::is_void_v<T>,
                "a configuration has bool, numbers, std::string, config::secret, std::filesystem::path, "
                "std::chrono durations, described enums, std::optional and std::vector of these, and "
                "described structs");
};

template <>
struct leaf<bool> {
  static std::string type() { return "true or false"; }
  static bool read(const raw_value& v) { return to_boolean(v); }
  static std::string show(bool b) { return b ? "true" : "false"; }
};
template <std::integral T>
  requires(!std::same_as<T, bool>)
struct leaf<T> {
  static std::string type() { return "integer"; }
  static T read(const raw_value& v) {
    return static_cast<T>(to_integer(v, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                     static_cast<std::uint64_t>(std::numeric_limits<T>::max())));
  }
  static std::string show(T n) { return std::to_string(n); }
};
template <std::floating_point T>
struct leaf<T> {
  static std::string type() { return "number"; }
  static T read(const raw_value& v) { return static_cast<T>(to_floating(v)); }
  static std::string show(T d) { return show_floating(static_cast<double>(d)); }
};
template <>
struct leaf<std::string> {
  static std::string type() { return "text"; }
  static std::string read(const raw_value& v) { return to_string(v); }
  static std::string show(const std::string& s) { return show_string(s); }
};
template <>
struct leaf<std::filesystem::path> {
  static std::string type() { return "path"; }
  static std::filesystem::path read(const raw_value& v) { return to_string(v); }
  static std::string show(const std::filesystem::path& p) { return show_string(p.string()); }
};
template <>
struct leaf<secret> {
  static std::string type() { return "secret text"; }
  static secret read(const raw_value& v) {
    if (v.type != raw_value::kind::string && v.type != raw_value::kind::text)
      throw bad_value("it is not a text");
    return secret{v.string};
  }
  static std::string show(const secret& s) { return s.empty() ? "\"\"" : "\"(secret)\""; }
};
template <class Rep, class Period>
struct leaf<std::chrono::duration<Rep, Period>> {
  using type_of = std::chrono::duration<Rep, Period>;
  static std::string type() { return "duration"; }
  static type_of read(const raw_value& v) {
    const std::chrono::nanoseconds n{to_nanoseconds(v)};
    const auto d = std::chrono::duration_cast<type_of>(n);
    if (std::chrono::duration_cast<std::chrono::nanoseconds>(d) != n) throw bad_value("it is too precise");
    return d;
  }
  static std::string show(type_of d) {
    return show_nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count());
  }
};
template <described_enum E>
struct leaf<E> {
  using all = boost::describe::describe_enumerators<E>;
  static constexpr std::size_t count = boost::mp11::mp_size<all>::value;
  static std::string type() {
    std::string text;
    boost::mp11::mp_for_each<all>([&](auto d) { text += (text.empty() ? "" : "|") + std::string{d.name}; });
    return text;
  }
  static E read(const raw_value& v) {
    std::array<std::string_view, count> names;
    std::array<E, count> values{};
    std::size_t i = 0;
    boost::mp11::mp_for_each<all>([&](auto d) {
      names[i] = d.name;
      values[i++] = d.value;
    });
    return values[to_choice(v, names)];
  }
  static std::string show(E e) {
    std::string text;
    boost::mp11::mp_for_each<all>([&](auto d) {
      if (d.value == e) text = show_string(d.name);
    });
    return text;
  }
};
template <class T>
struct leaf<std::optional<T>> {
  static std::string type() { return leaf<T>::type(); }
  static std::optional<T> read(const raw_value& v) { return leaf<T>::read(v); }
  static std::string show(const std::optional<T>& o) { return o ? leaf<T>::show(*o) : std::string{}; }
};
template <class T>
struct leaf<std::vector<T>> {
  static std::string type() { return "list of " + leaf<T>::type(); }
  static std::vector<T> read(const raw_value& v) {
    std::vector<T> all;
    for (const auto& item : to_items(v)) all.push_back(leaf<T>::read(item));
    return all;
  }
  static std::string show(const std::vector<T>& all) {
    std::string text = "[";
    for (const auto& item : all) text += (text.size() == 1 ? "" : ", ") + leaf<T>::show(item);
    return text + ']';
  }
};

template <described_struct T>
void add_fields(std::vector<field>& to, T& object, const std::string& prefix) {
  using namespace boost::describe;
  using members = describe_members<T, mod_public | mod_inherited>;
  boost::mp11::mp_for_each<members>([&](auto d) {
    auto& member = object.*d.pointer;
    using type = std::remove_reference_t<decltype(member)>;
    const auto path = prefix + d.name;
    if constexpr (described_struct<type>) {
      add_fields(to, member, path + '.');
    } else {
      to.push_back({path, leaf<type>::type(), std::same_as<type, bool>,
                    [&member](const raw_value& v) { member = leaf<type>::read(v); },
                    [&member] { return leaf<type>::show(member); }});
    }
  });
}

}  // namespace bight::config::detail
