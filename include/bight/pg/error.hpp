// errc, error: what can go wrong between a program and PostgreSQL.
#pragma once
#include <bight/pg/sqlstate.hpp>
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::pg {

/// Error codes of bight::pg, thrown as boost::system::system_error with the details in the text. What the
/// server reports is thrown as pg::error, with a code made of its SQLSTATE. connection_lost and
/// no_suitable_host are bight::transient, which `retry` retries.
enum class errc {
  invalid_option = 1,     ///< A connection string, variable or option cannot be understood.
  protocol_violation,     ///< The server sent what the protocol does not allow.
  message_too_large,      ///< A message exceeds max_message_bytes.
  connection_lost,        ///< The server closed the connection.
  connection_closed,      ///< The connection was closed here, or broken by an earlier failure.
  busy,                   ///< A call on a connection whose previous call has not completed.
  authentication_failed,  ///< The server asks for what cannot or may not be done, or cannot prove itself.
  unsupported_authentication,  ///< GSSAPI, SSPI, or a method that is not known.
  tls_refused,                 ///< sslmode requires TLS, and the server does not offer it.
  no_suitable_host,            ///< No host accepts connections with the wanted target_session_attrs.
  wrong_parameter,    ///< A parameter does not fit the type that the server expects, or their number differs.
  wrong_column,       ///< A column does not fit the type that it is read into.
  unexpected_null,    ///< NULL in a column that is not read into an optional.
  no_rows,            ///< fetch_value found no row.
  result_too_large,   ///< A result exceeds max_result_bytes.
  unexpected_copy,    ///< COPY ... FROM STDIN or TO STDOUT in a call that is not for it, or none in one that
                      ///< is.
  pipeline_aborted,   ///< A statement of a pipeline was skipped because an earlier one failed.
  transaction_state,  ///< The transaction has ended or is not the innermost one.
};

/// The category "bight.pg".
const boost::system::error_category& pg_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// An error reported by the server. Its code is that of the SQLSTATE:
///
///     try {
///       co_await db.execute("insert into users (name) values ($1)", name);
///     } catch (const pg::error& e) {
///       if (e.code() != pg::sqlstate::unique_violation) throw;
///       ...
///     }
///
/// `what()` contains the message, the SQLSTATE, detail, hint, position and the name of the query. Cheap to
/// copy.
class error : public boost::system::system_error {
 public:
  /// The fields of the report; those that the server did not send are empty.
  class fields {
   public:
    fields() {}

    std::string severity;  ///< "ERROR", "FATAL", "PANIC"; of notices "WARNING", "NOTICE" and so on.
    std::string state;     ///< The SQLSTATE, five characters.
    std::string message;
    std::string detail;
    std::string hint;
    std::string where;  ///< The context, such as the stack of PL/pgSQL functions.
    std::string schema;
    std::string table;
    std::string column;
    std::string data_type;
    std::string constraint;
    std::string routine;     ///< The function in the source of the server.
    std::string query_name;  ///< The name given with `pg::query`; otherwise empty.
    int position = 0;        ///< The character of the query at which the error was found, from 1; 0: unknown.
  };

  explicit error(fields f);

  const std::string& severity() const noexcept { return fields_->severity; }
  /// The SQLSTATE, five characters, such as "23505".
  const std::string& state() const noexcept { return fields_->state; }
  const std::string& message() const noexcept { return fields_->message; }
  const std::string& detail() const noexcept { return fields_->detail; }
  const std::string& hint() const noexcept { return fields_->hint; }
  const std::string& where() const noexcept { return fields_->where; }
  const std::string& schema() const noexcept { return fields_->schema; }
  const std::string& table() const noexcept { return fields_->table; }
  const std::string& column() const noexcept { return fields_->column; }
  const std::string& data_type() const noexcept { return fields_->data_type; }
  const std::string& constraint() const noexcept { return fields_->constraint; }
  const std::string& routine() const noexcept { return fields_->routine; }
  const std::string& query_name() const noexcept { return fields_->query_name; }
  int position() const noexcept { return fields_->position; }

 private:
  std::shared_ptr<const fields> fields_;
};

/// A message of the server that is not an error: see connection::on_notice.
using notice = error::fields;

}  // namespace bight::pg

template <>
struct boost::system::is_error_code_enum<bight::pg::errc> : std::true_type {};
