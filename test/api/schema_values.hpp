// Values that fit a JSON Schema of our documents, and values that do not.
#pragma once
#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test {

namespace json = boost::json;

class schema_values {
 public:
  schema_values(const json::value& document, unsigned seed)
      : schemas_(document.at("components").at("schemas").as_object()), random_(seed) {}

  json::value valid(const json::object& given, int depth = 0) {
    const auto& s = resolved(given);
    if (const auto* const any = s.if_contains("oneOf"))
      return valid(any->as_array()[below(any->as_array().size())].as_object(), depth);
    if (const auto* const any = s.if_contains("anyOf"))
      return coin() ? json::value(nullptr) : valid(any->as_array()[0].as_object(), depth);
    if (const auto* const one = s.if_contains("const")) return *one;
    if (const auto* const names = s.if_contains("enum"))
      return names->as_array()[below(names->as_array().size())];
    if (may_be_null(s) && coin()) return nullptr;
    const auto type = type_of(s);
    if (type == "boolean") return coin();
    if (type == "integer") return integer(s);
    if (type == "number") return number(s);
    if (type == "string") return text(s);
    if (type == "array") return array(s, depth);
    return type == "object" ? object(s, depth) : json::value(nullptr);
  }

  /// Each differs from a valid value in one place.
  std::vector<json::value> invalid(const json::object& given, int depth = 0) {
    const auto& s = resolved(given);
    std::vector<json::value> all;
    if (depth > 3) return all;
    if (const auto* const any = s.if_contains("oneOf")) {
      for (const auto& one : any->as_array()) append(all, invalid(one.as_object(), depth));
      return all;
    }
    if (const auto* const any = s.if_contains("anyOf")) {
      auto wrong = invalid(any->as_array()[0].as_object(), depth);
      std::erase_if(wrong, [](const auto& v) { return v.is_null(); });  // the other one
      return wrong;
    }
    const auto type = type_of(s);
    if (type.empty()) return all;
    if (!may_be_null(s)) all.emplace_back(nullptr);
    if (type != "string") all.emplace_back("x");
    if (type != "integer" && type != "number") all.emplace_back(7);
    if (type != "array") all.emplace_back(json::array{});
    if (type != "object") all.emplace_back(json::object{});
    if (type != "boolean") all.emplace_back(true);
    if (s.contains("const") || s.contains("enum")) all.emplace_back("not one of them");
    if (type == "integer") append(all, wrong_integers(s));
    if (type == "number") append(all, wrong_numbers(s));
    if (type == "string") append(all, wrong_texts(s));
    if (type == "array") append(all, wrong_arrays(s, depth));
    if (type == "object") append(all, wrong_objects(s, depth));
    return all;
  }

  const json::object& resolved(const json::object& s) const {
    const auto* const ref = s.if_contains("$ref");
    if (!ref) return s;
    const std::string_view name{ref->get_string()};
    return schemas_.at(name.substr(name.rfind('/') + 1)).as_object();
  }
  static std::string_view type_of(const json::object& s) {
    const auto* const type = s.if_contains("type");
    if (!type) return {};
    return type->is_array() ? std::string_view{type->as_array()[0].get_string()}
                            : std::string_view{type->get_string()};
  }
  bool coin() { return below(2) == 0; }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_); }

 private:
  static void append(std::vector<json::value>& to, std::vector<json::value> more) {
    for (auto& v : more) to.push_back(std::move(v));
  }
  static bool may_be_null(const json::object& s) {
    const auto* const type = s.if_contains("type");
    return type && type->is_array();
  }
  static std::string_view format_of(const json::object& s) {
    const auto* const format = s.if_contains("format");
    return format ? std::string_view{format->get_string()} : std::string_view{};
  }
  static double limit(const json::object& s, std::string_view name, std::string_view exclusive, double step,
                      double otherwise) {
    // Both may stand there: that of the type, and a rule.
    std::optional<double> found;
    if (const auto* const n = s.if_contains(name)) found = n->to_number<double>();
    if (const auto* const n = s.if_contains(exclusive)) {
      const auto tight = n->to_number<double>() + step;
      if (!found || (step > 0 ? tight > *found : tight < *found)) found = tight;
    }
    return found.value_or(otherwise);
  }
  static std::size_t count(const json::object& s, std::string_view name, std::size_t otherwise) {
    const auto* const n = s.if_contains(name);
    return n ? n->to_number<std::size_t>() : otherwise;
  }
  static bool is_limited(const json::object& s, std::string_view name, std::string_view exclusive) {
    return s.contains(name) || s.contains(exclusive);
  }

  json::value integer(const json::object& s) {
    if (format_of(s) == "uint64") return coin() ? json::value(UINT64_MAX) : json::value(below(1000));
    const auto least = static_cast<std::int64_t>(limit(s, "minimum", "exclusiveMinimum", 1, -1e9));
    const auto most = static_cast<std::int64_t>(limit(s, "maximum", "exclusiveMaximum", -1, 2e9));
    if (coin()) return coin() ? least : most;
    return std::uniform_int_distribution<std::int64_t>{least, most}(random_);
  }
  static std::vector<json::value> wrong_integers(const json::object& s) {
    std::vector<json::value> all{json::value(1.5), json::value(1e30), json::value(-1e30)};
    if (is_limited(s, "minimum", "exclusiveMinimum"))
      all.emplace_back(static_cast<std::int64_t>(limit(s, "minimum", "exclusiveMinimum", 1, 0)) - 1);
    if (is_limited(s, "maximum", "exclusiveMaximum") && format_of(s) != "uint64")
      all.emplace_back(static_cast<std::int64_t>(limit(s, "maximum", "exclusiveMaximum", -1, 0)) + 1);
    if (format_of(s) == "int32") all.emplace_back(std::int64_t{1} << 31U);
    return all;
  }
  json::value number(const json::object& s) {
    const auto least = limit(s, "minimum", "exclusiveMinimum", 0.125, -1e6);
    const auto most = limit(s, "maximum", "exclusiveMaximum", -0.125, 1e6);
    return coin() ? least : (least + most) / 2;
  }
  static std::vector<json::value> wrong_numbers(const json::object& s) {
    std::vector<json::value> all;
    if (const auto* const n = s.if_contains("minimum")) all.emplace_back(n->to_number<double>() - 0.5);
    if (const auto* const n = s.if_contains("exclusiveMinimum")) all.push_back(*n);
    if (const auto* const n = s.if_contains("maximum")) all.emplace_back(n->to_number<double>() + 0.5);
    if (const auto* const n = s.if_contains("exclusiveMaximum")) all.push_back(*n);
    if (format_of(s) == "float") all.emplace_back(1e39);
    return all;
  }

  json::value text(const json::object& s) {
    const auto format = format_of(s);
    if (format == "uuid") return "123e4567-e89b-12d3-a456-426614174000";
    if (format == "decimal") return "-12.3400";
    if (format == "date") return "2024-02-29";
    if (format == "date-time") return coin() ? "2026-11-30T23:59:58.250Z" : "1969-01-01T00:00:00-12:30";
    if (format == "duration") return coin() ? "PT1H30M" : "-P2DT1S";
    const auto least = count(s, "minLength", 0);
    const auto most = std::min(count(s, "maxLength", least + 10), least + 10);
    std::string out;
    const auto n = coin() ? most : least;
    for (std::size_t i = 0; i != n; ++i) out += coin() ? "\u00e9" : "a";
    return json::string(out);
  }
  static std::vector<json::value> wrong_texts(const json::object& s) {
    std::vector<json::value> all;
    const auto format = format_of(s);
    if (!format.empty() && format != "password") all.emplace_back("x");
    if (const auto n = count(s, "minLength", 0); n != 0)
      all.emplace_back(json::string(std::string(n - 1, 'a')));
    if (s.contains("maxLength"))
      all.emplace_back(json::string(std::string(count(s, "maxLength", 0) + 1, 'a')));
    return all;
  }

  json::value array(const json::object& s, int depth) {
    const auto least = count(s, "minItems", 0);
    const auto most = std::min(count(s, "maxItems", least + 2), least + 2);
    json::array out;
    const auto n = depth > 3 ? least : coin() ? most : least;
    for (std::size_t i = 0; i != n; ++i) out.push_back(valid(s.at("items").as_object(), depth + 1));
    return out;
  }
  std::vector<json::value> wrong_arrays(const json::object& s, int depth) {
    std::vector<json::value> all;
    const auto& items = s.at("items").as_object();
    const auto fill = [&](std::size_t n) {
      json::array a;
      for (std::size_t i = 0; i != n; ++i) a.push_back(valid(items, depth + 1));
      return a;
    };
    const auto least = count(s, "minItems", 0);
    if (least != 0) all.emplace_back(fill(least - 1));
    if (s.contains("maxItems")) all.emplace_back(fill(count(s, "maxItems", 0) + 1));
    for (auto& wrong : invalid(items, depth + 1)) {
      auto a = fill(least == 0 ? 0 : least - 1);
      a.push_back(std::move(wrong));
      all.emplace_back(std::move(a));
    }
    return all;
  }

  json::value object(const json::object& s, int depth) {
    json::object out;
    const auto* const more = s.if_contains("additionalProperties");
    if (more && more->is_object() && depth < 4) out["any key"] = valid(more->as_object(), depth + 1);
    const auto* const members = s.if_contains("properties");
    if (!members) return out;
    for (const auto& [name, schema] : members->as_object())
      if (is_required(s, name) || (depth < 3 && coin())) out[name] = valid(schema.as_object(), depth + 1);
    return out;
  }
  std::vector<json::value> wrong_objects(const json::object& s, int depth) {
    std::vector<json::value> all;
    const auto* const more = s.if_contains("additionalProperties");
    if (more && more->is_object())
      for (auto& wrong : invalid(more->as_object(), depth + 1))
        all.push_back(json::object{{"k", std::move(wrong)}});
    const auto* const members = s.if_contains("properties");
    if (!members) return all;
    if (more && more->is_bool()) {
      auto o = object(s, depth);
      o.as_object()["surely no member"] = 1;
      all.push_back(std::move(o));
    }
    for (const auto& [name, schema] : members->as_object()) {
      if (is_required(s, name)) {
        auto o = object(s, depth);
        o.as_object().erase(name);
        all.push_back(std::move(o));
      }
      for (auto& wrong : invalid(schema.as_object(), depth + 1)) {
        auto o = object(s, depth);
        o.as_object()[name] = std::move(wrong);
        all.push_back(std::move(o));
      }
    }
    return all;
  }
  static bool is_required(const json::object& s, std::string_view name) {
    const auto* const list = s.if_contains("required");
    if (!list) return false;
    for (const auto& one : list->as_array())
      if (std::string_view{one.get_string()} == name) return true;
    return false;
  }

  const json::object& schemas_;
  std::mt19937 random_;
};

}  // namespace bight::test
