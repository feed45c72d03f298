// Properties: the events do not depend on how the stream was split, limits hold, and an event that is written
// again is read as the same. The first byte of the input chooses the split, the rest is a stream.
#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/server_sent_event.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/sse/parser.hpp"
#include "http/sse/writer.hpp"

namespace {

using bight::http::server_sent_event;
using bight::http::sse::parser;

constexpr bight::http::event_limits limits{.max_event = 100};

struct outcome {
  std::string text;  // what all splits have in common
  std::vector<server_sent_event> events;
};

outcome read(std::string_view stream, std::size_t piece) {
  parser p{limits};
  outcome out;
  while (!stream.empty()) {
    auto input = stream.substr(0, piece);
    stream.remove_prefix(input.size());
    auto what = p.read(input);
    for (; what == parser::result::event; what = p.read(input)) {
      const auto& e = p.event();
      out.text += '[' + e.type + '|' + e.data + '|' + e.id + ']';
      out.events.push_back(e);
      // A byte that is malformed becomes three.
      if (e.data.size() > 3 * limits.max_event || e.type.size() > 3 * limits.max_event) std::abort();
      if (!bight::detail::is_utf8(e.data + e.type + e.id)) std::abort();
    }
    if (what == parser::result::too_large) {
      out.text += "too large";
      return out;
    }
    if (!input.empty()) std::abort();
  }
  out.text += '(' + p.last_event_id() + ')';
  if (const auto retry = p.retry()) out.text += std::to_string(retry->count());
  return out;
}

// A zero byte may be in a type that was received, and not in one that is sent.
void write_and_read(const server_sent_event& e) {
  if (e.type.find('\0') != e.type.npos) return;
  std::string text;
  if (bight::http::sse::append_event(text, e)) std::abort();
  parser p;
  std::string_view input = text;
  if (p.read(input) != parser::result::event || !input.empty()) std::abort();
  if (p.event().data != e.data || p.event().type != e.type || p.event().id != e.id) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(stream, stream.size() + 1);
  if (read(stream, data[0] % 40U + 1).text != whole.text || read(stream, 1).text != whole.text) std::abort();
  for (const auto& e : whole.events) write_and_read(e);
  return 0;
}
