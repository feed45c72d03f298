#include "http/sse/parser.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <utility>

namespace bight::http::sse {
namespace {

std::size_t end_of_line(std::string_view text) noexcept {
  const auto line_feed = std::min(text.find('\n'), text.size());
  return std::min(text.substr(0, line_feed).find('\r'), line_feed);
}

// A stream is UTF-8 by definition.
std::string decoded(std::string text) {
  if (bight::detail::is_utf8(text)) return text;
  return bight::detail::replace_malformed_utf8(text);
}

}  // namespace

bool parser::fits(std::size_t more) const noexcept {
  const auto used = data_.size() + type_.size();
  return used <= limits_.max_event && more <= limits_.max_event - used;
}

void parser::read_retry(std::string_view digits) noexcept {
  constexpr std::int64_t longest = 1'000'000'000'000;  // 30 years; no sum with it overflows
  std::int64_t value = 0;
  if (digits.empty()) return;
  for (const char c : digits) {
    if (c < '0' || c > '9') return;
    value = std::min(value * 10 + (c - '0'), longest);
  }
  retry_ = std::chrono::milliseconds{value};
}

// Returns: false if the event exceeds the limit.
bool parser::take_field(std::string_view line) {
  const auto colon = std::min(line.find(':'), line.size());
  const auto name = line.substr(0, colon);
  auto value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (!fits(value.size() + 1)) return false;
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    type_.clear();
    if (!fits(value.size())) return false;
    type_ = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_ = value;
  } else if (name == "retry") {
    read_retry(value);
  }
  return true;
}

// Returns: whether there is an event.
bool parser::dispatch() {
  if (last_id_ != id_) last_id_ = id_ = decoded(id_);
  const bool complete = std::exchange(has_data_, false);
  if (complete) {
    event_.data = decoded(std::move(data_));
    event_.type = type_.empty() ? "message" : decoded(std::move(type_));
    event_.id = last_id_;
  }
  data_.clear();
  type_.clear();
  return complete;
}

// A line ends: `rest_of_line` is behind what was kept of it. Returns: false if it exceeds a limit.
bool parser::end_line(std::string_view rest_of_line, bool& complete) {
  auto line = rest_of_line;
  if (!line_.empty()) {
    line_.append(rest_of_line);
    line = line_;
  }
  bool ok = line.size() <= limits_.max_event;
  constexpr auto mark = bight::detail::utf8_byte_order_mark;
  if (std::exchange(first_line_, false) && line.starts_with(mark)) line.remove_prefix(mark.size());
  if (line.empty())
    complete = dispatch();
  else
    ok = ok && take_field(line);
  line_.clear();
  return ok;
}

parser::result parser::read(std::string_view& input) {
  if (failed_) return result::too_large;
  while (!input.empty()) {
    if (std::exchange(skip_line_feed_, false) && input.front() == '\n') {
      input.remove_prefix(1);
      continue;
    }
    if (position_ == position::line_begin)
      position_ = input.front() == ':' ? position::comment : position::line;
    const auto end = end_of_line(input);
    const auto piece = input.substr(0, end);
    if (end == input.size()) {
      input = {};
      if (position_ == position::comment) break;  // however long, nothing of it is kept
      failed_ = piece.size() > limits_.max_event || line_.size() > limits_.max_event - piece.size();
      if (failed_) return result::too_large;
      line_.append(piece);
      break;
    }
    skip_line_feed_ = input[end] == '\r';
    input.remove_prefix(end + 1);
    bool complete = false;
    if (std::exchange(position_, position::line_begin) == position::comment)
      first_line_ = false;
    else
      failed_ = !end_line(piece, complete);
    if (failed_) return result::too_large;
    if (complete) return result::event;
  }
  return result::need_input;
}

void parser::restart() {
  line_.clear();
  data_.clear();
  type_.clear();
  id_ = last_id_;
  position_ = position::line_begin;
  first_line_ = true;
  skip_line_feed_ = has_data_ = failed_ = false;
}

}  // namespace bight::http::sse
