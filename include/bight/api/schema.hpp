// schema, field, one_of: constraints and descriptions of a described type, beside it.
#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace bight::api {

/// Names a type as an argument, so that `schema_of` is found in the namespace of T.
template <class T>
struct type {
  using value_type = T;
};

/// What a value must fulfil beside its type, and what is said of it. Trivially copyable.
struct rules {
  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

  long double minimum = -std::numeric_limits<long double>::infinity();
  long double maximum = std::numeric_limits<long double>::infinity();
  bool minimum_is_exclusive = false;
  bool maximum_is_exclusive = false;
  /// Of texts in Unicode characters, of sequences and maps in items, of files in bytes.
  std::size_t min_length = 0;
  std::size_t max_length = no_limit;  ///< The same.
  bool may_be_absent = false;
  bool is_secret = false;
  std::string_view description;
  std::string_view example;  ///< JSON text.
};

namespace detail {

template <class T>
concept sized_value = requires(const T& v) { v.size(); };

/// The setters that fields and parameters have in common. Each returns a changed copy.
template <class Self, class Value>
class with_rules {
 public:
  /// The value must be at least `n`.
  constexpr Self min(long double n) const
    requires std::is_arithmetic_v<Value>
  {
    return changed([&](rules& r) { r.minimum = n; });
  }
  /// The value must be at most `n`.
  constexpr Self max(long double n) const
    requires std::is_arithmetic_v<Value>
  {
    return changed([&](rules& r) { r.maximum = n; });
  }
  /// The value must be greater than `n`.
  constexpr Self above(long double n) const
    requires std::is_arithmetic_v<Value>
  {
    return changed([&](rules& r) { r.minimum = n, r.minimum_is_exclusive = true; });
  }
  /// The value must be less than `n`.
  constexpr Self below(long double n) const
    requires std::is_arithmetic_v<Value>
  {
    return changed([&](rules& r) { r.maximum = n, r.maximum_is_exclusive = true; });
  }
  /// The length must be from `least` to `most`: Unicode characters of a text, items of a sequence or map,
  /// bytes of a file.
  constexpr Self length(std::size_t least, std::size_t most = rules::no_limit) const
    requires sized_value<Value>
  {
    return changed([&](rules& r) { r.min_length = least, r.max_length = most; });
  }
  /// A text for people.
  constexpr Self description(std::string_view text) const {
    return changed([&](rules& r) { r.description = text; });
  }
  /// An example, as JSON text: "7", R"("rope")".
  constexpr Self example(std::string_view json) const {
    return changed([&](rules& r) { r.example = json; });
  }
  /// The value is never part of an error message.
  constexpr Self secret() const {
    return changed([](rules& r) { r.is_secret = true; });
  }

  rules rule;

 protected:
  template <class F>
  constexpr Self changed(F f) const {
    auto copy = static_cast<const Self&>(*this);
    f(copy.rule);
    return copy;
  }
};

template <class Pointer>
struct member_value;
template <class C, class T>
struct member_value<T C::*> {
  using type = T;
};
template <class T>
struct unwrapped {
  using type = T;
};
template <class T>
  requires requires(const T& v) { *v, v.has_value(); }
struct unwrapped<T> {
  using type = typename T::value_type;
};

}  // namespace detail

/// A member of a described type and its constraints. The constraints of a std::optional are those of its
/// value.
template <class Pointer>
class field
    : public detail::with_rules<
          field<Pointer>, typename detail::unwrapped<typename detail::member_value<Pointer>::type>::type> {
 public:
  constexpr explicit field(Pointer p) noexcept : member(p) {}
  /// The member may be absent, and then has the value of its initializer.
  constexpr field or_default() const {
    return this->changed([](rules& r) { r.may_be_absent = true; });
  }

  Pointer member;
};

/// The constraints of the members of a described type.
///
///     struct item {
///       std::string name;
///       double price = 0;
///       std::vector<std::string> tags;
///     };
///     BOOST_DESCRIBE_STRUCT(item, (), (name, price, tags))
///
///     constexpr auto schema_of(api::type<item>) {
///       return api::schema(api::field(&item::name).length(1, 40).description("as on the label"),
///                          api::field(&item::price).above(0),
///                          api::field(&item::tags).length(0, 8).or_default());
///     }
///
/// Members without a field have the constraints of their type only. A member is required unless it is a
/// std::optional or `or_default`. Members that the type does not have are ignored; `closed` refuses them.
template <class... Fields>
class schema {
 public:
  constexpr explicit schema(Fields... f) noexcept : fields(f...) {}

  /// The name in the OpenAPI document. Default: that of the type, without namespaces.
  constexpr schema named(std::string_view text) const {
    auto copy = *this;
    copy.name = text;
    return copy;
  }
  constexpr schema description(std::string_view text) const {
    auto copy = *this;
    copy.about = text;
    return copy;
  }
  /// Refuses members that the type does not have.
  constexpr schema closed() const {
    auto copy = *this;
    copy.is_closed = true;
    return copy;
  }

  std::tuple<Fields...> fields;
  std::string_view name;
  std::string_view about;
  bool is_closed = false;
};

/// How the alternatives of a std::variant of described structs are told apart: by a member whose value names
/// the alternative. It is written first, and is no member of the structs.
///
///     using shape = std::variant<circle, square>;
///     constexpr auto schema_of(api::type<shape>) {
///       return api::one_of("kind", "circle", "square").named("shape");
///     }
///
/// `{"kind": "circle", "radius": 2}`. The names stand in the order of the alternatives.
template <std::size_t N>
class one_of {
 public:
  template <class... Names>
  constexpr explicit one_of(std::string_view member, Names... alternatives) noexcept
      : tag(member), names{std::string_view{alternatives}...} {}

  /// The name in the OpenAPI document. Default: "circle_or_square".
  constexpr one_of named(std::string_view text) const {
    auto copy = *this;
    copy.name = text;
    return copy;
  }

  std::string_view tag;
  std::array<std::string_view, N> names;
  std::string_view name;
};
template <class... Names>
one_of(std::string_view, Names...) -> one_of<sizeof...(Names)>;

}  // namespace bight::api
