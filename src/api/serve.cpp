#include <bight/api/detail/serve.hpp>

#include <algorithm>
#include <bight/api/detail/reading.hpp>
#include <optional>
#include <stdexcept>
#include <string>

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
    default:
      return "body";
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

void read_repeated(reading& in, const http::server_request& request, const parameter_shape& p, void* to) {
  const auto values = request.query_params().get_all(p.name);
  const auto& type = p.type();
  if (values.empty()) return;
  type.clear(to);
  in.check_items(values.size(), p.rule);
  if (values.size() > p.rule.max_length) return;
  rules inner;
  inner.is_secret = p.rule.is_secret;
  for (const auto value : values) in.read_parameter(type.inner(), type.add(to, {}), value, inner);
}

void read_one(reading& in, const http::server_request& request, const parameter_shape& p, void* to) {
  in.enter(place_name(p.where), p.name);
  if (p.type().kind == shape_kind::sequence) return read_repeated(in, request, p, to);
  const auto text = find_text(request, p);
  if (text)
    in.read_parameter(p.type(), to, *text, p.rule);
  else if (p.required)
    in.missing(p.rule);
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

}  // namespace

awaitable<void> decode(http::server_request& request, std::span<const parameter_shape> parameters,
                       std::span<void* const> to, decoding_limits limits) {
  reading in{limits};
  for (std::size_t i = 0; i != parameters.size(); ++i) {
    const auto& p = parameters[i];
    if (p.where != parameter_place::body) {
      read_one(in, request, p, to[i]);
      continue;
    }
    const auto text = co_await request.text();
    if (!text.empty()) check_media_type(request);
    read_body(in, p, to[i], text);
  }
  in.throw_if_invalid();
}

http::server_response json_reply(const operation_info& info, const shape& type, const void* result) {
  std::string text;
  try {
    write_value(text, type, result);
  } catch (const http::json_error& e) {
    // Not the fault of the request, which a json_error would be taken for.
    throw std::runtime_error{
        std::string{"the result of "}.append(info.pattern).append(" is not JSON: ").append(e.what())};
  }
  http::server_response r{info.status, std::move(text)};
  r.headers().set(http::header_id::content_type, "application/json");
  return r;
}

}  // namespace bight::api::detail
