#include "api/schema_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bight::api::detail {

namespace json = boost::json;

namespace {

json::value number_value(long double n) {
  constexpr long double end = 9223372036854775808.0L;  // 2^63
  if (std::trunc(n) == n && n >= -end && n < end) return static_cast<std::int64_t>(n);
  if (std::trunc(n) == n && n >= 0 && n < 2 * end) return static_cast<std::uint64_t>(n);
  return static_cast<double>(n);
}

std::string_view size_keyword(shape_kind kind) noexcept {
  if (kind == shape_kind::sequence) return "Items";
  return kind == shape_kind::map ? "Properties" : "Length";
}

const shape& value_of(const shape& type) {
  return type.kind == shape_kind::optional ? value_of(type.inner()) : type;
}

json::value example_value(std::string_view text) {
  json::error_code failed;
  auto v = json::parse(text, failed);
  if (failed)
    throw std::logic_error{"bight: api: the example " + std::string{text} +
                           " is not JSON: a text is written in quotes, as R\"(\"rope\")\""};
  return v;
}

void add_rules(json::object& s, const shape& type, const rules& r) {
  if (std::isfinite(r.minimum))
    s[r.minimum_is_exclusive ? "exclusiveMinimum" : "minimum"] = number_value(r.minimum);
  if (std::isfinite(r.maximum))
    s[r.maximum_is_exclusive ? "exclusiveMaximum" : "maximum"] = number_value(r.maximum);
  const auto keyword = size_keyword(value_of(type).kind);
  if (r.min_length != 0) s[std::string{"min"}.append(keyword)] = r.min_length;
  if (r.max_length != rules::no_limit) s[std::string{"max"}.append(keyword)] = r.max_length;
  if (!r.description.empty()) s["description"] = r.description;
  if (!r.example.empty()) s["examples"] = json::array{example_value(r.example)};
  if (r.is_secret && value_of(type).kind == shape_kind::text) s["format"] = "password";
}

// What components may be called.
std::string component_name(std::string_view text) {
  std::string name{text};
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                 c == '-');
      },
      '_');
  return name;
}

// Of a variant: "circle_or_square".
std::string default_name(const shape& type) {
  std::string name;
  for (const auto alternative : type.alternatives)
    name.append(name.empty() ? "" : "_or_").append(alternative().name);
  return name;
}

std::string reference(const std::string& name) { return "#/components/schemas/" + name; }

}  // namespace

std::string schema_writer::name_of(const shape& type) {
  const auto known = names_.find(&type);
  if (known != names_.end()) return known->second;
  const auto base = component_name(type.name.empty() ? default_name(type) : std::string{type.name});
  auto name = base;
  for (int n = 2; shapes_.contains(name) || name == "Problem"; ++n) name = base + '_' + std::to_string(n);
  names_.emplace(&type, name);
  shapes_.emplace(name, &type);
  pending_.push_back(&type);
  return name;
}

json::object schema_writer::plain(const shape& type) {
  json::object s;
  switch (type.kind) {
    case shape_kind::any:
    case shape_kind::optional:
      break;
    case shape_kind::boolean:
      s["type"] = "boolean";
      break;
    case shape_kind::integer:
      s["type"] = "integer";
      if (type.format.empty() || type.format == "uint64") {
        s["minimum"] = number_value(type.least);
        s["maximum"] = number_value(type.most);
      }
      break;
    case shape_kind::number:
      s["type"] = "number";
      break;
    case shape_kind::text:
    case shape_kind::text_format:
      s["type"] = "string";
      break;
    case shape_kind::sequence:
      s["type"] = "array";
      s["items"] = schema_of_value(type.inner());
      break;
    case shape_kind::map:
      s["type"] = "object";
      s["additionalProperties"] = schema_of_value(type.inner());
      break;
    case shape_kind::file:
      s["type"] = "string";
      s["contentMediaType"] = "application/octet-stream";
      break;
    case shape_kind::object:
    case shape_kind::enumeration:
    case shape_kind::variant:
      s["$ref"] = reference(name_of(type));
      break;
  }
  if (!type.format.empty()) s["format"] = type.format;
  return s;
}

json::object schema_writer::schema_of_value(const shape& type, const rules& r) {
  if (type.kind != shape_kind::optional) {
    auto s = plain(type);
    add_rules(s, type, r);
    return s;
  }
  // OpenAPI 3.1: null is a type.
  auto inner = plain(value_of(type));
  if (inner.contains("type")) {
    inner["type"] = json::array{inner["type"], "null"};
    add_rules(inner, type, r);
    return inner;
  }
  json::object s;
  if (!inner.empty()) s["anyOf"] = json::array{inner, json::object{{"type", "null"}}};
  add_rules(s, type, r);
  return s;
}

json::object schema_writer::properties(const shape& type) {
  json::object all;
  for (const auto& f : type.fields) all[f.name] = schema_of_value(f.type(), f.rule);
  struct defaults {
    const shape* type;
    json::object* all;
  } context{&type, &all};
  type.with_default(&context, [](void* p, void* object) {
    const auto& c = *static_cast<defaults*>(p);
    for (const auto& f : c.type->fields) {
      if (f.required || f.type().kind == shape_kind::optional || f.rule.is_secret) continue;
      std::string text;
      write_value(text, f.type(), f.at(object));
      (*c.all)[f.name].as_object()["default"] = json::parse(text);
    }
  });
  return all;
}

// An alternative of a variant: its members, and before them the one that names it.
json::object schema_writer::alternative(const shape& variant, std::size_t index) {
  auto s = object(variant.alternatives[index]());
  json::object members;
  members[variant.tag] = json::object{{"type", "string"}, {"const", variant.names[index]}};
  for (auto& [name, schema] : s["properties"].as_object()) members[name] = std::move(schema);
  s["properties"] = std::move(members);
  json::array required{json::string(variant.tag)};
  if (const auto* const others = s.if_contains("required"))
    for (const auto& name : others->as_array()) required.push_back(name);
  s["required"] = std::move(required);
  return s;
}

void schema_writer::add_variant(std::map<std::string, json::object>& all, const shape& type) {
  const auto& name = names_.at(&type);
  json::array any;
  json::object mapping;
  for (std::size_t i = 0; i != type.alternatives.size(); ++i) {
    const auto own = component_name(std::string{name}.append(".").append(type.names[i]));
    all[own] = alternative(type, i);
    any.push_back(json::object{{"$ref", reference(own)}});
    mapping[type.names[i]] = reference(own);
  }
  json::object discriminator{{"propertyName", type.tag}, {"mapping", std::move(mapping)}};
  all[name] = {{"oneOf", std::move(any)}, {"discriminator", std::move(discriminator)}};
}

json::object schema_writer::named(const shape& type) {
  if (type.kind == shape_kind::enumeration) {
    json::array names;
    for (const auto name : type.names) names.emplace_back(name);
    return {{"type", "string"}, {"enum", std::move(names)}};
  }
  return object(type);
}

json::object schema_writer::object(const shape& type) {
  json::object s;
  s["type"] = "object";
  if (!type.about.empty()) s["description"] = type.about;
  s["properties"] = properties(type);
  json::array required;
  for (const auto& f : type.fields)
    if (f.required) required.emplace_back(f.name);
  if (!required.empty()) s["required"] = std::move(required);
  if (type.is_closed) s["additionalProperties"] = false;
  return s;
}

json::object schema_writer::components() {
  std::map<std::string, json::object> all;
  while (!pending_.empty()) {
    const auto& type = *pending_.back();
    pending_.pop_back();
    if (type.kind == shape_kind::variant)
      add_variant(all, type);
    else
      all[names_.at(&type)] = named(type);
  }
  json::object out;
  for (auto& [name, schema] : all) out[name] = std::move(schema);
  return out;
}

}  // namespace bight::api::detail
