#include <bight/api/client.hpp>

#include <bight/http/form.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/url.hpp>
#include <stdexcept>
#include <vector>

#include "api/upload_access.hpp"

namespace bight::api {
namespace {

[[noreturn]] void refuse_path(const operation_info& info, std::string_view name) {
  throw std::invalid_argument{"bight: api: " + detail::operation_name(info) + ": the path parameter '" +
                              std::string{name} + "' is empty or names another path"};
}

// A URL parser removes segments of dots, also if they are encoded.
std::string encoded_segment(const operation_info& info, std::string_view name, std::string_view text) {
  if (text.empty() || text == "." || text == "..") refuse_path(info, name);
  return http::percent_encode(text);
}

// The value of a {name:path}, which has slashes.
std::string encoded_rest(const operation_info& info, std::string_view name, std::string_view text) {
  std::string out;
  for (std::size_t at = 0;;) {
    const auto end = text.find('/', at);
    const auto segment = text.substr(at, end == text.npos ? end : end - at);
    if (segment == "." || segment == "..") refuse_path(info, name);
    out += http::percent_encode(segment);
    if (end == text.npos) return out;
    out += '/';
    at = end + 1;
  }
}

std::string path_of(const operation_info& info, std::span<const detail::parameter_shape> parameters,
                    std::span<const void* const> values) {
  std::string out;
  auto rest = info.pattern;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    out += rest.substr(0, open);
    if (open == rest.npos) break;
    const auto close = rest.find('}', open);
    const auto name = detail::placeholder_name(rest.substr(open));
    const bool is_rest = rest.substr(open, close - open).ends_with(":path");
    for (std::size_t i = 0; i != parameters.size(); ++i) {
      const auto& p = parameters[i];
      if (p.where != parameter_place::path || p.name != name) continue;
      const auto text = detail::scalar_text(p.type(), values[i]);
      out += is_rest ? encoded_rest(info, name, text) : encoded_segment(info, name, text);
    }
    rest.remove_prefix(close + 1);
  }
  return out;
}

void set_text(http::request_builder& request, const detail::parameter_shape& p, const std::string& text) {
  const std::string name{p.name};
  if (p.where == parameter_place::query)
    request.query(name, text);
  else if (p.where == parameter_place::header)
    request.header(name, text);
  else
    request.cookie(name, text);
}

// Calls f(type, value) for the value, that of an optional, or each of a sequence.
template <class F>
void for_each_value(const detail::shape& type, const void* value, F f) {
  if (type.kind != detail::shape_kind::optional && type.kind != detail::shape_kind::sequence)
    return f(type, value);
  struct context {
    const detail::shape* inner;
    F* call;
  } c{&type.inner(), &f};
  type.for_each(value, &c, [](void* p, std::string_view, const void* item) {
    const auto& all = *static_cast<context*>(p);
    (*all.call)(*all.inner, item);
  });
}

void set_values(http::request_builder& request, const detail::parameter_shape& p, const void* value) {
  for_each_value(p.type(), value, [&](const detail::shape& type, const void* one) {
    set_text(request, p, detail::scalar_text(type, one));
  });
}

// What a form has: as a form with files if it has a parameter for one.
class form_sending {
 public:
  void add(const detail::parameter_shape& p, const void* value) {
    has_form_ = true;
    const std::string name{p.name};
    if (p.where == parameter_place::file) has_files_ = true;
    if (!value) return;
    for_each_value(p.type(), value, [&](const detail::shape& type, const void* one) {
      if (type.kind == detail::shape_kind::file)
        files_.emplace_back(name, *static_cast<const upload*>(one));
      else
        fields_.field(name, detail::scalar_text(type, one));
    });
  }
  void put_into(http::request_builder& request) {
    if (!has_form_) return;
    if (!has_files_) {
      request.body(fields_.to_string(), http::form::content_type);
      return;
    }
    http::multipart parts;
    for (const auto& [name, value] : fields_.fields()) parts.field(name, value);
    for (const auto& [name, file] : files_) upload_access::add_part(parts, name, file);
    request.multipart(std::move(parts));
  }

 private:
  bool has_form_ = false;
  bool has_files_ = false;
  http::form fields_;
  std::vector<std::pair<std::string, upload>> files_;
};

void set_body(http::request_builder& request, const detail::parameter_shape& p, const void* value) {
  const auto& type = p.type();
  if (type.kind == detail::shape_kind::optional && type.size(value) == 0) return;
  std::string text;
  detail::write_value(text, type, value);
  request.body(std::move(text), "application/json");
}

boost::json::value parsed(std::string_view text) {
  boost::json::error_code failed;
  auto v = boost::json::parse(text, failed);
  if (failed || !v.is_object()) return nullptr;
  return v;
}

std::string what_text(http::status code, std::string_view operation, std::string_view text) {
  auto out = std::string{operation}.append(": ").append(std::to_string(code.code()));
  if (!code.reason_phrase().empty()) out.append(" ").append(code.reason_phrase());
  const auto v = parsed(text);
  const auto* const object = v.if_object();
  const auto* const detail = object ? object->if_contains("detail") : nullptr;
  if (detail && detail->is_string()) out.append(": ").append(detail->get_string());
  return out;
}

std::string mismatch_text(std::string_view operation, const invalid_input& why) {
  const auto& first = why.errors().front();
  return std::string{operation}
      .append(": the response is not what the operation declares: ")
      .append(first.pointer)
      .append(first.pointer.empty() ? "" : ": ")
      .append(first.detail);
}

}  // namespace

problem::problem(http::status code, std::string_view operation, std::string_view text)
    : std::runtime_error(what_text(code, operation, text)), status_(code), document_(parsed(text)) {}

problem::problem(http::status code, std::string_view operation, const invalid_input& why)
    : std::runtime_error(mismatch_text(operation, why)), status_(code) {}

std::string_view problem::member(std::string_view name) const noexcept {
  const auto* const object = document_.if_object();
  const auto* const found = object ? object->if_contains(name) : nullptr;
  const auto* const text = found ? found->if_string() : nullptr;
  return text ? std::string_view{text->data(), text->size()} : std::string_view{};
}

namespace detail {

std::string operation_name(const operation_info& info) {
  return std::string{http::method{info.method}.name()}.append(" ").append(info.pattern);
}

void add_members(http::problem& to, std::string_view object) {
  const auto document = boost::json::parse(object);
  for (const auto& [name, value] : document.as_object()) to.with_json(name, boost::json::serialize(value));
}

void read_item(const shape& type, void* to, std::string_view text, std::string_view operation) {
  reading in;
  in.read_text(type, to, text);
  if (!in.valid()) throw problem{http::status::ok, operation, invalid_input{in.take()}};
}

void argument_is_missing(const operation_info& info) {
  throw std::out_of_range{"bight: api: " + detail::operation_name(info) +
                          ": the call leaves out a parameter that is required"};
}

http::request_builder draft(const http::client& c, std::string_view base, const operation_info& info,
                            std::span<const parameter_shape> parameters,
                            std::span<const void* const> values) {
  auto request = c.request(http::method{info.method}, std::string{base} + path_of(info, parameters, values));
  form_sending form;
  for (std::size_t i = 0; i != parameters.size(); ++i) {
    const auto& p = parameters[i];
    if (is_form_place(p.where)) form.add(p, values[i]);
    if (is_form_place(p.where) || !values[i] || p.where == parameter_place::path) continue;
    if (p.where == parameter_place::body)
      set_body(request, p, values[i]);
    else
      set_values(request, p, values[i]);
  }
  form.put_into(request);
  return request;
}

awaitable<http::response> fetch(http::request_builder request, operation_info info) {
  auto response = co_await std::move(request);
  const auto code = response.status();
  if (code.is_success()) co_return response;
  const auto text = co_await response.bytes();
  throw problem{code, operation_name(info), text};
}

awaitable<received> fetch_text(http::request_builder request, operation_info info) {
  auto response = co_await fetch(std::move(request), info);
  auto text = co_await response.bytes();
  co_return received(response.status().code(), std::move(text));
}

void undeclared_status(const received& r, const operation_info& info) {
  invalid_value e;
  e.in = "status";
  e.constraint = "enum";
  e.detail = "the operation has no result with status " + std::to_string(r.status);
  throw problem{r.status, operation_name(info), invalid_input{{std::move(e)}}};
}

content content_of(http::response r) {
  std::string type{r.headers().get("Content-Type").value_or("")};
  return content{std::move(type), http::body::from(std::move(r))};
}

void read_result(const shape& type, void* to, const received& r, const operation_info& info) {
  reading in;
  in.read_text(type, to, r.text);
  if (!in.valid()) throw problem{r.status, detail::operation_name(info), invalid_input{in.take()}};
}

}  // namespace detail

client::client(http::client c, std::string base) : http_(std::move(c)), base_(std::move(base)) {
  if (base_.ends_with('/')) base_.pop_back();
}

}  // namespace bight::api
