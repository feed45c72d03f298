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
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::config::detail {

/// Is told what is wrong with a value in a file: the value, the path of the member, and the mistake.
using complaint = std::function<void(const raw_value&, const std::string& path, const std::string& what)>;

/// A member that has a value: "server.port".
struct field {
  std::string path;
  std::string type;  ///< For --help: "integer".
  bool is_boolean = false;
  bool has_tables = false;  ///< A list of structs or a map: it can be set by a file only.
  std::function<void(const raw_value&, const complaint&)> set;
  std::function<std::string()> show;  ///< As TOML; empty if it has no value.
};

/// Sets the fields from a table whose path, with a dot at its end, is `prefix`; empty for the whole file.
void read_table(const std::vector<field>& fields, const raw_value& table, const std::string& prefix,
                const complaint& complain);
/// "{host = "a", port = 1}": the fields, without that prefix.
std::string show_inline(const std::vector<field>& fields, const std::string& prefix);

template <class T>
concept described_struct =
    std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
struct leaf {
  static_assert(std::is_void_v<T>,
                "a configuration has bool, numbers, std::string, config::secret, std::filesystem::path, "
                "std::chrono durations, described enums, std::optional and std::vector of these, "
                "described structs, and std::vector of structs and std::map with names as keys");
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
void add_fields(std::vector<field>& to, T& object, const std::string& prefix);

// Members that are tables, or lists of tables, and whose size the file decides.
template <class T>
struct tables;  // not for others
template <described_struct T>
struct tables<std::vector<T>>;
template <class T>
struct tables<std::map<std::string, T, std::less<>>>;
template <class T>
struct tables<std::map<std::string, T>>;

template <class T>
concept has_tables = requires { &tables<T>::read; };

// A value of any type, within one of those.
template <class T>
void read_value(T& to, const raw_value& v, const std::string& path, const complaint& complain) {
  if constexpr (described_struct<T>) {
    if (v.type != raw_value::kind::table) return complain(v, path, "it is a table");
    std::vector<field> fields;
    add_fields(fields, to, path + '.');
    read_table(fields, v, path + '.', complain);
  } else if constexpr (has_tables<T>) {
    tables<T>::read(to, v, path, complain);
  } else {
    try {
      to = leaf<T>::read(v);
    } catch (const bad_value& e) { complain(v, path, e.what()); }
  }
}
template <class T>
std::string show_value(const T& value) {
  if constexpr (described_struct<T>) {
    T copy = value;
    std::vector<field> fields;
    add_fields(fields, copy, {});
    return show_inline(fields, {});
  } else if constexpr (has_tables<T>) {
    return tables<T>::show(value);
  } else {
    return leaf<T>::show(value);
  }
}

template <described_struct T>
struct tables<std::vector<T>> {
  static std::string type() { return "tables"; }
  static void read(std::vector<T>& to, const raw_value& v, const std::string& path,
                   const complaint& complain) {
    if (v.type != raw_value::kind::list) return complain(v, path, "it is a list of tables");
    to.assign(v.items.size(), T{});
    for (std::size_t i = 0; i != to.size(); ++i)
      read_value(to[i], v.items[i], path + '[' + std::to_string(i) + ']', complain);
  }
  static std::string show(const std::vector<T>& all) {
    std::string text = "[";
    for (const auto& one : all) text += (text.size() == 1 ? "" : ", ") + show_value(one);
    return text + ']';
  }
};
template <class Map>
struct map_tables {
  static std::string type() { return "table"; }
  static void read(Map& to, const raw_value& v, const std::string& path, const complaint& complain) {
    if (v.type != raw_value::kind::table) return complain(v, path, "it is a table");
    to.clear();
    for (std::size_t i = 0; i != v.items.size(); ++i)
      read_value(to[v.names[i]], v.items[i], path + '.' + show_key(v.names[i]), complain);
  }
  static std::string show(const Map& all) {
    std::string text;
    for (const auto& [name, value] : all)
      text += (text.empty() ? "" : ", ") + show_key(name) + " = " + show_value(value);
    return '{' + text + '}';
  }
};
template <class T>
struct tables<std::map<std::string, T, std::less<>>> : map_tables<std::map<std::string, T, std::less<>>> {};
template <class T>
struct tables<std::map<std::string, T>> : map_tables<std::map<std::string, T>> {};

template <class T>
std::string type_of() {
  if constexpr (has_tables<T>)
    return tables<T>::type();
  else
    return leaf<T>::type();
}

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
      to.push_back({path, type_of<type>(), std::same_as<type, bool>, has_tables<type>,
                    [&member, path](const raw_value& v, const complaint& complain) {
                      read_value(member, v, path, complain);
                    },
                    [&member] { return show_value(member); }});
    }
  });
}

}  // namespace bight::config::detail
