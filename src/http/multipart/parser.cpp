#include "http/multipart/parser.hpp"

#include <algorithm>
#include <bight/http/error.hpp>
#include <optional>

#include "http/extended_value.hpp"
#include "http/h1/chars.hpp"
#include "http/multipart/boundary.hpp"
#include "http/parameters.hpp"

namespace bight::http::multipart_detail {
namespace {

// Undoes what browsers and curl do to quotes and line ends. Other backslashes are part of the name: some
// clients send whole paths.
std::string unescape_name(const parameter_view& value) {
  std::string out;
  const std::string_view text = value.value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = text.substr(i, 3);
    if (value.quoted && here.starts_with("\\\"")) {
      out += '"';
      i += 1;
    } else if (here == "%22") {
      out += '"';
      i += 2;
    } else if (equal_ignoring_case(here, "%0d")) {
      out += '\r';
      i += 2;
    } else if (equal_ignoring_case(here, "%0a")) {
      out += '\n';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// A parameter, also as `name*` (RFC 8187): some clients send names beyond ASCII so, though RFC 7578 4.2 does
// not want it.
class disposition_parameter {
 public:
  explicit disposition_parameter(std::string_view key) noexcept : key_(key) {}

  /// Takes `p` if it is this one. Returns: what is wrong with it, or null.
  const char* take(const parameter_view& p) {
    const bool extended = p.name.ends_with('*');
    if (!equal_ignoring_case(p.name.substr(0, p.name.size() - (extended ? 1 : 0)), key_)) return nullptr;
    if (!p.closed) return "unterminated name in Content-Disposition";
    auto& value = extended ? extended_ : plain_;
    if (value) return "repeated parameter in Content-Disposition";
    value = extended ? read_extended_value(p.value) : unescape_name(p);
    return nullptr;
  }
  std::optional<std::string> value() const { return extended_ ? extended_ : plain_; }

 private:
  std::string_view key_;
  std::optional<std::string> plain_;
  std::optional<std::string> extended_;
};

// Returns: what is wrong with it, or null.
const char* parse_disposition(std::string_view value, part_head& head) {
  const auto type = h1::trim_ows(value.substr(0, value.find(';')));
  if (!equal_ignoring_case(type, "form-data")) return "a part is not form-data";
  disposition_parameter name{"name"};
  disposition_parameter filename{"filename"};
  const char* error = nullptr;
  for_each_parameter(value.substr(std::min(value.find(';'), value.size())), [&](const parameter_view& p) {
    for (auto* const one : {&name, &filename})
      if (const char* const wrong = one->take(p)) error = wrong;
  });
  if (error) return error;
  if (!name.value()) return "a part has no name";
  head.name = *name.value();
  head.filename = filename.value();
  return nullptr;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  const auto type = media_type_view::parse(content_type);
  if (!type || !type->is("multipart", "form-data")) return std::nullopt;
  std::optional<std::string> out;
  for_each_parameter(content_type.substr(std::min(content_type.find(';'), content_type.size())),
                     [&out](const parameter_view& p) {
                       if (!out && equal_ignoring_case(p.name, "boundary") && p.closed) out = p.value;
                     });
  if (out && !is_boundary(*out)) out.reset();
  return out;
}

// A line end in front makes the first boundary look like the others.
parser::parser(std::string_view boundary, const multipart_limits& limits)
    : limits_(limits), delimiter_("\r\n--" + std::string{boundary}), held_("\r\n") {}

void parser::feed(std::string_view input) {
  data_ = {};
  if (state_ == state::done || state_ == state::failed) return;
  held_.erase(0, begin_);
  begin_ = 0;
  held_.append(input);
}

parser::event parser::wait() {
  return finished_ ? fail(errc::truncated, "the body ends before its last boundary") : event::need_input;
}

parser::event parser::fail(boost::system::error_code error, const char* reason) {
  state_ = state::failed;
  error_ = error;
  reason_ = reason;
  return event::error;
}

parser::event parser::next() {
  data_ = {};
  switch (state_) {
    case state::done:
      return event::end;
    case state::failed:
      return event::error;
    case state::head:
      return next_of_head();
    case state::content:
      return next_of_content();
    case state::preamble:
      break;
  }
  // What precedes the first boundary is ignored.
  event what = event::data;
  while (what == event::data) what = next_of_content();
  return what;
}

// What follows the boundary says whether it is one: a line end after optional spaces, or two hyphens.
parser::delimiter parser::look_at_delimiter(std::size_t& size) const noexcept {
  const auto after = rest().substr(delimiter_.size());
  if (after.empty() || after == "-") return delimiter::incomplete;
  if (after.starts_with("--")) return delimiter::last;
  const auto end = std::min(after.find_first_not_of(" \t"), after.size());
  if (end > limits_.max_header_bytes) return delimiter::none;
  const auto line_end = after.substr(end, 2);
  size = delimiter_.size() + end + 2;
  if (line_end == "\r\n") return delimiter::next_part;
  return line_end.empty() || line_end == "\r" ? delimiter::incomplete : delimiter::none;
}

// How many bytes cannot be the beginning of a delimiter. Precondition: there is no whole one.
std::size_t parser::surely_content() const noexcept {
  const auto text = rest();
  std::size_t from = text.size() - std::min(text.size(), delimiter_.size() - 1);
  while (true) {
    from = std::min(text.find('\r', from), text.size());
    if (std::string_view{delimiter_}.starts_with(text.substr(from))) return from;
    ++from;
  }
}

parser::event parser::give(std::size_t bytes) {
  data_ = rest().substr(0, bytes);
  begin_ += bytes;
  size_ += bytes;
  if (state_ == state::preamble) {
    return size_ > limits_.max_header_bytes + 2
               ? fail(errc::malformed_multipart, "no boundary where the body begins")
               : event::data;
  }
  return size_ > limits_.max_part_size ? fail(errc::body_too_large, "a part is too large") : event::data;
}

parser::event parser::next_of_content() {
  const auto found = rest().find(delimiter_);
  if (found == std::string_view::npos) {
    const auto bytes = surely_content();
    return bytes == 0 ? wait() : give(bytes);
  }
  if (found != 0) return give(found);
  std::size_t size = 0;
  const auto what = look_at_delimiter(size);
  if (what == delimiter::incomplete) return wait();
  if (what == delimiter::none) return give(delimiter_.size());
  const bool in_part = state_ == state::content;
  state_ = what == delimiter::last ? state::done : state::head;
  if (state_ == state::head) begin_ += size;
  size_ = 0;
  return in_part ? event::part_end : next();
}

parser::event parser::next_of_head() {
  const auto text = rest();
  if (parts_ == limits_.max_parts) return fail(errc::malformed_multipart, "too many parts");
  const auto end = text.find("\r\n\r\n");
  // Without an end, the last three bytes may be the beginning of one.
  const auto size = end == text.npos ? text.size() - std::min<std::size_t>(text.size(), 3) : end;
  if (size > limits_.max_header_bytes)
    return fail(errc::malformed_multipart, "the fields of a part are too large");
  if (text.starts_with("\r\n")) return fail(errc::malformed_multipart, "a part has no name");
  if (end == text.npos) return wait();
  head_ = {};
  if (const char* const reason = parse_head(text.substr(0, end + 2)))
    return fail(errc::malformed_multipart, reason);
  ++parts_;
  begin_ += end + 4;
  size_ = 0;
  state_ = state::content;
  return event::part;
}

const char* parser::parse_head(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(line.size() + 2);
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    const auto value = h1::trim_ows(line.substr(std::min(colon + 1, line.size())));
    if (colon == line.size() || !is_token(name) || !is_field_value(value)) return "malformed field of a part";
    head_.headers.append(name, value);
  }
  const auto disposition = head_.headers.get(header_id::content_disposition);
  if (!disposition) return "a part has no Content-Disposition";
  if (head_.headers.view().is_repeated(header_id::content_disposition)) return "repeated Content-Disposition";
  return parse_disposition(*disposition, head_);
}

}  // namespace bight::http::multipart_detail
