#include <bight/http/json.hpp>

#include <array>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/error.hpp>
#include <charconv>
#include <cmath>

namespace bight::http {

namespace {

std::string with_place(const std::string& pointer, const std::string& reason) {
  return pointer.empty() ? reason : pointer + ": " + reason;
}

}  // namespace

json_error::json_error(std::string pointer, std::string reason)
    : system_error(make_error_code(errc::invalid_json), with_place(pointer, reason)),
      pointer_(std::move(pointer)),
      reason_(std::move(reason)) {}

namespace detail {

namespace json = boost::json;

std::string json_place::pointer() const {
  if (!parent_) return {};
  auto text = parent_->pointer() + '/';
  if (!is_member_) return text + std::to_string(index_);
  for (const char c : member_) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

void json_place::fail(std::string_view reason) const { throw json_error(pointer(), std::string{reason}); }

json::value parse_json(std::string_view text, std::size_t max_depth) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // RFC 8259 8.1 allows to ignore it
  json::parse_options options;
  options.max_depth = max_depth;
  json::stream_parser parser{{}, options};
  json::error_code ec;
  const auto n = parser.write_some(text, ec);
  if (!ec && n < text.size()) ec = json::error::extra_data;
  if (ec == json::error::too_deep)
    throw json_error(
        {}, "byte " + std::to_string(n) + ": nested too deep (limit " + std::to_string(max_depth) + ")");
  if (!ec) parser.finish(ec);
  if (ec) throw json_error({}, "byte " + std::to_string(n) + ": " + ec.message());
  return parser.release();
}

std::string_view kind_of(const json::value& v) noexcept {
  switch (v.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

void fail_kind(const json_place& at, std::string_view expected, const json::value& found) {
  at.fail(std::string{"expected "}.append(expected).append(", not ").append(kind_of(found)));
}

void fail_range(const json_place& at, const json::value& v, bool is_signed, int bits) {
  at.fail(json::serialize(v) + " is out of the range of " + (is_signed ? "a " : "an unsigned ") +
          std::to_string(bits) + "-bit integer");
}

json_whole whole_number(const json::value& v, const json_place& at) {
  if (const auto* const n = v.if_int64())
    return {*n < 0 ? 0 - static_cast<std::uint64_t>(*n) : static_cast<std::uint64_t>(*n), *n < 0};
  if (const auto* const n = v.if_uint64()) return {*n, false};
  const auto* const real = v.if_double();
  if (!real) fail_kind(at, "an integer", v);
  if (std::trunc(*real) != *real) at.fail("expected an integer, not " + json::serialize(v));
  constexpr double end = 18446744073709551616.0;  // 2^64
  if (std::abs(*real) >= end) at.fail(json::serialize(v) + " is out of the range of a 64-bit integer");
  return {static_cast<std::uint64_t>(std::abs(*real)), *real < 0};
}

double real_number(const json::value& v, const json_place& at) {
  if (const auto* const n = v.if_double()) return *n;
  if (const auto* const n = v.if_int64()) return static_cast<double>(*n);
  if (const auto* const n = v.if_uint64()) return static_cast<double>(*n);
  fail_kind(at, "a number", v);
}

const json::object& object_at(const json::value& v, const json_place& at) {
  if (const auto* const o = v.if_object()) return *o;
  fail_kind(at, "an object", v);
}

const json::array& array_at(const json::value& v, const json_place& at) {
  if (const auto* const a = v.if_array()) return *a;
  fail_kind(at, "an array", v);
}

const json::array& array_of(std::size_t n, const json::value& v, const json_place& at) {
  const auto& a = array_at(v, at);
  if (a.size() != n) at.fail("expected " + std::to_string(n) + " items, not " + std::to_string(a.size()));
  return a;
}

const json::string& string_at(const json::value& v, const json_place& at) {
  if (const auto* const s = v.if_string()) return *s;
  fail_kind(at, "a string", v);
}

namespace {

template <class T>
void append_number(std::string& out, T v) {
  std::array<char, 32> room;
  const auto end = std::to_chars(room.data(), room.data() + room.size(), v).ptr;
  out.append(room.data(), end);
}

}  // namespace

void write_integer(std::string& out, std::int64_t v) { append_number(out, v); }
void write_integer(std::string& out, std::uint64_t v) { append_number(out, v); }

void write_real(std::string& out, double v, const json_place& at) {
  if (!std::isfinite(v)) at.fail("JSON has no infinity and no NaN");
  append_number(out, v);
}

void write_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto begin = out.size();
  unsigned all_bits = 0;
  out += '"';
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t i = 0; i != text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    all_bits |= c;
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out.append("u00").append(1, digits[c >> 4U]).append(1, digits[c & 15U]);
    }
  }
  out.append(text, plain);
  out += '"';
  if (all_bits < 0x80 || bight::detail::is_utf8(text)) return;
  out.resize(begin);
  write_text(out, bight::detail::replace_malformed_utf8(text));
}

void write_document(std::string& out, const json::value& v) { out += json::serialize(v); }

}  // namespace detail
}  // namespace bight::http
