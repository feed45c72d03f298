#include <bight/http/middleware/access_log.hpp>

#include <algorithm>
#include <array>
#include <bight/core/clock.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/http/date.hpp>
#include <bight/http/detail/json_write.hpp>
#include <bight/http/middleware/authentication.hpp>
#include <bight/http/middleware/request_id.hpp>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "http/server/exchange.hpp"

namespace bight::http {
namespace {

void append_decimal(std::string& out, std::uint64_t n) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr);
}

// What a client sends must not end a quoted part or a line, or write to a terminal.
void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\')
      out += c;
    else
      out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
  }
}

std::string client_of(const server_request& request) {
  const auto client = request.remote_endpoint();
  return client.is_ip() ? client.address().to_string() : "unix:";
}

class access_logger {
 public:
  explicit access_logger(access_log_options o) : options_(std::move(o)) {}

  awaitable<server_response> operator()(server_request& request, next rest) {
    static_cast<void>(request.remote_endpoint());  // which cannot be found out once the client has gone
    request.after_response([this, &request](const response_record& record) { write(request, record); });
    return rest(request);
  }

 private:
  void write(const server_request& request, const response_record& record);
  void write_line(const server_request& request, const response_record& record);
  void write_json(const server_request& request, const response_record& record);
  std::string_view target(const server_request& request) const noexcept {
    return options_.query ? request.target() : request.path();
  }
  void append_quoted_field(headers_view fields, header_id id);
  void append_member(std::string_view name, std::string_view value);

  access_log_options options_;
  std::string line_;  // its capacity is kept
};

void access_logger::write(const server_request& request, const response_record& record) {
  if (options_.filter && !options_.filter(request, record)) return;
  line_.clear();
  if (options_.format == access_log_format::json)
    write_json(request, record);
  else
    write_line(request, record);
  if (options_.sink)
    options_.sink(line_);
  else
    log(log_level::info, line_);
}

wall_clock::time_point received_at(const response_record& record) {
  return wall_clock::now() - std::chrono::duration_cast<wall_clock::duration>(record.duration);
}

// "Sun, 06 Nov 1994 08:49:37 GMT" becomes "06/Nov/1994:08:49:37 +0000".
void append_log_time(std::string& out, wall_clock::time_point when) {
  const auto date = to_date_chars(std::chrono::floor<std::chrono::seconds>(when));
  const std::string_view text{date.data(), date.size()};
  out.append(text, 5, 2).append("/").append(text, 8, 3).append("/").append(text, 12, 4);
  out.append(":").append(text, 17, 8).append(" +0000");
}

void append_padded(std::string& out, unsigned n, unsigned digits) {
  std::string text = std::to_string(n);
  out.append(digits - std::min<std::size_t>(digits, text.size()), '0').append(text);
}

// RFC 3339, in milliseconds.
void append_json_time(std::string& out, wall_clock::time_point when) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(when - day)};
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<unsigned>(time.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(time.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(time.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<unsigned>(time.subseconds().count()), 3);
  out += 'Z';
}

void access_logger::append_quoted_field(headers_view fields, header_id id) {
  line_ += " \"";
  append_escaped(line_, fields.get(id).value_or("-"));
  line_ += '"';
}

void access_logger::write_line(const server_request& request, const response_record& record) {
  line_ += client_of(request);
  line_ += " - ";
  const auto* const user = request.get<authenticated_user>();
  if (user && !user->name.empty()) {
    // A user called "a b" must not shift the other columns.
    auto name = user->name;
    std::replace(name.begin(), name.end(), ' ', '_');
    append_escaped(line_, name);
  } else {
    line_ += '-';
  }
  line_ += " [";
  append_log_time(line_, received_at(record));
  line_.append("] \"").append(request.method().name()).append(" ");
  append_escaped(line_, target(request));
  line_.append(" ").append(detail::server_exchange::of(request).protocol()).append("\" ");
  append_decimal(line_, static_cast<std::uint64_t>(record.status.code()));
  line_ += ' ';
  append_decimal(line_, record.bytes);
  if (options_.format == access_log_format::common) return;
  append_quoted_field(request.headers(), header_id::referer);
  append_quoted_field(request.headers(), header_id::user_agent);
}

void access_logger::append_member(std::string_view name, std::string_view value) {
  line_ += ',';
  detail::write_text(line_, name);
  line_ += ':';
  detail::write_text(line_, value);
}

void access_logger::write_json(const server_request& request, const response_record& record) {
  const auto fields = request.headers();
  const auto optional = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) append_member(name, value);
  };
  line_ = "{\"time\":\"";
  append_json_time(line_, received_at(record));
  line_ += '"';
  append_member("client", client_of(request));
  append_member("method", request.method().name());
  append_member("target", target(request));
  append_member("protocol", detail::server_exchange::of(request).protocol());
  line_ += ",\"status\":";
  append_decimal(line_, static_cast<std::uint64_t>(record.status.code()));
  line_ += ",\"bytes\":";
  append_decimal(line_, record.bytes);
  line_ += ",\"seconds\":";
  const auto microseconds =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(record.duration).count());
  append_decimal(line_, microseconds / 1'000'000);
  line_ += '.';
  append_padded(line_, static_cast<unsigned>(microseconds % 1'000'000), 6);
  optional("host", request.authority());
  if (const auto* const user = request.get<authenticated_user>()) optional("user", user->name);
  if (const auto* const id = request.get<request_id>()) optional("request_id", id->value);
  optional("route", request.route());
  optional("referrer", fields.get(header_id::referer).value_or(""));
  optional("user_agent", fields.get(header_id::user_agent).value_or(""));
  if (record.error) append_member("error", describe(record.error));
  line_ += '}';
}

}  // namespace

middleware access_log(access_log_options options) { return access_logger{std::move(options)}; }

}  // namespace bight::http
