// shape: a type as data, so that one walker reads, writes and documents all of them.
#pragma once
#include <bight/api/schema.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bight::api::detail {

enum class shape_kind : std::uint8_t {
  any,
  boolean,
  integer,
  number,
  text,         // a string of any content
  text_format,  // a string that is parsed: uuid, decimal, date
  enumeration,
  optional,
  sequence,
  map,
  object,
  variant,
  file  // of a form
};

struct shape;
// By function, because types may contain themselves.
using shape_ref = const shape& (*)();

/// An integer as sign and magnitude: all of 64 bits, signed and unsigned.
struct whole {
  std::uint64_t magnitude = 0;
  bool negative = false;
};

struct field_shape {
  std::string_view name;
  shape_ref type;
  void* (*at)(void* object);
  rules rule;
  bool required;
};

/// Pointers that a kind does not use are null. The objects behind void* are of the type that is described.
struct shape {
  shape_kind kind = shape_kind::any;
  std::string_view name;    // object, enumeration
  std::string_view format;  // of OpenAPI: int32, uuid
  std::string_view about;
  // integer
  bool (*set_integer)(void* to, whole n) noexcept = nullptr;
  whole (*get_integer)(const void* from) noexcept = nullptr;
  long double least = 0;  // what the type holds
  long double most = 0;
  // number
  void (*set_number)(void* to, double n) noexcept = nullptr;
  double (*get_number)(const void* from) noexcept = nullptr;
  // text_format, enumeration
  bool (*set_text)(void* to, std::string_view text) = nullptr;
  std::string (*get_text)(const void* from) = nullptr;
  std::span<const std::string_view> names;  // enumeration
  // optional, sequence, map
  shape_ref inner = nullptr;
  void* (*add)(void* to, std::string_view key) = nullptr;  // a new element; null if the container has no room
  void (*clear)(void* to) = nullptr;
  std::size_t (*size)(const void* from) = nullptr;
  void (*for_each)(const void* from, void* context,
                   void (*f)(void* context, std::string_view key, const void* item)) = nullptr;
  // object
  std::span<const field_shape> fields;
  bool is_closed = false;
  void (*with_default)(void* context, void (*f)(void* context, void* object)) = nullptr;
  // variant: `names` are the values of the member `tag`, in the order of `alternatives`
  std::string_view tag;
  std::span<const shape_ref> alternatives;
  void* (*emplace)(void* to, std::size_t index) = nullptr;
  std::size_t (*index)(const void* from) = nullptr;
  const void* (*active)(const void* from) = nullptr;
};

/// The JSON text of a value. Throws http::json_error for NaN, infinity and enumerators without a name.
void write_value(std::string& out, const shape& type, const void* from);
/// A scalar as it stands in a path, a query or a header.
std::string scalar_text(const shape& type, const void* from);

}  // namespace bight::api::detail
