#include <bight/api/detail/reading.hpp>

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/detail/json_read.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "api/text.hpp"

namespace bight::api::detail {

namespace json = boost::json;

namespace {

// JSON values of the texts of parameters; null for a text that is not one.
json::value integer_value(std::string_view text) {
  const auto* const end = text.data() + text.size();
  std::int64_t n = 0;
  if (const auto r = std::from_chars(text.data(), end, n); r.ec == std::errc{} && r.ptr == end) return n;
  std::uint64_t big = 0;
  if (const auto r = std::from_chars(text.data(), end, big); r.ec == std::errc{} && r.ptr == end) return big;
  return nullptr;
}

json::value number_value(std::string_view text) {
  const auto* const end = text.data() + text.size();
  double n = 0;
  const auto r = std::from_chars(text.data(), end, n);
  if (r.ec == std::errc{} && r.ptr == end && std::isfinite(n)) return n;
  return nullptr;
}

json::value boolean_value(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return nullptr;
}

json::value value_of_text(shape_kind kind, std::string_view text) {
  json::value v;
  if (kind == shape_kind::integer) v = integer_value(text);
  if (kind == shape_kind::number) v = number_value(text);
  if (kind == shape_kind::boolean) v = boolean_value(text);
  if (v.is_null()) v = json::string(text);
  return v;
}

// The secret of an outer value is one of the inner values.
rules inherited(const rules& outer) {
  rules r;
  r.is_secret = outer.is_secret;
  return r;
}

}  // namespace

void reading::throw_if_invalid() {
  if (!found_.empty()) throw invalid_input{take()};
}

void reading::add(const place& at, std::string_view constraint, std::string detail, const json::value* v,
                  bool secret) {
  if (full()) return;
  invalid_value e;
  e.in = in_;
  e.name = name_;
  e.pointer = at.pointer();
  e.constraint = constraint;
  e.detail = std::move(detail);
  // Arrays and objects may contain secrets.
  if (v && !secret && !v->is_object() && !v->is_array()) e.value = cut(json::serialize(*v));
  found_.push_back(std::move(e));
}

void reading::check_items(std::size_t n, const rules& r) { check_size(n, "Items", nullptr, r, place{}); }

void reading::check_bytes(std::uint64_t n, const rules& r) {
  const auto refuse = [&](std::string_view constraint, std::string_view word, std::size_t limit) {
    add(place{}, constraint,
        std::string{"must have "}.append(word).append(std::to_string(limit)).append(" bytes"), nullptr, true);
  };
  if (n < r.min_length) return refuse("minLength", "at least ", r.min_length);
  if (n > r.max_length) return refuse("maxLength", "at most ", r.max_length);
}

void reading::missing(const rules& r) { add(place{}, "required", "missing", nullptr, r.is_secret); }

void reading::read_text(const shape& type, void* to, std::string_view text, const rules& r) {
  std::optional<json::value> v;
  try {
    v = http::detail::parse_json(text, limits_.max_depth);
  } catch (const http::json_error& e) {
    add(place{}, "json", "not JSON: " + e.reason(), nullptr, false);
    return;
  }
  read(type, to, *v, r, place{});
}

void reading::read_plain(const shape& type, void* to, std::string_view text, const rules& r,
                         const place& at) {
  if (!bight::detail::is_utf8(text)) return add(at, "format", "not UTF-8", nullptr, r.is_secret);
  if (type.kind == shape_kind::optional) return read_plain(type.inner(), type.add(to, {}), text, r, at);
  auto v = value_of_text(type.kind, text);
  if (type.kind == shape_kind::boolean && in_ == "form" && text == "on") v = true;  // a box that is ticked
  read(type, to, v, r, at);
}

void reading::read_parameter(const shape& type, void* to, std::string_view text, const rules& r) {
  read_plain(type, to, text, r, place{});
}

void reading::read_repeated(const shape& type, void* to, std::string_view text, const rules& r,
                            std::size_t index) {
  const place all;
  read_plain(type, to, text, r, place{all, index});
}

void reading::wrong_type(std::string_view expected, const json::value& v, const rules& r, const place& at) {
  auto text = std::string{"expected "}.append(expected);
  if (in_ == "body") text.append(", not ").append(http::detail::kind_of(v));
  add(at, "type", std::move(text), &v, r.is_secret);
}

void reading::read(const shape& type, void* to, const json::value& v, const rules& r, const place& at) {
  if (full()) return;
  switch (type.kind) {
    case shape_kind::any:
      *static_cast<json::value*>(to) = v;
      return;
    case shape_kind::boolean:
      if (!v.is_bool()) return wrong_type("a boolean", v, r, at);
      *static_cast<bool*>(to) = v.get_bool();
      return;
    case shape_kind::integer:
      return read_integer(type, to, v, r, at);
    case shape_kind::number:
      return read_number(type, to, v, r, at);
    case shape_kind::text:
    case shape_kind::text_format:
    case shape_kind::enumeration:
      return read_string(type, to, v, r, at);
    case shape_kind::optional:
      if (v.is_null()) return type.clear(to);
      return read(type.inner(), type.add(to, {}), v, r, at);
    case shape_kind::sequence:
      return read_sequence(type, to, v, r, at);
    case shape_kind::map:
      return read_map(type, to, v, r, at);
    case shape_kind::object:
      return read_object(type, to, v, r, at);
    case shape_kind::variant:
      return read_variant(type, to, v, r, at);
    case shape_kind::file:
      return add(at, "type", "a file has no JSON", nullptr, r.is_secret);
  }
}

void reading::check_range(long double n, const json::value& v, const rules& r, const place& at) {
  const auto refuse = [&](std::string_view constraint, std::string_view text, long double limit) {
    add(at, constraint, std::string{"must be "}.append(text).append(" ").append(number_text(limit)), &v,
        r.is_secret);
  };
  if (r.minimum_is_exclusive && n <= r.minimum) return refuse("exclusiveMinimum", "greater than", r.minimum);
  if (n < r.minimum) return refuse("minimum", "at least", r.minimum);
  if (r.maximum_is_exclusive && n >= r.maximum) return refuse("exclusiveMaximum", "less than", r.maximum);
  if (n > r.maximum) return refuse("maximum", "at most", r.maximum);
}

void reading::read_integer(const shape& type, void* to, const json::value& v, const rules& r,
                           const place& at) {
  auto limits = inherited(r);
  limits.minimum = type.least;
  limits.maximum = type.most;
  whole n;
  if (const auto* const i = v.if_int64()) {
    n = {*i < 0 ? 0 - static_cast<std::uint64_t>(*i) : static_cast<std::uint64_t>(*i), *i < 0};
  } else if (const auto* const u = v.if_uint64()) {
    n = {*u, false};
  } else if (const auto* const d = v.if_double(); d && std::trunc(*d) == *d) {
    constexpr double end = 18446744073709551616.0;  // 2^64
    if (!(std::abs(*d) < end)) return check_range(*d, v, limits, at);
    n = {static_cast<std::uint64_t>(std::abs(*d)), *d < 0};
  } else {
    return wrong_type("an integer", v, r, at);
  }
  const auto value =
      n.negative ? -static_cast<long double>(n.magnitude) : static_cast<long double>(n.magnitude);
  if (type.set_integer(to, n)) return check_range(value, v, r, at);
  check_range(value, v, limits, at);
}

void reading::read_number(const shape& type, void* to, const json::value& v, const rules& r,
                          const place& at) {
  if (!v.is_number()) return wrong_type("a number", v, r, at);
  const auto n = v.is_double()  ? v.get_double()
                 : v.is_int64() ? static_cast<double>(v.get_int64())
                                : static_cast<double>(v.get_uint64());
  const auto most =
      type.format == "float" ? double{std::numeric_limits<float>::max()} : std::numeric_limits<double>::max();
  if (!(std::abs(n) <= most)) return add(at, "type", "out of the range of the number", nullptr, r.is_secret);
  type.set_number(to, n);
  check_range(n, v, r, at);
}

void reading::read_string(const shape& type, void* to, const json::value& v, const rules& r,
                          const place& at) {
  const auto* const s = v.if_string();
  if (!s) return wrong_type("a string", v, r, at);
  const std::string_view text{s->data(), s->size()};
  if (type.kind == shape_kind::text) {
    static_cast<std::string*>(to)->assign(text);
    return check_size(characters(text), "Length", &v, r, at);
  }
  if (type.set_text(to, text)) return;
  if (type.kind == shape_kind::enumeration)
    return add(at, "enum", "expected one of " + listed(type.names), &v, r.is_secret);
  add(at, "format", std::string{"not a "}.append(type.format), &v, r.is_secret);
}

void reading::check_size(std::size_t n, std::string_view kind, const json::value* v, const rules& r,
                         const place& at) {
  const std::string_view unit = kind == "Length" ? "characters" : kind == "Items" ? "items" : "members";
  const auto refuse = [&](std::string_view bound, std::string_view word, std::size_t limit) {
    auto text = std::string{"must have "}
                    .append(word)
                    .append(" ")
                    .append(std::to_string(limit))
                    .append(" ")
                    .append(unit);
    if (limit == 1) text.pop_back();
    add(at, std::string{bound}.append(kind), std::move(text), v, r.is_secret);
  };
  if (n < r.min_length) return refuse("min", "at least", r.min_length);
  if (n > r.max_length) return refuse("max", "at most", r.max_length);
}

void reading::read_sequence(const shape& type, void* to, const json::value& v, const rules& r,
                            const place& at) {
  const auto* const items = v.if_array();
  if (!items) return wrong_type("an array", v, r, at);
  type.clear(to);
  check_size(items->size(), "Items", &v, r, at);
  if (items->size() > r.max_length) return;  // not read at all: the limit may be there to save work
  const auto inner = inherited(r);
  std::size_t index = 0;
  for (const auto& item : *items) {
    if (full()) return;
    read(type.inner(), type.add(to, {}), item, inner, place{at, index++});
  }
}

void reading::read_map(const shape& type, void* to, const json::value& v, const rules& r, const place& at) {
  const auto* const members = v.if_object();
  if (!members) return wrong_type("an object", v, r, at);
  type.clear(to);
  check_size(members->size(), "Properties", &v, r, at);
  if (members->size() > r.max_length) return;
  const auto inner = inherited(r);
  for (const auto& [name, item] : *members) {
    if (full()) return;
    const std::string_view key{name.data(), name.size()};
    read(type.inner(), type.add(to, key), item, inner, place{at, key});
  }
}

void reading::read_object(const shape& type, void* to, const json::value& v, const rules& r,
                          const place& at) {
  const auto* const members = v.if_object();
  if (!members) return wrong_type("an object", v, r, at);
  read_members(type, to, *members, r, at, {});
}

// `tag` is the member of a variant around.
void reading::read_members(const shape& type, void* to, const json::object& members, const rules& r,
                           const place& at, std::string_view tag) {
  for (const auto& f : type.fields) {
    const place here{at, f.name};
    auto rule = f.rule;
    rule.is_secret = rule.is_secret || r.is_secret;
    if (const auto* const found = members.if_contains(f.name))
      read(f.type(), f.at(to), *found, rule, here);
    else if (f.required)
      add(here, "required", "missing", nullptr, true);
  }
  if (!type.is_closed) return;
  for (const auto& [name, item] : members) {
    const std::string_view key{name.data(), name.size()};
    const bool known =
        (!tag.empty() && key == tag) ||
        std::any_of(type.fields.begin(), type.fields.end(), [&](const auto& f) { return f.name == key; });
    if (!known) add(place{at, key}, "additionalProperties", "no such member", nullptr, true);
  }
}

void reading::read_variant(const shape& type, void* to, const json::value& v, const rules& r,
                           const place& at) {
  const auto* const members = v.if_object();
  if (!members) return wrong_type("an object", v, r, at);
  const place here{at, type.tag};
  const auto* const tag = members->if_contains(type.tag);
  if (!tag) return add(here, "required", "missing", nullptr, true);
  const auto* const text = tag->if_string();
  if (!text) return wrong_type("a string", *tag, r, here);
  const std::string_view name{text->data(), text->size()};
  const auto found = std::find(type.names.begin(), type.names.end(), name);
  if (found == type.names.end())
    return add(here, "enum", "expected one of " + listed(type.names), tag, r.is_secret);
  const auto index = static_cast<std::size_t>(found - type.names.begin());
  read_members(type.alternatives[index](), type.emplace(to, index), *members, r, at, type.tag);
}

}  // namespace bight::api::detail
