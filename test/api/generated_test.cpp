// Requests that are generated from the document: valid ones are accepted, invalid ones are 422, none is 500.
#include <bight/api/router.hpp>

#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/sample_apis.hpp"
#include "api/schema_values.hpp"

namespace bight::api_generated_test {

namespace json = boost::json;
using bight::testing::test_client;
using test::schema_values;

// A value of each parameter; null: not sent.
struct draft {
  std::vector<std::pair<const json::object*, json::value>> parameters;
  json::value body;
  bool has_body = false;
};

std::string text_of(const json::value& v) {
  return v.is_string() ? std::string{v.get_string()} : json::serialize(v);
}

class requests {
 public:
  requests(api::router routes, unsigned seed)
      : document_(json::parse(routes.openapi())),
        values_(document_, seed),
        web_(std::move(routes).routes()) {}

  awaitable<void> try_all(int valid_per_operation) {
    for (const auto& [path, item] : document_.at("paths").as_object())
      for (const auto& [method, operation] : item.as_object()) {
        path_ = path;
        method_ = method;
        operation_ = &operation.as_object();
        for (int i = 0; i != valid_per_operation; ++i) co_await send_valid();
        co_await send_invalid();
      }
  }
  int accepted() const { return accepted_; }
  int refused() const { return refused_; }
  bool has_schema() const { return document_.as_object().contains("components"); }

 private:
  const json::array& parameters() const {
    static const json::array none;
    const auto* const all = operation_->if_contains("parameters");
    return all ? all->as_array() : none;
  }
  // The media type and schema of the body.
  std::pair<std::string, const json::object*> body() const {
    const auto* const b = operation_->if_contains("requestBody");
    if (!b) return {"", nullptr};
    const auto& content = b->at("content").as_object();
    return {std::string{content.begin()->key()}, &content.begin()->value().at("schema").as_object()};
  }
  static bool is_required(const json::object& p) { return p.contains("required"); }

  draft make() {
    draft d;
    for (const auto& p : parameters()) {
      const auto& o = p.as_object();
      const bool sent = is_required(o) || values_.coin();
      d.parameters.emplace_back(&o, sent ? parameter(o.at("schema").as_object()) : json::value(nullptr));
    }
    if (const auto [type, schema] = body(); schema) {
      d.has_body = true;
      d.body = values_.valid(*schema);
    }
    return d;
  }
  // Paths, cookies and fields have no characters that are not ASCII here, and paths no empty segment.
  json::value parameter(const json::object& schema) {
    auto v = values_.valid(schema);
    if (!v.is_string()) return v;
    std::string text{v.get_string()};
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    const auto* const least = schema.if_contains("minLength");
    const auto n = least ? least->to_number<std::size_t>() : 1;
    while (text.size() < n || text.empty()) text += 'b';
    return json::string(text);
  }

  http::request_builder build(const draft& d) {
    auto path = path_;
    for (const auto& [p, value] : d.parameters)
      if (p->at("in") == "path") {
        const auto braces = "{" + text_of(p->at("name")) + "}";
        path.replace(path.find(braces), braces.size(), http::percent_encode(text_of(value)));
      }
    auto method = method_;
    for (auto& c : method) c = static_cast<char>(c - 'a' + 'A');
    auto request = web_.request(http::method::parse(method).value(), path);
    for (const auto& [p, value] : d.parameters) {
      const auto name = text_of(p->at("name"));
      const auto place = text_of(p->at("in"));
      if (value.is_null() || place == "path") continue;
      if (value.is_array()) {
        for (const auto& one : value.as_array()) request.query(name, text_of(one));
      } else if (place == "query") {
        request.query(name, text_of(value));
      } else if (place == "header") {
        request.header(name, text_of(value));
      } else {
        request.cookie(name, text_of(value));
      }
    }
    if (operation_->contains("security") && !operation_->at("security").as_array().empty()) {
      request.header("Authorization", operation_->at("security").as_array()[0].as_object().contains("oauth2")
                                          ? "Bearer good"
                                          : "Basic YW5uOng=");
      request.query("key", "good");
    }
    add_body(request, d);
    return request;
  }

  void add_body(http::request_builder& request, const draft& d) {
    if (!d.has_body) return;
    const auto [type, schema] = body();
    if (type == "application/json") {
      request.body(json::serialize(d.body), type);
      return;
    }
    const auto each = [&](auto f) {
      for (const auto& [name, value] : d.body.as_object()) {
        if (value.is_array())
          for (const auto& one : value.as_array()) f(name, one);
        else if (!value.is_null())
          f(name, value);
      }
    };
    if (type == "application/x-www-form-urlencoded") {
      http::form fields;
      each([&](std::string_view name, const json::value& v) { fields.field(name, text_of(v)); });
      request.body(fields.to_string(), type);
      return;
    }
    http::multipart parts;
    const auto& properties = schema->at("properties").as_object();
    each([&](std::string_view name, const json::value& v) {
      const auto& s = properties.at(name).as_object();
      const auto& item = s.contains("items") ? s.at("items").as_object() : s;
      if (item.contains("contentMediaType"))
        parts.part(name, http::body{text_of(v)}, "f.bin");
      else
        parts.field(name, text_of(v));
    });
    request.multipart(std::move(parts));
  }

  std::string about(const draft& d) const {
    std::string text = method_ + ' ' + path_;
    for (const auto& [p, value] : d.parameters)
      text += ' ' + text_of(p->at("name")) + '=' + json::serialize(value);
    return text + ' ' + json::serialize(d.body);
  }

  awaitable<void> send_valid() {
    const auto d = make();
    auto response = co_await build(d);
    const auto status = response.status().code();
    const auto text = co_await response.bytes();
    EXPECT_TRUE(status < 300 && operation_->at("responses").as_object().contains(std::to_string(status)))
        << about(d) << '\n'
        << status << ' ' << text;
    ++accepted_;
  }

  awaitable<void> send(const draft& d) {
    auto response = co_await build(d);
    const auto text = co_await response.bytes();
    EXPECT_EQ(response.status(), 422) << about(d) << '\n' << text;
    ++refused_;
  }

  // One place of each is wrong.
  awaitable<void> send_invalid() {
    for (std::size_t i = 0; i != parameters().size(); ++i) {
      const auto& p = parameters()[i].as_object();
      const auto& schema = p.at("schema").as_object();
      for (auto& wrong : values_.invalid(schema)) {
        if (!is_wrong_as_text(schema, wrong, p.at("in") == "path")) continue;
        auto d = make();
        d.parameters[i].second = std::move(wrong);
        co_await send(d);
      }
      if (!is_required(p) || p.at("in") == "path") continue;
      auto d = make();
      d.parameters[i].second = nullptr;
      co_await send(d);
    }
    const auto [type, schema] = body();
    if (!schema) co_return;
    for (auto& wrong : values_.invalid(*schema)) {
      if (type != "application/json" && !is_wrong_as_form(*schema, wrong)) continue;
      auto d = make();
      d.body = std::move(wrong);
      co_await send(d);
    }
  }

  // Texts have no types: 7 is a text, "true" may be a boolean.
  bool is_wrong_as_text(const json::object& given, const json::value& v, bool is_path) const {
    const auto& schema = values_.resolved(given);
    const auto type = schema_values::type_of(schema);
    if (type == "array") {
      if (!v.is_array()) return false;
      const auto& items = schema.at("items").as_object();
      const auto* const most = schema.if_contains("maxItems");
      if (most && v.as_array().size() > most->to_number<std::size_t>()) return true;
      return !v.as_array().empty() && is_wrong_as_text(items, v.as_array().back(), false);
    }
    if (v.is_null() || v.is_object() || v.is_array()) return false;
    if (type == "string") {
      const bool has_rule = schema.contains("format") || schema.contains("enum");
      if (is_path && text_of(v).empty()) return false;
      return v.is_string() && (has_rule || schema.contains("minLength") || schema.contains("maxLength"));
    }
    if (type == "boolean") return v.is_string();
    return true;
  }
  bool is_wrong_as_form(const json::object& schema, const json::value& v) const {
    if (!v.is_object()) return false;
    const auto& properties = schema.at("properties").as_object();
    const auto* const required = schema.if_contains("required");
    if (required)
      for (const auto& name : required->as_array())
        if (!v.as_object().contains(name.get_string())) return true;
    for (const auto& [name, value] : v.as_object()) {
      const auto* const s = properties.if_contains(name);
      if (!s) continue;
      const auto& o = s->as_object();
      const auto& item = o.contains("items") ? o.at("items").as_object() : o;
      const bool is_file = item.contains("contentMediaType");
      if (!is_file && is_wrong_value(o, value)) return true;
    }
    return false;
  }
  // As is_wrong_as_text, and really wrong: a form has other fields, which are valid.
  bool is_wrong_value(const json::object& given, const json::value& v) const {
    const auto& schema = values_.resolved(given);
    const auto type = schema_values::type_of(schema);
    if (type == "array") {
      if (!v.is_array()) return false;
      const auto* const most = schema.if_contains("maxItems");
      if (most && v.as_array().size() > most->to_number<std::size_t>()) return true;
      for (const auto& one : v.as_array())
        if (is_wrong_value(schema.at("items").as_object(), one)) return true;
      return false;
    }
    if (v.is_null() || v.is_object() || v.is_array()) return false;
    if (schema.contains("enum")) return text_of(v) == "not one of them" || !v.is_string();
    if (type == "integer" || type == "number") return !v.is_number() || !is_in_range(schema, v);
    if (type == "boolean") return !v.is_bool() && text_of(v) != "7" && v.is_string();
    if (type != "string" || !v.is_string()) return false;
    const auto n = v.get_string().size();
    const auto* const least = schema.if_contains("minLength");
    const auto* const most = schema.if_contains("maxLength");
    const bool ascii = text_of(v).find('\xc3') == std::string::npos;
    return ascii &&
           ((least && n < least->to_number<std::size_t>()) || (most && n > most->to_number<std::size_t>()));
  }
  static bool is_in_range(const json::object& s, const json::value& v) {
    const auto n = v.to_number<double>();
    const auto limit = [&](std::string_view name) { return s.at(name).to_number<double>(); };
    if (s.contains("minimum") && n < limit("minimum")) return false;
    if (s.contains("maximum") && n > limit("maximum")) return false;
    if (s.contains("exclusiveMinimum") && n <= limit("exclusiveMinimum")) return false;
    if (s.contains("exclusiveMaximum") && n >= limit("exclusiveMaximum")) return false;
    return schema_values::type_of(s) != "integer" ||
           (n == static_cast<double>(static_cast<std::int64_t>(n)) && n < 1e9 && n > -1e9);
  }

  json::value document_;
  schema_values values_;
  test_client web_;
  std::string path_;
  std::string method_;
  const json::object* operation_ = nullptr;
  int accepted_ = 0;
  int refused_ = 0;
};

ASYNC_TEST(api_generated, shop) {
  requests all{test::sample::shop_api(), 1};
  co_await all.try_all(40);
  EXPECT_EQ(all.accepted(), 7 * 40);
  EXPECT_GT(all.refused(), 100);
}

ASYNC_TEST(api_generated, office) {
  requests all{test::sample::office_api(), 2};
  co_await all.try_all(40);
  EXPECT_EQ(all.accepted(), 6 * 40);
  EXPECT_GT(all.refused(), 30);
}

ASYNC_TEST(api_generated, drawing) {
  requests all{test::sample::drawing_api(), 3};
  co_await all.try_all(40);
  EXPECT_EQ(all.accepted(), 4 * 40);
  EXPECT_GT(all.refused(), 300);
}

}  // namespace bight::api_generated_test
