// The messages of a client (PostgreSQL 15, 55.7), appended to a buffer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bight::pg::wire {

/// The server drops the connection at a longer one.
inline constexpr std::size_t max_frontend_message = 0x3fffffff;
inline constexpr std::uint32_t protocol_3_0 = 3U << 16U;

/// Writes the type and, at the end, the length of a message whose body is appended to `to` meanwhile.
class message_writer {
 public:
  message_writer(std::string& to, char type) : to_(&to) {
    to.push_back(type);
    begin_ = to.size();
    to.append(4, '\0');
  }
  /// Without a type: the messages before the authentication.
  explicit message_writer(std::string& to) : to_(&to), begin_(to.size()) { to.append(4, '\0'); }
  message_writer(const message_writer&) = delete;
  message_writer& operator=(const message_writer&) = delete;
  ~message_writer();

  std::string& body() noexcept { return *to_; }
  /// `text` and a null byte. Precondition: it contains none.
  void text(std::string_view t) {
    to_->append(t);
    to_->push_back('\0');
  }

 private:
  std::string* to_;
  std::size_t begin_;
};

using settings = std::span<const std::pair<std::string, std::string>>;

void append_startup(std::string& to, settings parameters);
void append_ssl_request(std::string& to);
void append_cancel_request(std::string& to, std::uint32_t pid, std::string_view key);
void append_password(std::string& to, std::string_view password);
void append_sasl_initial(std::string& to, std::string_view mechanism, std::string_view data);
void append_sasl_response(std::string& to, std::string_view data);
void append_query(std::string& to, std::string_view sql);
void append_parse(std::string& to, std::string_view name, std::string_view sql,
                  std::span<const std::uint32_t> types);
/// Of a statement ('S') or a portal ('P').
void append_describe(std::string& to, char kind, std::string_view name);
void append_close(std::string& to, char kind, std::string_view name);
/// `max_rows` 0: all.
void append_execute(std::string& to, std::string_view portal, std::uint32_t max_rows);
void append_sync(std::string& to);
void append_flush(std::string& to);
void append_terminate(std::string& to);
void append_copy_done(std::string& to);
void append_copy_fail(std::string& to, std::string_view reason);

/// A Bind message: parameters are appended one by one, then `finish`.
class bind_writer {
 public:
  /// `formats`: one code for all parameters, or one each.
  bind_writer(std::string& to, std::string_view portal, std::string_view statement,
              std::span<const std::uint16_t> formats, std::size_t parameters);

  void null() { append_length(0xffffffff); }
  void value(std::string_view bytes) {
    append_length(static_cast<std::uint32_t>(bytes.size()));
    message_.body().append(bytes);
  }
  /// A value that is appended to `body()` between the two calls.
  void begin_value() {
    value_ = message_.body().size();
    message_.body().append(4, '\0');
  }
  void end_value();
  /// NULL instead of the value that was begun.
  void null_value();
  std::string& body() noexcept { return message_.body(); }
  /// `formats` of the columns: none (text), one for all, or one each.
  void finish(std::span<const std::uint16_t> formats);

 private:
  void append_length(std::uint32_t n);

  message_writer message_;
  std::size_t value_ = 0;
};

}  // namespace bight::pg::wire
