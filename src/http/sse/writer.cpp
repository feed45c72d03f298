#include "http/sse/writer.hpp"

#include <algorithm>
#include <array>
#include <bight/http/error.hpp>
#include <charconv>

namespace bight::http::sse {
namespace {

bool is_one_line(std::string_view text) noexcept {
  constexpr std::string_view forbidden{"\r\n\0", 3};
  return text.find_first_of(forbidden) == text.npos;
}

// Each line of `text` with `begin` in front. There is always one, and one more behind a line end at the end.
void append_lines(std::string& out, std::string_view begin, std::string_view text) {
  while (true) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    out.append(begin).append(text.substr(0, end)).append("\n");
    if (end == text.size()) return;
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\n");
}

}  // namespace

boost::system::error_code append_event(std::string& out, const server_sent_event& event) {
  if (!is_one_line(event.type) || !is_one_line(event.id)) return make_error_code(errc::invalid_event);
  if (!event.id.empty()) append_field(out, "id", event.id);
  if (!event.type.empty()) append_field(out, "event", event.type);
  append_lines(out, "data: ", event.data);
  out += '\n';
  return {};
}

void append_comment(std::string& out, std::string_view text) {
  append_lines(out, text.empty() ? ":" : ": ", text);
  out += '\n';
}

void append_retry(std::string& out, std::chrono::milliseconds delay) {
  std::array<char, 24> room{};
  const auto value = std::max<std::chrono::milliseconds::rep>(delay.count(), 0);
  const auto* const end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
  append_field(out, "retry", {room.data(), static_cast<std::size_t>(end - room.data())});
  out += '\n';
}

}  // namespace bight::http::sse
