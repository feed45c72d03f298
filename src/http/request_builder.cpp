#include <bight/http/request_builder.hpp>

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <utility>

#include "http/client/core.hpp"

namespace bight::http {

using boost::system::system_error;

namespace {

[[noreturn]] void refuse_field(std::string_view name) {
  throw system_error(make_error_code(errc::invalid_header), std::string{name});
}

void add_to_query(url& where, const std::string& pairs, bool in_front) {
  if (pairs.empty()) return;
  const std::string own{where.query()};
  if (own.empty())
    where.set_query(pairs);
  else
    where.set_query(in_front ? pairs + '&' + own : own + '&' + pairs);
}

awaitable<response> fail(std::exception_ptr why) {
  std::rethrow_exception(std::move(why));
  co_return response{status{}};  // makes it a coroutine
}

}  // namespace

namespace detail {

namespace {

template <class T, std::size_t N>
std::size_t written(T v, char (&room)[N]) noexcept {
  return static_cast<std::size_t>(std::to_chars(room, room + N, v).ptr - room);
}

}  // namespace

void text_value::write(long long v) noexcept { size_ = written(v, room_); }
void text_value::write(unsigned long long v) noexcept { size_ = written(v, room_); }
void text_value::write(double v) noexcept { size_ = written(v, room_); }

request_draft::request_draft(std::shared_ptr<client_core> c, const http::method& m, http::url where)
    : core(std::move(c)), request(m, std::move(where)) {}

request_draft::request_draft(std::shared_ptr<client_core> c, const http::method& m, std::string_view where)
    : core(std::move(c)), request(m, http::url{}) {
  const auto& base = core->options().base_url;
  auto parsed = base ? url::parse(where, *base) : url::parse(where);
  if (parsed)
    request.set_url(std::move(*parsed));
  else
    attempt([&] { throw system_error(parsed.error(), redacted(where)); });
}

void request_draft::set_header(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) refuse_field(name);
  request.headers().set(name, value);
}

void request_draft::set_headers(const http::headers& fields) {
  for (const auto& field : fields) request.headers().remove(field.name);
  for (const auto& field : fields) request.headers().append(field.name, field.value);
}

// RFC 6265 4.2.1, with values as lenient as browsers.
void request_draft::add_cookie(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value) || value.find(';') != value.npos) refuse_field("Cookie");
  std::string all{request.headers().get(header_id::cookie).value_or(std::string_view{})};
  if (!all.empty()) all += "; ";
  all.append(name).append("=").append(value);
  request.headers().set(header_id::cookie, all);
}

void request_draft::set_total_timeout(std::chrono::nanoseconds total) {
  auto t = request.timeouts().value_or(core->options().timeouts);
  t.total = total;
  request.set_timeouts(t);
}

http::request request_draft::finish() {
  if (failure) std::rethrow_exception(failure);
  const auto& defaults = core->options().default_query;
  if (!query.empty() || !defaults.empty()) {
    auto where = request.take_url();
    add_to_query(where, defaults.to_string(), true);
    add_to_query(where, query.to_string(), false);
    request.set_url(std::move(where));
  }
  if (!form.empty()) {
    request.set_body(form.to_string());
    if (!request.headers().contains(header_id::content_type))
      request.headers().set(header_id::content_type, "application/x-www-form-urlencoded");
  }
  return std::move(request);
}

}  // namespace detail

awaitable<response> request_builder::send() && {
  try {
    return detail::client_core::send(draft_.core, draft_.finish());
  } catch (...) { return fail(std::current_exception()); }
}

}  // namespace bight::http
