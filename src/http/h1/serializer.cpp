#include "http/h1/serializer.hpp"

#include <bight/http/error.hpp>
#include <charconv>
#include <cstring>

#include "http/h1/chars.hpp"
#include "http/h1/known_names.hpp"

namespace bight::http {

struct detail::headers_access {
  static header_id id(const headers_view& fields, std::size_t index) noexcept {
    return (*fields.table_)[index].id;
  }
};

}  // namespace bight::http

namespace bight::http::h1 {
namespace {

constexpr std::string_view version_text(version version) noexcept {
  return version == version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

bool is_valid(const header_view& field) noexcept {
  return (match_known_name(field.name.data(), field.name.size()) != header_id::unknown ||
          is_token(field.name)) &&
         is_field_value(field.value);
}

char* put(char* to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}
template <std::size_t Size>
char* put(char* to, const char (&text)[Size]) noexcept {
  std::memcpy(to, text, Size - 1);
  return to + Size - 1;
}

}  // namespace

boost::system::error_code append_request_line(std::string& out, const method& method,
                                              std::string_view target) {
  const char* const end = target.data() + target.size();
  if (target.empty() || find_target_end(target.data(), target.data(), end) != end)
    return errc::malformed_start_line;
  out.append(method.name()).append(1, ' ').append(target).append(" HTTP/1.1\r\n", 11);
  return {};
}

boost::system::error_code append_status_line(std::string& out, status status, std::string_view reason,
                                             version version) {
  const char* const end = reason.data() + reason.size();
  if (status.code() < 100 || status.code() > 999 || find_other(reason.data(), end, value_char) != end)
    return errc::malformed_start_line;
  const int code = status.code();
  const char digits[5] = {' ', static_cast<char>('0' + code / 100), static_cast<char>('0' + code / 10 % 10),
                          static_cast<char>('0' + code % 10), ' '};
  out.append(version_text(version)).append(digits, 5);
  out.append(reason.empty() ? status.reason_phrase() : reason).append("\r\n", 2);
  return {};
}

boost::system::error_code append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_valid({name, value})) return errc::invalid_header;
  out.append(name).append(": ", 2).append(value).append("\r\n", 2);
  return {};
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(name).append(": ", 2).append(digits, result.ptr).append("\r\n", 2);
}

boost::system::error_code append_fields(std::string& out, headers_view fields) {
  std::size_t size = 0;
  for (std::size_t i = 0; i != fields.size(); ++i) {
    const header_view field = fields[i];
    const bool known = detail::headers_access::id(fields, i) != header_id::unknown;
    if (!(known || is_token(field.name)) || !is_field_value(field.value)) return errc::invalid_header;
    size += field.name.size() + field.value.size() + 4;
  }
  const std::size_t offset = out.size();
  out.resize(offset + size);
  char* to = out.data() + offset;
  for (const header_view field : fields) to = put(put(put(put(to, field.name), ": "), field.value), "\r\n");
  return {};
}

// The hottest code of a server's output: room for all of it first, then no check any more.
boost::system::error_code append_response_head(std::string& out, status status, headers_view fields,
                                               const added_fields& added) {
  constexpr std::size_t longest_added = 160;  // the names of them all, a number, and the ends of lines
  const int code = status.code();
  if (code < 100 || code > 999) return errc::malformed_start_line;
  const auto reason = status.reason_phrase();
  std::size_t most = longest_added + reason.size() + added.date.size() + added.server.size();
  for (std::size_t i = 0; i != fields.size(); ++i) {
    const header_view field = fields[i];
    const bool known = detail::headers_access::id(fields, i) != header_id::unknown;
    if (!(known || is_token(field.name)) || !is_field_value(field.value)) return errc::invalid_header;
    most += field.name.size() + field.value.size() + 4;
  }
  const auto offset = out.size();
  out.resize(offset + most);
  char* to = put(out.data() + offset, "HTTP/1.1 ");
  *to++ = static_cast<char>('0' + code / 100);
  *to++ = static_cast<char>('0' + code / 10 % 10);
  *to++ = static_cast<char>('0' + code % 10);
  *to++ = ' ';
  to = put(put(to, reason), "\r\n");
  for (const header_view field : fields) to = put(put(put(put(to, field.name), ": "), field.value), "\r\n");
  if (added.length) {
    to = put(to, "Content-Length: ");
    to = put(std::to_chars(to, to + 20, *added.length).ptr, "\r\n");
  }
  if (added.chunked) to = put(to, "Transfer-Encoding: chunked\r\n");
  if (!added.date.empty()) to = put(put(put(to, "Date: "), added.date), "\r\n");
  if (!added.server.empty()) to = put(put(put(to, "Server: "), added.server), "\r\n");
  if (added.connection == connection_field::close) to = put(to, "Connection: close\r\n");
  if (added.connection == connection_field::keep_alive) to = put(to, "Connection: keep-alive\r\n");
  to = put(to, "\r\n");
  out.resize(static_cast<std::size_t>(to - out.data()));
  return {};
}

namespace {

boost::system::error_code append_rest(std::string& out, std::size_t undo, headers_view fields) {
  if (const auto error = append_fields(out, fields)) {
    out.resize(undo);
    return error;
  }
  append_end_of_head(out);
  return {};
}

}  // namespace

boost::system::error_code append_request_head(std::string& out, const method& method, std::string_view target,
                                              headers_view fields) {
  const std::size_t undo = out.size();
  if (const auto error = append_request_line(out, method, target)) return error;
  return append_rest(out, undo, fields);
}

boost::system::error_code append_response_head(std::string& out, status status, std::string_view reason,
                                               headers_view fields, version version) {
  const std::size_t undo = out.size();
  if (const auto error = append_status_line(out, status, reason, version)) return error;
  return append_rest(out, undo, fields);
}

std::size_t write_chunk_head(char* data, std::uint64_t size) noexcept {
  char* p = data;
  *--p = '\n';
  *--p = '\r';
  do {
    *--p = "0123456789abcdef"[size & 15];
    size >>= 4;
  } while (size != 0);
  return static_cast<std::size_t>(data - p);
}

}  // namespace bight::http::h1
