// Rows as described structs: columns go to the members of the same name.
#pragma once
#include <array>
#include <bight/pg/detail/row_reading.hpp>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::pg::detail {

[[noreturn]] void throw_no_column(const row_layout& layout, std::string_view member);

template <class T>
  requires(std::is_class_v<T> && boost::describe::has_describe_members<T>::value)
class row_plan<T> {
  using members =
      boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

 public:
  /// Columns without a member are skipped. Errors: errc::wrong_column, naming column, type and member.
  explicit row_plan(const row_layout& layout) : readers_(layout.columns.size()) {
    if (is_composite(layout)) return;
    boost::mp11::mp_for_each<members>([&](auto d) {
      using member = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
      const auto at = layout.find(d.name);
      if (at == readers_.size()) throw_no_column(layout, d.name);
      require_type<member>(layout.columns[at], std::string{"member "} + d.name);
      readers_[at] = [](T& to, const column& c, std::optional<std::string_view> bytes, codec_error& problem) {
        to.*decltype(d)::pointer = decode_field<member>(c, bytes, problem);
      };
    });
  }
  T read(const row_layout& layout, const char* body) const {
    codec_error problem;
    field_cursor fields{body};
    if (composite_) return decode_field<T>(layout.columns.front(), fields.next(), problem);
    T value{};
    const column* c = layout.columns.data();
    for (const auto r : readers_) {
      const auto bytes = fields.next();
      if (r) r(value, *c, bytes, problem);
      ++c;
    }
    return value;
  }

 private:
  using reader = void (*)(T&, const column&, std::optional<std::string_view>, codec_error&);

  // One column of a composite type with these fields is the value itself.
  bool is_composite(const row_layout& layout) {
    if (layout.columns.size() != 1) return false;
    const auto& c = layout.columns.front();
    composite_ = c.type->base().kind() == type_kind::composite && check_result<T>(*c.type, c.format).empty();
    return composite_;
  }

  std::vector<reader> readers_;  // by column; null: none
  bool composite_ = false;
};

}  // namespace bight::pg::detail
