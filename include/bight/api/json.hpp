// from_json, to_json: described types with their constraints, to and from text.
#pragma once
#include <bight/api/detail/reading.hpp>
#include <bight/api/detail/shape_of.hpp>
#include <bight/api/invalid_input.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bight::api {

/// Reads a T from JSON text and checks the constraints of its schema_of.
///
///     const auto one = api::from_json<item>(text);
///
/// T is one of: bool, integers, floating-point numbers, std::string, uuid, decimal (a text),
/// std::chrono::year_month_day, described enums (by name), described structs, std::optional (null), sequence
/// containers, maps with string keys, and boost::json::value. Values are not converted: "7" is not a number,
/// and 7.5 is not an integer; 7.0 is. Of repeated members the last one counts. Errors: invalid_input with
/// everything that is wrong, at most decoding_limits::max_errors.
template <class T>
[[nodiscard]] T from_json(std::string_view text, const decoding_limits& limits = {}) {
  T out{};
  detail::reading in{limits};
  in.read_text(detail::shape_of<T>(), &out, text);
  in.throw_if_invalid();
  return out;
}

/// Writes `value` as JSON text, without whitespace. Errors: http::json_error for numbers that JSON does not
/// have, texts that are not UTF-8, and enumerators without a name.
template <class T>
[[nodiscard]] std::string to_json(const T& value) {
  std::string text;
  detail::write_value(text, detail::shape_of<T>(), &value);
  return text;
}

}  // namespace bight::api
