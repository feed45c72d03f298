#include <bight/http/problem.hpp>

#include <algorithm>
#include <array>
#include <bight/http/detail/json_write.hpp>
#include <cmath>
#include <stdexcept>

namespace bight::http {
namespace {

std::string json_text(std::string_view text) {
  std::string out;
  detail::write_text(out, text);
  return out;
}

}  // namespace

problem::problem(http::status code, std::string detail) : status_(code), detail_(std::move(detail)) {
  if (!code.is_client_error() && !code.is_server_error())
    throw std::invalid_argument{"bight: problem: " + std::to_string(code.code()) + " is not an error status"};
  what_ = std::to_string(code.code());
  if (!code.reason_phrase().empty()) what_.append(" ").append(code.reason_phrase());
  if (!detail_.empty()) what_.append(": ").append(detail_);
}

problem& problem::type(std::string uri) & {
  type_ = std::move(uri);
  return *this;
}
problem& problem::title(std::string text) & {
  title_ = std::move(text);
  return *this;
}
problem& problem::instance(std::string uri) & {
  instance_ = std::move(uri);
  return *this;
}
problem& problem::with_json(std::string_view name, std::string_view json) & {
  add(name, std::string{json});
  return *this;
}
problem& problem::header(std::string_view name, std::string_view value) & {
  headers_.append(name, value);
  return *this;
}

void problem::add(std::string_view name, std::string json) {
  constexpr std::array standard{"type", "title", "status", "detail", "instance"};
  if (std::find(standard.begin(), standard.end(), name) != standard.end())
    throw std::invalid_argument{"bight: problem: '" + std::string{name} + "' is a member of RFC 9457"};
  for (auto& [known, value] : members_) {
    if (known != name) continue;
    value = std::move(json);
    return;
  }
  members_.emplace_back(name, std::move(json));
}
void problem::add_text(std::string_view name, std::string_view value) { add(name, json_text(value)); }
void problem::add_integer(std::string_view name, std::int64_t value) { add(name, std::to_string(value)); }
void problem::add_integer(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
void problem::add_real(std::string_view name, double value) {
  if (!std::isfinite(value))
    throw std::invalid_argument{"bight: problem: '" + std::string{name} + "' is not a finite number"};
  std::string text;
  detail::write_real(text, value, detail::json_place{});
  add(name, std::move(text));
}

std::string problem::to_json() const {
  std::string out{'{'};
  const auto member = [&out](std::string_view name, std::string_view json) {
    if (out.size() != 1) out += ',';
    out.append(json_text(name)).append(":").append(json);
  };
  if (!type_.empty()) member("type", json_text(type_));
  const auto title = title_.empty() ? status_.reason_phrase() : std::string_view{title_};
  if (!title.empty()) member("title", json_text(title));
  member("status", std::to_string(status_.code()));
  if (!detail_.empty()) member("detail", json_text(detail_));
  if (!instance_.empty()) member("instance", json_text(instance_));
  for (const auto& [name, value] : members_) member(name, value);
  return out + '}';
}

server_response problem::to_response() const {
  server_response r{status_, to_json()};
  r.headers() = headers_;
  r.headers().set(header_id::content_type, "application/problem+json");
  return r;
}

problem to_problem(const json_error& error) {
  return problem{status::unprocessable_content, error.reason()}.with("pointer", error.pointer());
}

}  // namespace bight::http
