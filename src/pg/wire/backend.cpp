#include "pg/wire/backend.hpp"

#include <array>
#include <charconv>

namespace bight::pg::wire {
namespace {

constexpr std::size_t header = 5;

consteval std::array<bool, 256> known_types() {
  std::array<bool, 256> known{};
  for (const char c : std::string_view{"RK23CdcGHWDIEvnNAtS1sZT"})
    known[static_cast<unsigned char>(c)] = true;
  return known;
}
constexpr auto known = known_types();

}  // namespace

frame next_frame(std::string_view in, std::uint32_t max_message) noexcept {
  frame f;
  if (in.empty()) return f;
  f.type = static_cast<message_type>(in.front());
  if (!known[static_cast<unsigned char>(in.front())]) {
    f.state = frame_state::unknown_type;
    return f;
  }
  if (in.size() < header) return f;
  const auto length = load32(in.data() + 1);
  if (length < 4) {
    f.state = frame_state::bad_length;
  } else if (length > max_message) {
    f.state = frame_state::too_large;
    f.size = std::size_t{length} + 1;
  } else {
    f.size = std::size_t{length} + 1;
    if (in.size() < f.size) return f;
    f.body = in.substr(header, length - 4);
    f.state = frame_state::complete;
  }
  return f;
}

bool parse_report(std::string_view body, report& r) noexcept {
  byte_reader in{body};
  while (true) {
    const char field = in.byte();
    if (field == '\0') return in.ok();
    const auto value = in.text();
    switch (field) {
      case 'S':
        if (r.severity.empty()) r.severity = value;
        break;
      case 'V':  // not translated
        r.severity = value;
        break;
      case 'C':
        r.state = value;
        break;
      case 'M':
        r.message = value;
        break;
      case 'D':
        r.detail = value;
        break;
      case 'H':
        r.hint = value;
        break;
      case 'P':
        r.position = value;
        break;
      case 'W':
        r.where = value;
        break;
      case 's':
        r.schema = value;
        break;
      case 't':
        r.table = value;
        break;
      case 'c':
        r.column = value;
        break;
      case 'd':
        r.data_type = value;
        break;
      case 'n':
        r.constraint = value;
        break;
      case 'R':
        r.routine = value;
        break;
      default:  // "frontends should silently ignore fields of unrecognized type"
        break;
    }
    if (!in.ok()) return false;
  }
}

bool parse_columns(std::string_view body, std::vector<column_description>& columns) {
  byte_reader in{body};
  const std::size_t count = in.u16();
  columns.clear();
  columns.reserve(count < body.size() ? count : 0);
  for (std::size_t i = 0; i != count && in.ok(); ++i) {
    auto& c = columns.emplace_back();
    c.name = in.text();
    c.table = in.u32();
    c.number = in.u16();
    c.type = in.u32();
    c.type_size = static_cast<std::int16_t>(in.u16());
    c.modifier = in.i32();
    c.format = in.u16();
    if (c.format > 1) return false;
  }
  return in.complete();
}

bool parse_parameter_types(std::string_view body, std::vector<std::uint32_t>& types) {
  byte_reader in{body};
  const std::size_t count = in.u16();
  if (in.rest().size() != count * sizeof(std::uint32_t)) return false;
  types.clear();
  types.reserve(count);
  for (std::size_t i = 0; i != count; ++i) types.push_back(in.u32());
  return in.complete();
}

bool parse_parameter(std::string_view body, std::string_view& name, std::string_view& value) noexcept {
  byte_reader in{body};
  name = in.text();
  value = in.text();
  return in.complete();
}

bool parse_notification(std::string_view body, std::uint32_t& pid, std::string_view& channel,
                        std::string_view& payload) noexcept {
  byte_reader in{body};
  pid = in.u32();
  channel = in.text();
  payload = in.text();
  return in.complete();
}

// The key has four bytes in version 3.0, and up to 256 in 3.2.
bool parse_backend_key(std::string_view body, std::uint32_t& pid, std::string_view& key) noexcept {
  byte_reader in{body};
  pid = in.u32();
  key = in.rest();
  return in.ok() && key.size() >= 4 && key.size() <= 256;
}

bool parse_tag(std::string_view body, std::string_view& tag) noexcept {
  byte_reader in{body};
  tag = in.text();
  return in.complete();
}

std::uint64_t rows_of_tag(std::string_view tag) noexcept {
  const auto digits = tag.substr(tag.rfind(' ') + 1);
  std::uint64_t n = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return failed == std::errc{} && end == digits.data() + digits.size() ? n : 0;
}

bool parse_copy(std::string_view body, char& format, std::uint16_t& columns) noexcept {
  byte_reader in{body};
  format = in.byte();
  columns = in.u16();
  if (!in.ok() || format > 1 || in.rest().size() != columns * sizeof(std::uint16_t)) return false;
  return true;
}

}  // namespace bight::pg::wire
