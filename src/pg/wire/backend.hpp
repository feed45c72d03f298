// The messages of a server (PostgreSQL 15, 55.7): framing, and what they contain.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pg/wire/bytes.hpp"

namespace bight::pg::wire {

/// The types of messages, by their first byte.
enum class message_type : char {
  authentication = 'R',
  backend_key = 'K',
  bind_complete = '2',
  close_complete = '3',
  command_complete = 'C',
  copy_data = 'd',
  copy_done = 'c',
  copy_in = 'G',
  copy_out = 'H',
  copy_both = 'W',
  data_row = 'D',
  empty_query = 'I',
  error = 'E',
  negotiate_version = 'v',
  no_data = 'n',
  notice = 'N',
  notification = 'A',
  parameter_description = 't',
  parameter_status = 'S',
  parse_complete = '1',
  portal_suspended = 's',
  ready = 'Z',
  row_description = 'T',
};

enum class frame_state : std::uint8_t {
  complete,
  incomplete,  ///< More bytes are needed.
  bad_length,  ///< Under four.
  too_large,   ///< Over the limit.
  unknown_type,
};

struct frame {
  frame_state state = frame_state::incomplete;
  message_type type{};
  std::string_view body;
  std::size_t size = 0;  ///< With type and length; if incomplete, how many bytes there will be, or 0.
};

/// The first message of `in`. A length that is not allowed is found as soon as it has come.
frame next_frame(std::string_view in, std::uint32_t max_message) noexcept;

/// What an ErrorResponse or NoticeResponse says.
struct report {
  std::string_view severity, state, message, detail, hint, position, where, schema, table, column, data_type,
      constraint, routine;
};
/// False if it is malformed.
bool parse_report(std::string_view body, report& r) noexcept;

/// A column of a RowDescription.
struct column_description {
  std::string name;
  std::uint32_t table = 0;
  std::uint16_t number = 0;  ///< In the table.
  std::uint32_t type = 0;
  std::int16_t type_size = 0;
  std::int32_t modifier = -1;
  std::uint16_t format = 0;
};
bool parse_columns(std::string_view body, std::vector<column_description>& columns);
bool parse_parameter_types(std::string_view body, std::vector<std::uint32_t>& types);
/// Name and value of a ParameterStatus, channel and payload of a NotificationResponse.
bool parse_parameter(std::string_view body, std::string_view& name, std::string_view& value) noexcept;
bool parse_notification(std::string_view body, std::uint32_t& pid, std::string_view& channel,
                        std::string_view& payload) noexcept;
bool parse_backend_key(std::string_view body, std::uint32_t& pid, std::string_view& key) noexcept;
/// The tag of a CommandComplete, such as "INSERT 0 5".
bool parse_tag(std::string_view body, std::string_view& tag) noexcept;
/// The number at its end; 0 if there is none.
std::uint64_t rows_of_tag(std::string_view tag) noexcept;
/// The overall format of a Copy*Response (0 text, 1 binary) and the number of columns.
bool parse_copy(std::string_view body, char& format, std::uint16_t& columns) noexcept;

/// Whether a DataRow consists of `columns` fields exactly.
inline bool valid_row(std::string_view body, std::size_t columns) noexcept {
  const char* p = body.data();
  const char* const end = p + body.size();
  if (end - p < 2 || load16(p) != columns) return false;
  p += 2;
  for (; columns != 0; --columns) {
    if (end - p < 4) return false;
    const auto n = static_cast<std::int32_t>(load32(p));
    p += 4;
    if (n < 0) {
      if (n != -1) return false;
      continue;
    }
    if (end - p < n) return false;
    p += n;
  }
  return p == end;
}

}  // namespace bight::pg::wire
