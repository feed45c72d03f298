// Codecs of composite types: std::tuple and std::pair by position. For structs see <bight/pg/described.hpp>.
#pragma once
#include <bight/pg/value_codec.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::pg {
namespace detail {

/// The fields of a composite value, one after the other.
class composite_reader {
 public:
  /// Reads the number of fields. Fails if it is not that of the type.
  explicit composite_reader(value_reader& in);

  std::size_t size() const noexcept { return size_; }
  /// Reads the type of the next field. Fails if it is not that of the attribute, or, in a `record`, unknown.
  /// Returns: null after a failure.
  const data_type* next_type();
  /// The name of the field whose type was read last; empty in a `record`.
  std::string_view name() const noexcept;
  /// Skips the value of a field whose type was read.
  void skip();

  /// The value of a field whose type was read.
  template <class T>
  T take(const data_type& type) {
    const bool failed_before = in_->failed();
    if (auto why = type_of_record() ? check_result<T>(type, in_->format()) : std::string{}; !why.empty())
      in_->fail(std::move(why));
    T value = read_part<T>(*in_, type);
    if (in_->failed() && !failed_before) [[unlikely]]
      locate();
    return value;
  }
  template <class T>
  T next() {
    const auto* const type = next_type();
    return take<T>(type ? *type : in_->type());
  }

 private:
  bool type_of_record() const noexcept { return in_->type().attributes().empty(); }
  void locate();
  // The next call reads the types again.
  void fail_altered(std::string why);

  value_reader* in_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;  // fields whose type was read
};

template <class T>
void write_field(const T& value, const attribute& a, value_writer& out) {
  out.put(a.type->id());
  auto part = out.part(*a.type);
  write_part(value, part);
  if (out.failed()) [[unlikely]]
    out.error().within_field(a.name);
}

template <class... Ts>
struct tuple_types {
  static bool reads(const data_type& t) {
    if (t.kind() != type_kind::composite) return false;
    const auto fields = t.attributes();
    if (fields.empty()) return true;  // a record: its values say what they are
    return fields.size() == sizeof...(Ts) && [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (detail::reads<result_value_t<Ts>>(fields[I].type->base()) && ...);
    }(std::index_sequence_for<Ts...>{});
  }
  static bool writes(const data_type& t) {
    const auto fields = t.attributes();
    return t.kind() == type_kind::composite && fields.size() == sizeof...(Ts) &&
           [&]<std::size_t... I>(std::index_sequence<I...>) {
             return (detail::writes<parameter_value_t<Ts>>(fields[I].type->base()) && ...);
           }(std::index_sequence_for<Ts...>{});
  }
};

void require_fields(std::size_t expected, const composite_reader& found, value_reader& in);

template <class Tuple>
struct tuple_codec;
template <template <class...> class Tuple, class... Ts>
struct tuple_codec<Tuple<Ts...>> : tuple_types<Ts...> {
  using tuple = Tuple<Ts...>;
  static void encode(const tuple& value, value_writer& out) {
    out.put(static_cast<std::int32_t>(sizeof...(Ts)));
    const auto fields = out.type().attributes();
    if (fields.size() != sizeof...(Ts)) return out.fail("not as many fields as the type has");
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (write_field(std::get<I>(value), fields[I], out), ...);
    }(std::index_sequence_for<Ts...>{});
  }
  static tuple decode(value_reader& in) {
    composite_reader fields{in};
    require_fields(sizeof...(Ts), fields, in);
    return tuple{fields.next<Ts>()...};  // braces: from left to right
  }
};

}  // namespace detail

/// Composite types, by position. A `record`, such as row(1, 'a'), is a result only.
template <class... Ts>
struct codec<std::tuple<Ts...>> : detail::tuple_codec<std::tuple<Ts...>> {};
template <class First, class Second>
struct codec<std::pair<First, Second>> : detail::tuple_codec<std::pair<First, Second>> {};

}  // namespace bight::pg
