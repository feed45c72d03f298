#include <bight/pg/error.hpp>
#include <cstddef>
#include <utility>

#include <bight/core/error.hpp>

namespace bight::pg {
namespace {

const char* text_of(errc code) noexcept {
  switch (code) {
    case errc::invalid_option:
      return "invalid connection option";
    case errc::protocol_violation:
      return "the server violated the protocol";
    case errc::message_too_large:
      return "message too large";
    case errc::connection_lost:
      return "the server closed the connection";
    case errc::connection_closed:
      return "the connection is closed";
    case errc::busy:
      return "another call on this connection has not completed";
    case errc::authentication_failed:
      return "authentication failed";
    case errc::unsupported_authentication:
      return "authentication method not supported";
    case errc::tls_refused:
      return "the server does not offer TLS";
    case errc::no_suitable_host:
      return "no suitable host";
    case errc::wrong_parameter:
      return "parameter does not fit";
    case errc::wrong_column:
      return "column does not fit";
    case errc::unexpected_null:
      return "unexpected NULL";
    case errc::no_rows:
      return "no rows";
    case errc::result_too_large:
      return "result too large";
    case errc::unexpected_copy:
      return "unexpected COPY";
    case errc::pipeline_aborted:
      return "skipped, because an earlier statement of the pipeline failed";
    case errc::transaction_state:
      return "the transaction is not active";
  }
  return "unknown bight.pg error";
}

// Boost's base class has a protected destructor that is not virtual; nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class room_category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight.pg"; }
  std::string message(int code) const override { return text_of(static_cast<errc>(code)); }
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    const auto e = static_cast<errc>(code);
    if (condition == transient) return e == errc::connection_lost || e == errc::no_suitable_host;
    return error_category::equivalent(code, condition);
  }
};
#pragma GCC diagnostic pop

void add(std::string& text, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  text.append("; ").append(label).append(": ").append(value);
}

// A pooler that gives each transaction another server connection does not know the statements of before.
bool smells_of_pooler(std::string_view state) noexcept { return state == "26000" || state == "42P05"; }

std::string text_of(const error::fields& f) {
  std::string text = f.message;
  add(text, "detail", f.detail);
  add(text, "hint", f.hint);
  if (f.position > 0) add(text, "at character", std::to_string(f.position));
  add(text, "query", f.query_name);
  if (smells_of_pooler(f.state))
    add(text, "hint",
        "behind a pooler such as pgbouncer in transaction mode, use the option prepare=one_shot");
  return text;
}

}  // namespace

const boost::system::error_category& pg_category() noexcept {
  static const room_category instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), pg_category()};
}

error::error(fields f)
    : system_error(make_sqlstate(f.state), text_of(f)),
      fields_(std::make_shared<const fields>(std::move(f))) {}

}  // namespace bight::pg
