// Any bytes are what a server sends, during the start and afterwards. The result does not depend on how they
// are split.
#include <bight/pg/error.hpp>

#include "fuzz/require.hpp"
#include "pg/wire/handshake.hpp"
#include "pg/wire/protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bight::pg::wire;

void look_inside(const event& e) {
  report r;
  std::vector<column_description> columns;
  std::vector<std::uint32_t> types;
  std::string_view a;
  std::string_view b;
  std::uint32_t pid = 0;
  char format = 0;
  std::uint16_t count = 0;
  static_cast<void>(parse_report(e.body, r));
  static_cast<void>(parse_columns(e.body, columns));
  static_cast<void>(parse_parameter_types(e.body, types));
  static_cast<void>(parse_parameter(e.body, a, b));
  static_cast<void>(parse_notification(e.body, pid, a, b));
  static_cast<void>(parse_backend_key(e.body, pid, a));
  static_cast<void>(parse_copy(e.body, format, count));
  if (parse_tag(e.body, a)) static_cast<void>(rows_of_tag(a));
  for (std::size_t n = 0; n != 4; ++n) static_cast<void>(valid_row(e.body, n));
}

protocol conversation(std::uint8_t kind) {
  protocol p{4096};
  if ((kind & 1U) != 0) p.expect(request::simple);
  for (const auto r : {request::parse, request::describe_statement, request::sync, request::bind,
                       request::describe_portal, request::execute, request::close, request::sync})
    p.expect(r);
  return p;
}

std::vector<event_kind> events(protocol p, std::string_view bytes, std::size_t step) {
  std::vector<event_kind> kinds;
  std::size_t begin = 0;
  for (std::size_t end = 0; end <= bytes.size();
       end = end == bytes.size() ? end + 1 : std::min(end + step, bytes.size())) {
    while (true) {
      const auto e = p.next(bytes.substr(begin, end - begin));
      if (e.kind == event_kind::need_more) break;
      kinds.push_back(e.kind);
      if (e.kind == event_kind::failed || e.kind == event_kind::too_large) return kinds;
      require(e.size > 4 && e.size <= end - begin);
      look_inside(e);
      begin += e.size;
    }
  }
  return kinds;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = events(conversation(*data), bytes, bytes.size() + 1);
  require(events(conversation(*data), bytes, 1) == whole);

  credentials who;
  who.user = "user";
  who.password = "password";
  who.end_point = (*data & 2U) != 0 ? "certificate" : "";
  scram_keys keys;
  handshake shake{who, keys, "nonce"};
  auto rest = bytes;
  std::string out;
  const auto s = shake.feed(rest, out);
  require(rest.size() <= bytes.size());
  require(s != handshake::state::failed || !shake.failure().empty());
  return 0;
}
