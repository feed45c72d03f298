// sqlstate: the error codes of PostgreSQL (appendix A of its manual).
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <boost/system/is_error_condition_enum.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::pg {

namespace detail {
/// Five characters of 0-9 and A-Z as a number to the base 36; 0 for anything else.
constexpr int state_number(std::string_view five) noexcept {
  if (five.size() != 5) return 0;
  int n = 0;
  for (const char c : five) {
    if (c >= '0' && c <= '9')
      n = n * 36 + (c - '0');
    else if (c >= 'A' && c <= 'Z')
      n = n * 36 + (c - 'A' + 10);
    else
      return 0;
  }
  return n;
}
constexpr int class_number(std::string_view two) noexcept {
  const char five[] = {two[0], two[1], '0', '0', '0'};
  return state_number({five, sizeof five}) + 1;  // 0 is no condition
}
}  // namespace detail

/// SQLSTATEs that programs ask for. `e.code() == pg::sqlstate::unique_violation`. For any other:
/// `e.code() == pg::make_sqlstate("22012")`, or `e.state() == "22012"`.
enum class sqlstate : int {
  string_data_right_truncation = detail::state_number("22001"),
  numeric_value_out_of_range = detail::state_number("22003"),
  division_by_zero = detail::state_number("22012"),
  invalid_text_representation = detail::state_number("22P02"),
  not_null_violation = detail::state_number("23502"),
  foreign_key_violation = detail::state_number("23503"),
  unique_violation = detail::state_number("23505"),
  check_violation = detail::state_number("23514"),
  exclusion_violation = detail::state_number("23P01"),
  active_sql_transaction = detail::state_number("25001"),
  read_only_sql_transaction = detail::state_number("25006"),
  in_failed_sql_transaction = detail::state_number("25P02"),
  idle_in_transaction_session_timeout = detail::state_number("25P03"),
  invalid_sql_statement_name = detail::state_number("26000"),
  invalid_authorization_specification = detail::state_number("28000"),
  invalid_password = detail::state_number("28P01"),
  invalid_catalog_name = detail::state_number("3D000"),
  serialization_failure = detail::state_number("40001"),
  deadlock_detected = detail::state_number("40P01"),
  syntax_error = detail::state_number("42601"),
  insufficient_privilege = detail::state_number("42501"),
  undefined_column = detail::state_number("42703"),
  undefined_function = detail::state_number("42883"),
  undefined_table = detail::state_number("42P01"),
  duplicate_prepared_statement = detail::state_number("42P05"),
  duplicate_table = detail::state_number("42P07"),
  feature_not_supported = detail::state_number("0A000"),
  too_many_connections = detail::state_number("53300"),
  lock_not_available = detail::state_number("55P03"),
  query_canceled = detail::state_number("57014"),
  admin_shutdown = detail::state_number("57P01"),
  crash_shutdown = detail::state_number("57P02"),
  cannot_connect_now = detail::state_number("57P03"),
};

/// The classes of SQLSTATEs, their first two characters, as conditions:
/// `e.code() == pg::sqlstate_class::integrity_constraint_violation`.
enum class sqlstate_class : int {
  successful_completion = detail::class_number("00"),
  warning = detail::class_number("01"),
  no_data = detail::class_number("02"),
  sql_statement_not_yet_complete = detail::class_number("03"),
  connection_exception = detail::class_number("08"),
  triggered_action_exception = detail::class_number("09"),
  feature_not_supported = detail::class_number("0A"),
  invalid_transaction_initiation = detail::class_number("0B"),
  locator_exception = detail::class_number("0F"),
  invalid_grantor = detail::class_number("0L"),
  invalid_role_specification = detail::class_number("0P"),
  diagnostics_exception = detail::class_number("0Z"),
  case_not_found = detail::class_number("20"),
  cardinality_violation = detail::class_number("21"),
  data_exception = detail::class_number("22"),
  integrity_constraint_violation = detail::class_number("23"),
  invalid_cursor_state = detail::class_number("24"),
  invalid_transaction_state = detail::class_number("25"),
  invalid_sql_statement_name = detail::class_number("26"),
  triggered_data_change_violation = detail::class_number("27"),
  invalid_authorization_specification = detail::class_number("28"),
  dependent_privilege_descriptors_still_exist = detail::class_number("2B"),
  invalid_transaction_termination = detail::class_number("2D"),
  sql_routine_exception = detail::class_number("2F"),
  invalid_cursor_name = detail::class_number("34"),
  external_routine_exception = detail::class_number("38"),
  external_routine_invocation_exception = detail::class_number("39"),
  savepoint_exception = detail::class_number("3B"),
  invalid_catalog_name = detail::class_number("3D"),
  invalid_schema_name = detail::class_number("3F"),
  transaction_rollback = detail::class_number("40"),
  syntax_error_or_access_rule_violation = detail::class_number("42"),
  with_check_option_violation = detail::class_number("44"),
  insufficient_resources = detail::class_number("53"),
  program_limit_exceeded = detail::class_number("54"),
  object_not_in_prerequisite_state = detail::class_number("55"),
  operator_intervention = detail::class_number("57"),
  system_error = detail::class_number("58"),
  snapshot_failure = detail::class_number("72"),
  config_file_error = detail::class_number("F0"),
  fdw_error = detail::class_number("HV"),
  plpgsql_error = detail::class_number("P0"),
  internal_error = detail::class_number("XX"),
};

/// The category "bight.postgresql": codes that servers report. serialization_failure, deadlock_detected, the
/// classes connection_exception and operator_intervention but query_canceled, and too_many_connections are
/// bight::transient.
const boost::system::error_category& sqlstate_category() noexcept;
boost::system::error_code make_error_code(sqlstate state) noexcept;
boost::system::error_condition make_error_condition(sqlstate_class c) noexcept;
/// The code of a SQLSTATE; one that is not five characters of 0-9 and A-Z becomes XX000.
boost::system::error_code make_sqlstate(std::string_view five) noexcept;
/// The five characters of a code of that category.
std::string sqlstate_text(int code);

}  // namespace bight::pg

template <>
struct boost::system::is_error_code_enum<bight::pg::sqlstate> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<bight::pg::sqlstate_class> : std::true_type {};
