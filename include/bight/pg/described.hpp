// Described structs (BOOST_DESCRIBE_STRUCT) as rows and composite types, described enums as enums.
#pragma once
#include <array>
#include <bight/pg/detail/codec_composites.hpp>
#include <bight/pg/detail/codec_enums.hpp>
#include <bight/pg/detail/described_rows.hpp>
#include <bight/pg/value_codec.hpp>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bight::pg {
namespace detail {

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class E>
concept described_enum = std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value;

template <class T>
using members_of =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
template <class T, class D>
using member_type = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;

template <described_enum E>
constexpr auto labels_of() noexcept {
  using enumerators = boost::describe::describe_enumerators<E>;
  std::array<std::pair<E, std::string_view>, boost::mp11::mp_size<enumerators>::value> labels{};
  std::size_t i = 0;
  boost::mp11::mp_for_each<enumerators>([&](auto d) { labels[i++] = {d.value, d.name}; });
  return labels;
}

/// The attribute of this name, or null.
const attribute* find_attribute(const data_type& type, std::string_view name) noexcept;
void fail_field_without_member(value_writer& out);
void fail_record(value_reader& in);

}  // namespace detail

/// Enums, whose labels are the names of the enumerators.
template <detail::described_enum E>
struct codec<E> : enum_codec<E> {
  static constexpr auto labels = detail::labels_of<E>();
};

/// Composite types, whose fields have the names of the members. As a result, the type may have more fields
/// than the struct has members; as a parameter it may not. Described base classes count.
///
///     auto home = co_await db.fetch_value<address>("select home from users where id = $1", id);
///
/// where `address` is a described struct: `BOOST_DESCRIBE_STRUCT(address, (), (street, number))` follows its
/// definition.
template <detail::described_struct T>
struct codec<T> {
  static bool reads(const data_type& t) {
    return accepts(t, []<class M>(const data_type& field, M*) {
      return detail::reads<detail::result_value_t<M>>(field);
    });
  }
  static bool writes(const data_type& t) {
    return t.attributes().size() == boost::mp11::mp_size<detail::members_of<T>>::value &&
           accepts(t, []<class M>(const data_type& field, M*) {
             return detail::writes<detail::parameter_value_t<M>>(field);
           });
  }
  static void encode(const T& value, value_writer& out) {
    const auto fields = out.type().attributes();
    out.put(static_cast<std::int32_t>(fields.size()));
    for (const auto& field : fields) {
      bool found = false;
      boost::mp11::mp_for_each<detail::members_of<T>>([&](auto d) {
        if (found || field.name != d.name) return;
        found = true;
        detail::write_field(value.*d.pointer, field, out);
      });
      if (!found) detail::fail_field_without_member(out);
      if (out.failed()) return;
    }
  }
  static T decode(value_reader& in) {
    T value{};
    detail::composite_reader fields{in};
    if (in.type().attributes().empty()) detail::fail_record(in);
    for (std::size_t i = 0; i != fields.size() && !in.failed(); ++i) {
      const auto* const type = fields.next_type();
      if (!type) break;
      bool found = false;
      boost::mp11::mp_for_each<detail::members_of<T>>([&](auto d) {
        if (found || fields.name() != d.name) return;
        found = true;
        value.*d.pointer = fields.template take<detail::member_type<T, decltype(d)>>(*type);
      });
      if (!found) fields.skip();
    }
    return value;
  }

 private:
  template <class F>
  static bool accepts(const data_type& t, F accepts_field) {
    bool all = t.kind() == type_kind::composite;
    boost::mp11::mp_for_each<detail::members_of<T>>([&](auto d) {
      const auto* const field = all ? detail::find_attribute(t, d.name) : nullptr;
      all = field &&
            accepts_field(field->type->base(), static_cast<detail::member_type<T, decltype(d)>*>(nullptr));
    });
    return all;
  }
};

}  // namespace bight::pg
