#include "api/openapi.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "api/schema_writer.hpp"

namespace bight::api::detail {

namespace json = boost::json;

namespace {

// "/files/{name:path}" is "/files/{name}" there.
std::string document_path(std::string_view prefix, std::string_view pattern) {
  std::string out{prefix};
  bool in_type = false;
  for (const char c : pattern) {
    if (c == '}') in_type = false;
    if (c == ':' && out.rfind('{') != std::string::npos && out.rfind('{') > out.rfind('}') + 1)
      in_type = true;
    if (!in_type) out += c;
  }
  return out.empty() ? "/" : out;
}

std::string lower_method(http::method_id id) {
  std::string text{http::method{id}.name()};
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// get /items/{id}: get_items_id
std::string default_id(const std::string& method, std::string_view path) {
  auto id = method;
  for (const char c : path) {
    const bool is_name = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (is_name)
      id += c;
    else if (id.back() != '_')
      id += '_';
  }
  while (id.back() == '_') id.pop_back();
  return id;
}

std::string default_summary(http::method_id method, std::string_view path) {
  return std::string{http::method{method}.name()}.append(" ").append(path);
}

std::string_view location(parameter_place where) noexcept {
  switch (where) {
    case parameter_place::path:
      return "path";
    case parameter_place::query:
      return "query";
    case parameter_place::header:
      return "header";
    default:
      return "cookie";
  }
}

json::object content(std::string_view media_type, json::object schema) {
  json::object media{{"schema", std::move(schema)}};
  json::object out;
  out[media_type] = std::move(media);
  return out;
}

class document_writer {
 public:
  json::object operation(const documented_operation& op, const std::string& path) {
    const auto& info = op.info;
    json::object o;
    if (info.tag_count != 0) {
      json::array tags;
      for (std::size_t i = 0; i != info.tag_count; ++i) tags.emplace_back(info.tags[i]);
      o["tags"] = std::move(tags);
    }
    o["summary"] = info.summary.empty() ? default_summary(info.method, path) : std::string{info.summary};
    if (!info.description.empty()) o["description"] = info.description;
    o["operationId"] = info.id.empty() ? default_id(lower_method(info.method), path) : std::string{info.id};
    json::array parameters;
    for (const auto& p : op.parameters) {
      if (p.shape.where == parameter_place::body)
        o["requestBody"] = body(p.shape);
      else
        parameters.push_back(parameter(p));
    }
    if (!parameters.empty()) o["parameters"] = std::move(parameters);
    const bool uses_bearer = op.dependencies->use_bearer(op.needs);
    o["responses"] = responses(op, uses_bearer);
    o["security"] = uses_bearer ? bearer() : json::array{};  // explicit: public on purpose
    if (info.is_deprecated) o["deprecated"] = true;
    return o;
  }

  json::object components() {
    auto schemas = schemas_.components();
    if (uses_problem_) schemas["Problem"] = problem_schema();
    json::object out;
    if (!schemas.empty()) out["schemas"] = std::move(schemas);
    if (uses_bearer_)
      out["securitySchemes"] = json::object{{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
    return out;
  }

 private:
  json::object parameter(const documented_parameter& p) {
    json::object o{{"name", p.shape.name}, {"in", location(p.shape.where)}};
    auto rule = p.shape.rule;
    if (!rule.description.empty()) o["description"] = std::exchange(rule.description, {});
    if (p.shape.required) o["required"] = true;
    // A parameter that is absent is no null.
    const auto& type = p.shape.type();
    auto schema = schemas_.schema_of_value(type.kind == shape_kind::optional ? type.inner() : type, rule);
    if (!p.fallback.empty()) schema["default"] = json::parse(p.fallback);
    o["schema"] = std::move(schema);
    return o;
  }

  json::array bearer() {
    uses_bearer_ = true;
    json::array all;
    all.push_back(json::object{{"bearer", json::array{}}});
    return all;
  }

  json::object body(const parameter_shape& p) {
    json::object o{{"content", content("application/json", schemas_.schema_of_value(p.type()))}};
    if (!p.rule.description.empty()) o["description"] = p.rule.description;
    if (p.required) o["required"] = true;
    return o;
  }

  json::object problem_reply(std::string_view description) {
    uses_problem_ = true;
    json::object schema{{"$ref", "#/components/schemas/Problem"}};
    return {{"description", description},
            {"content", content("application/problem+json", std::move(schema))}};
  }

  json::object responses(const documented_operation& op, bool uses_bearer) {
    std::map<std::string, json::object> all;
    const http::status success{op.info.status};
    json::object reply{{"description", success.reason_phrase()}};
    if (op.result) reply["content"] = content("application/json", schemas_.schema_of_value(op.result()));
    all[std::to_string(op.info.status)] = std::move(reply);
    if (uses_bearer) all["401"] = problem_reply("A bearer token is required");
    if (!op.parameters.empty()) all["422"] = problem_reply("The request is not valid");
    for (std::size_t i = 0; i != op.info.error_count; ++i) {
      const auto& e = op.info.errors[i];
      all[std::to_string(e.status)] =
          problem_reply(e.description.empty() ? http::status{e.status}.reason_phrase() : e.description);
    }
    json::object out;
    for (auto& [code, value] : all) out[code] = std::move(value);
    return out;
  }

  // RFC 9457.
  static json::object problem_schema() {
    json::object text{{"type", "string"}};
    json::object names;
    for (const auto* const name : {"in", "name", "pointer", "constraint", "detail", "value"})
      names[name] = text;
    json::object error{{"type", "object"}, {"properties", std::move(names)}};
    json::object members{{"type", {{"type", "string"}, {"format", "uri-reference"}}},
                         {"title", text},
                         {"status", {{"type", "integer"}}},
                         {"detail", text},
                         {"instance", {{"type", "string"}, {"format", "uri-reference"}}},
                         {"errors", {{"type", "array"}, {"items", std::move(error)}}}};
    return {{"type", "object"}, {"properties", std::move(members)}};
  }

  schema_writer schemas_;
  bool uses_problem_ = false;
  bool uses_bearer_ = false;
};

}  // namespace

std::string openapi_document(const router_options& options, std::span<const documented_operation> operations,
                             std::string_view server) {
  json::object info{{"title", options.title}, {"version", options.version}};
  if (!options.description.empty()) info["description"] = options.description;
  json::object document{{"openapi", "3.1.0"}, {"info", std::move(info)}};
  if (!server.empty()) document["servers"] = json::array{json::object{{"url", server}}};
  document_writer writer;
  json::object paths;
  for (const auto& op : operations) {
    const auto path = document_path(op.prefix, op.info.pattern);
    auto& item = paths[path];
    if (!item.is_object()) item.emplace_object();
    item.as_object()[lower_method(op.info.method)] = writer.operation(op, path);
  }
  document["paths"] = std::move(paths);
  auto components = writer.components();
  if (!components.empty()) document["components"] = std::move(components);
  return json::serialize(document);
}

}  // namespace bight::api::detail
