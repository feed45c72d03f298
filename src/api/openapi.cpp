#include "api/openapi.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <utility>
#include <vector>

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

json::object content_of(std::string_view media_type, json::object schema) {
  json::object media{{"schema", std::move(schema)}};
  json::object out;
  out[media_type] = std::move(media);
  return out;
}

// The names in the braces of a path.
std::vector<std::string_view> placeholders(std::string_view path) {
  std::vector<std::string_view> names;
  for (auto at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
    names.push_back(path.substr(at + 1, path.find('}', at) - at - 1));
  return names;
}

// "/items/{}": what differs only in names is one path.
std::string without_names(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const auto open = std::min(path.find('{', at), path.size());
    out.append(path.substr(at, open - at));
    if (open == path.size()) break;
    out += "{}";
    at = path.find('}', open) + 1;
  }
  return out;
}

// The path parameters of an operation with other names, those of `to`.
void rename_placeholders(json::object& operation, std::string_view from, std::string_view to) {
  const auto old_names = placeholders(from);
  const auto new_names = placeholders(to);
  auto* const parameters = operation.if_contains("parameters");
  if (!parameters || from == to) return;
  for (auto& p : parameters->as_array()) {
    auto& o = p.as_object();
    if (o["in"] != "path") continue;
    const std::string_view name = o["name"].as_string();
    const auto found = std::find(old_names.begin(), old_names.end(), name);
    if (found != old_names.end()) o["name"] = new_names[static_cast<std::size_t>(found - old_names.begin())];
  }
}

class document_writer {
 public:
  json::object operation(const documented_operation& op, const std::string& path) {
    const auto& info = op.info;
    json::object o;
    json::array tags;
    for (const auto& tag : op.tags) tags.emplace_back(tag);
    for (std::size_t i = 0; i != info.tag_count; ++i) tags.emplace_back(info.tags[i]);
    if (!tags.empty()) o["tags"] = std::move(tags);
    o["summary"] = info.summary.empty() ? default_summary(info.method, path) : std::string{info.summary};
    if (!info.description.empty()) o["description"] = info.description;
    o["operationId"] =
        unique_id(info.id.empty() ? default_id(lower_method(info.method), path) : std::string{info.id});
    json::array parameters;
    bool has_form = false;
    for (const auto& p : op.parameters) {
      if (p.shape.where == parameter_place::body)
        o["requestBody"] = body(p.shape);
      else if (is_form_place(p.shape.where))
        has_form = true;
      else
        parameters.push_back(parameter(p));
    }
    if (has_form) o["requestBody"] = form(op);
    if (!parameters.empty()) o["parameters"] = std::move(parameters);
    const auto schemes = schemes_of(op);
    o["responses"] = responses(op, !schemes.empty());
    o["security"] = security(op, schemes);
    if (info.is_deprecated) o["deprecated"] = true;
    return o;
  }

  json::object components() {
    auto schemas = schemas_.components();
    if (uses_problem_) schemas["Problem"] = problem_schema();
    json::object out;
    if (!schemas.empty()) out["schemas"] = std::move(schemas);
    json::object schemes;
    for (const auto& [name, scheme] : schemes_used_) schemes[name] = scheme_object(*scheme);
    if (!schemes.empty()) out["securitySchemes"] = std::move(schemes);
    return out;
  }

 private:
  // A router may be mounted twice, and "/a-b" and "/a/b" would have the same.
  std::string unique_id(const std::string& base) {
    auto id = base;
    for (int n = 2; !ids_.insert(id).second; ++n) id = base + '_' + std::to_string(n);
    return id;
  }

  json::object parameter(const documented_parameter& p) {
    json::object o{{"name", p.shape.name}, {"in", location(p.shape.where)}};
    auto rule = p.shape.rule;
    if (!rule.description.empty()) o["description"] = std::exchange(rule.description, {});
    if (p.shape.required) o["required"] = true;
    o["schema"] = value_schema(p, rule);
    return o;
  }

  json::object value_schema(const documented_parameter& p, const rules& rule) {
    // A parameter that is absent is no null.
    const auto& type = p.shape.type();
    auto schema = schemas_.schema_of_value(type.kind == shape_kind::optional ? type.inner() : type, rule);
    if (!p.fallback.empty()) schema["default"] = json::parse(p.fallback);
    return schema;
  }

  // A key may be in a header here and in the query there, under one name.
  std::string scheme_id(const security_scheme& scheme) {
    const auto base = scheme.id();
    auto id = base;
    for (int n = 2;; ++n) {
      const auto [known, is_new] = schemes_used_.try_emplace(id, &scheme);
      if (is_new || is_same(*known->second, scheme)) return id;
      id = base + '_' + std::to_string(n);
    }
  }

  // An empty list says that the operation is public on purpose.
  json::array security(const documented_operation& op, const std::vector<const security_scheme*>& schemes) {
    json::object all;
    for (const auto* const scheme : schemes) {
      json::array scopes;
      if (scheme->how == security_scheme::method::oauth2)
        for (std::size_t i = 0; i != op.info.scope_count; ++i) scopes.emplace_back(op.info.scopes[i]);
      all[scheme_id(*scheme)] = std::move(scopes);
    }
    json::array out;
    if (!all.empty()) out.push_back(std::move(all));
    return out;
  }

  static json::object scheme_object(const security_scheme& scheme) {
    if (scheme.how == security_scheme::method::api_key)
      return {{"type", "apiKey"}, {"in", location(scheme.where)}, {"name", scheme.name}};
    if (!scheme.server)
      return {{"type", "http"},
              {"scheme", scheme.how == security_scheme::method::basic ? "basic" : "bearer"}};
    json::object scopes;
    for (const auto& [name, meaning] : scheme.server->scopes) scopes[name] = meaning;
    json::object flow;
    if (!scheme.server->authorization_url.empty())
      flow["authorizationUrl"] = scheme.server->authorization_url;
    flow["tokenUrl"] = scheme.server->token_url;
    flow["scopes"] = std::move(scopes);
    json::object flows;
    flows[scheme.server->flow] = std::move(flow);
    return {{"type", "oauth2"}, {"flows", std::move(flows)}};
  }

  json::object form_schema(const documented_operation& op) {
    json::object properties;
    json::array required;
    for (const auto& p : op.parameters) {
      if (!is_form_place(p.shape.where)) continue;
      properties[p.shape.name] = value_schema(p, p.shape.rule);
      if (p.shape.required) required.emplace_back(p.shape.name);
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

  json::object form(const documented_operation& op) {
    const bool has_files = std::any_of(op.parameters.begin(), op.parameters.end(),
                                       [](const auto& p) { return p.shape.where == parameter_place::file; });
    const bool is_required = std::any_of(op.parameters.begin(), op.parameters.end(), [](const auto& p) {
      return is_form_place(p.shape.where) && p.shape.required;
    });
    json::object media{{"schema", form_schema(op)}};
    json::object types;
    if (!has_files) types["application/x-www-form-urlencoded"] = media;
    types["multipart/form-data"] = std::move(media);
    json::object o{{"content", std::move(types)}};
    if (is_required) o["required"] = true;
    return o;
  }

  json::object body(const parameter_shape& p) {
    auto rule = p.rule;
    json::object o;
    if (!rule.description.empty()) o["description"] = std::exchange(rule.description, {});
    o["content"] = content_of("application/json", schemas_.schema_of_value(p.type(), rule));
    if (p.required) o["required"] = true;
    return o;
  }

  json::object problem_reply(std::string_view description, shape_ref members = nullptr) {
    uses_problem_ = true;
    json::object schema{{"$ref", "#/components/schemas/Problem"}};
    if (members) {
      json::array both;
      both.push_back(std::move(schema));
      both.push_back(schemas_.schema_of_value(members()));
      schema = {{"allOf", std::move(both)}};
    }
    return {{"description", description},
            {"content", content_of("application/problem+json", std::move(schema))}};
  }

  json::object success_reply(int status, const result_shape& result) {
    json::object reply{{"description", http::status{status}.reason_phrase()}};
    if (!result.media_type.empty()) {
      auto schema = result.type ? schemas_.schema_of_value(result.type()) : json::object{};
      reply["content"] = content_of(result.media_type, std::move(schema));
    }
    return reply;
  }

  json::object responses(const documented_operation& op, bool uses_security) {
    std::map<std::string, json::object> all;
    for (const auto& result : op.results) {
      const int status = result.status == 0 ? op.info.status : result.status;
      all[std::to_string(status)] = success_reply(status, result);
    }
    if (uses_security) all["401"] = problem_reply("The request does not say who asks");
    if (op.info.scope_count != 0) all["403"] = problem_reply("The token does not have the scope");
    if (!op.parameters.empty()) all["422"] = problem_reply("The request is not valid");
    for (std::size_t i = 0; i != op.info.error_count; ++i) {
      const auto& e = op.info.errors[i];
      all[std::to_string(e.status)] = problem_reply(
          e.description.empty() ? http::status{e.status}.reason_phrase() : e.description, e.body);
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
  std::set<std::string> ids_;
  bool uses_problem_ = false;
  std::map<std::string, const security_scheme*> schemes_used_;
};

}  // namespace

std::vector<dependency_key> all_needs(const documented_operation& op) {
  auto all = op.dependencies->all_required();
  all.insert(all.end(), op.needs.begin(), op.needs.end());
  return all;
}

std::vector<const security_scheme*> schemes_of(const documented_operation& op) {
  std::vector<const security_scheme*> found;
  op.dependencies->collect_schemes(all_needs(op), found);
  return found;
}

std::string openapi_document(const router_options& options, std::span<const documented_operation> operations,
                             std::string_view server) {
  json::object info{{"title", options.title}, {"version", options.version}};
  if (!options.description.empty()) info["description"] = options.description;
  json::object document{{"openapi", "3.1.0"}, {"info", std::move(info)}};
  if (!server.empty()) document["servers"] = json::array{json::object{{"url", server}}};
  document_writer writer;
  json::object paths;
  std::map<std::string, std::string> known;
  for (const auto& op : operations) {
    const auto own = document_path(op.prefix, op.info.pattern);
    const auto& path = known.try_emplace(without_names(own), own).first->second;
    auto written = writer.operation(op, own);
    rename_placeholders(written, own, path);
    auto& item = paths[path];
    if (!item.is_object()) item.emplace_object();
    item.as_object()[lower_method(op.info.method)] = std::move(written);
  }
  document["paths"] = std::move(paths);
  auto components = writer.components();
  if (!components.empty()) document["components"] = std::move(components);
  return json::serialize(document);
}

}  // namespace bight::api::detail
