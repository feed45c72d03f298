#include <bight/api/detail/serve.hpp>

#include <algorithm>
#include <bight/api/detail/reading.hpp>
#include <bight/http/event_stream.hpp>
#include <bight/http/problem.hpp>
#include <optional>
#include <string>

#include "api/form_reading.hpp"

namespace bight::api::detail {
namespace {

std::optional<std::string_view> find_text(const http::server_request& request, const parameter_shape& p) {
  switch (p.where) {
    case parameter_place::path:
      return request.param(p.name);
    case parameter_place::query:
      return request.query_params().get(p.name);
    case parameter_place::header:
      return request.headers().get(p.name);
    default:
      return request.cookie(p.name);
  }
}

std::string_view place_name(parameter_place where) noexcept {
  switch (where) {
    case parameter_place::path:
      return "path";
    case parameter_place::query:
      return "query";
    case parameter_place::header:
      return "header";
    case parameter_place::cookie:
      return "cookie";
    case parameter_place::body:
      return "body";
    default:
      return "form";
  }
}

bool is_json(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (media_type.ends_with(' ') || media_type.ends_with('\t')) media_type.remove_suffix(1);
  std::string lower{media_type};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower == "application/json" || (lower.starts_with("application/") && lower.ends_with("+json"));
}

void read_repeated(reading& in, const http::query_params& pairs, const parameter_shape& p, void* to) {
  const auto values = pairs.get_all(p.name);
  const auto& type = p.type();
  if (values.empty()) {
    if (p.required) in.missing(p.rule);
    return;
  }
  type.clear(to);
  in.check_items(values.size(), p.rule);
  if (values.size() > p.rule.max_length) return;
  rules inner;
  inner.is_secret = p.rule.is_secret;
  std::size_t index = 0;
  for (const auto value : values) in.read_repeated(type.inner(), type.add(to, {}), value, inner, index++);
}

void read_text(reading& in, std::optional<std::string_view> text, const parameter_shape& p, void* to) {
  if (text)
    in.read_parameter(p.type(), to, *text, p.rule);
  else if (p.required)
    in.missing(p.rule);
}

void read_one(reading& in, const http::server_request& request, const parameter_shape& p, void* to) {
  in.enter(place_name(p.where), p.name);
  if (p.type().kind == shape_kind::sequence) return read_repeated(in, request.query_params(), p, to);
  read_text(in, find_text(request, p), p, to);
}

void read_files(reading& in, const form_values& form, const parameter_shape& p, void* to) {
  const auto files = form.files_of(p.name);
  const auto& type = p.type();
  if (type.kind == shape_kind::sequence) {
    in.check_items(files.size(), p.rule);
    for (const auto& file : files) *static_cast<upload*>(type.add(to, {})) = file;
    return;
  }
  if (files.empty()) {
    if (p.required) in.missing(p.rule);
    return;
  }
  in.check_bytes(files.front().size(), p.rule);
  *static_cast<upload*>(type.kind == shape_kind::optional ? type.add(to, {}) : to) = files.front();
}

// Browsers send a field that was not filled in as an empty text.
std::optional<std::string_view> filled_in(const form_values& form, const parameter_shape& p) {
  const auto text = form.fields.get(p.name);
  const auto& type = p.type().kind == shape_kind::optional ? p.type().inner() : p.type();
  if (text && text->empty() && !p.required && type.kind != shape_kind::text) return std::nullopt;
  return text;
}

void read_field(reading& in, const form_values& form, const parameter_shape& p, void* to) {
  in.enter(place_name(p.where), p.name);
  if (p.where == parameter_place::file) return read_files(in, form, p, to);
  if (p.type().kind == shape_kind::sequence) return read_repeated(in, form.fields, p, to);
  read_text(in, filled_in(form, p), p, to);
}

void check_media_type(const http::server_request& request) {
  const auto given = request.headers().get("Content-Type");
  if (given && is_json(*given)) return;
  throw http::problem{http::status::unsupported_media_type,
                      "the body must be JSON, with Content-Type: application/json"};
}

void read_body(reading& in, const parameter_shape& p, void* to, std::string_view text) {
  in.enter("body", {});
  if (!text.empty())
    in.read_text(p.type(), to, text, p.rule);
  else if (p.required)
    in.missing(p.rule);
}

// A file name as a quoted string of ASCII, for clients that do not know the other form.
std::string quoted_name(std::string_view name) {
  std::string out{"\""};
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xC0)
      out += '_';  // a character of several bytes
    else if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '/')
      out += c;
  }
  return out += '"';
}

}  // namespace

awaitable<void> decode(http::server_request& request, std::span<const parameter_shape> parameters,
                       std::span<void* const> to, const decoding_limits& limits,
                       const http::multipart_form_options& uploads) {
  reading in{limits};
  bool has_form = false;
  bool has_files = false;
  for (std::size_t i = 0; i != parameters.size(); ++i) {
    const auto& p = parameters[i];
    has_form = has_form || is_form_place(p.where);
    has_files = has_files || p.where == parameter_place::file;
    if (is_form_place(p.where)) continue;
    if (p.where != parameter_place::body) {
      read_one(in, request, p, to[i]);
      continue;
    }
    const auto text = co_await request.text();
    if (!text.empty()) check_media_type(request);
    read_body(in, p, to[i], text);
  }
  if (has_form) {
    const auto form = co_await read_form(request, uploads, has_files);
    for (std::size_t i = 0; i != parameters.size(); ++i)
      if (is_form_place(parameters[i].where)) read_field(in, form, parameters[i], to[i]);
  }
  in.throw_if_invalid();
}

http::server_response json_reply(int status, const shape* type, const void* result) {
  if (!type) return http::server_response{status};
  std::string text;
  write_value(text, *type, result);
  http::server_response r{status, std::move(text)};
  r.headers().set(http::header_id::content_type, "application/json");
  return r;
}

http::server_response content_reply(const operation_info& info, content c) {
  http::server_response r{info.status, c.take_body()};
  if (!c.media_type().empty()) r.headers().set(http::header_id::content_type, c.media_type());
  if (!c.filename().empty()) {
    // Both forms (RFC 6266 5): names that are not ASCII are in the second.
    auto value = "attachment; filename=" + quoted_name(c.filename());
    value.append("; filename*=UTF-8''").append(http::percent_encode(c.filename()));
    r.headers().set("Content-Disposition", value);
  }
  // Browsers do not guess another type, such as HTML in an upload.
  r.headers().set("X-Content-Type-Options", "nosniff");
  return r;
}

http::server_response lines_reply(http::server_request& request, const operation_info& info,
                                  item_source items) {
  request.cancel_on_disconnect();
  auto produce = [items = std::move(items)](http::body_writer& out) mutable -> awaitable<void> {
    auto item = co_await items();
    while (item) {
      item->text += '\n';
      co_await out.write(item->text);
      item = co_await items();
    }
  };
  http::server_response r{info.status, http::body::produce(std::move(produce))};
  r.headers().set(http::header_id::content_type, "application/x-ndjson");
  return r;
}

http::server_response events_reply(http::server_request& request, item_source items) {
  auto produce = [items = std::move(items)](http::event_writer& out) mutable -> awaitable<void> {
    auto item = co_await items();
    while (item) {
      http::server_sent_event e{std::move(item->text), std::move(item->type), std::move(item->id)};
      co_await out.send(std::move(e));
      item = co_await items();
    }
  };
  return http::event_stream(request, std::move(produce));
}

}  // namespace bight::api::detail
