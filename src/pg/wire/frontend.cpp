#include "pg/wire/frontend.hpp"

#include "pg/wire/bytes.hpp"

namespace bight::pg::wire {
namespace {

constexpr std::uint32_t ssl_request_code = 80877103;
constexpr std::uint32_t cancel_request_code = 80877102;

void append_empty(std::string& to, char type) { const message_writer m{to, type}; }

}  // namespace

message_writer::~message_writer() {
  store32(to_->data() + begin_, static_cast<std::uint32_t>(to_->size() - begin_));
}

void append_startup(std::string& to, settings parameters) {
  message_writer m{to};
  append32(to, protocol_3_0);
  for (const auto& [name, value] : parameters) {
    m.text(name);
    m.text(value);
  }
  to.push_back('\0');
}

void append_ssl_request(std::string& to) {
  const message_writer m{to};
  append32(to, ssl_request_code);
}

void append_cancel_request(std::string& to, std::uint32_t pid, std::string_view key) {
  const message_writer m{to};
  append32(to, cancel_request_code);
  append32(to, pid);
  to.append(key);
}

void append_password(std::string& to, std::string_view password) {
  message_writer m{to, 'p'};
  m.text(password);
}

void append_sasl_initial(std::string& to, std::string_view mechanism, std::string_view data) {
  message_writer m{to, 'p'};
  m.text(mechanism);
  append32(to, static_cast<std::uint32_t>(data.size()));
  to.append(data);
}

void append_sasl_response(std::string& to, std::string_view data) {
  const message_writer m{to, 'p'};
  to.append(data);
}

void append_query(std::string& to, std::string_view sql) {
  message_writer m{to, 'Q'};
  m.text(sql);
}

void append_parse(std::string& to, std::string_view name, std::string_view sql,
                  std::span<const std::uint32_t> types) {
  message_writer m{to, 'P'};
  m.text(name);
  m.text(sql);
  append16(to, static_cast<std::uint16_t>(types.size()));
  for (const auto oid : types) append32(to, oid);
}

void append_describe(std::string& to, char kind, std::string_view name) {
  message_writer m{to, 'D'};
  to.push_back(kind);
  m.text(name);
}

void append_close(std::string& to, char kind, std::string_view name) {
  message_writer m{to, 'C'};
  to.push_back(kind);
  m.text(name);
}

void append_execute(std::string& to, std::string_view portal, std::uint32_t max_rows) {
  message_writer m{to, 'E'};
  m.text(portal);
  append32(to, max_rows);
}

void append_sync(std::string& to) { append_empty(to, 'S'); }
void append_flush(std::string& to) { append_empty(to, 'H'); }
void append_terminate(std::string& to) { append_empty(to, 'X'); }
void append_copy_done(std::string& to) { append_empty(to, 'c'); }

void append_copy_fail(std::string& to, std::string_view reason) {
  message_writer m{to, 'f'};
  m.text(reason);
}

bind_writer::bind_writer(std::string& to, std::string_view portal, std::string_view statement,
                         std::span<const std::uint16_t> formats, std::size_t parameters)
    : message_(to, 'B') {
  message_.text(portal);
  message_.text(statement);
  append16(to, static_cast<std::uint16_t>(formats.size()));
  for (const auto f : formats) append16(to, f);
  append16(to, static_cast<std::uint16_t>(parameters));
}

void bind_writer::append_length(std::uint32_t n) { append32(message_.body(), n); }

void bind_writer::end_value() {
  auto& to = message_.body();
  store32(to.data() + value_, static_cast<std::uint32_t>(to.size() - value_ - 4));
}

void bind_writer::null_value() {
  auto& to = message_.body();
  to.resize(value_ + 4);
  store32(to.data() + value_, 0xffffffff);
}

void bind_writer::finish(std::span<const std::uint16_t> formats) {
  auto& to = message_.body();
  append16(to, static_cast<std::uint16_t>(formats.size()));
  for (const auto f : formats) append16(to, f);
}

}  // namespace bight::pg::wire
