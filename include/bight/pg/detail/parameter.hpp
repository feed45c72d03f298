// Parameters of a statement, with their types erased.
#pragma once
#include <bight/pg/data_type.hpp>
#include <bight/pg/value_io.hpp>
#include <string>

namespace bight::pg::detail {

/// A parameter that lives elsewhere.
struct parameter {
  const void* value = nullptr;
  /// Whether it can be of this type; otherwise why not.
  std::string (*check)(const data_type& type) = nullptr;
  /// Appends the value to what `out` writes to. False: it is NULL. Failures are in `out.error()`.
  bool (*write)(const void* value, value_writer& out) = nullptr;
  /// The type that it has without being asked, for one_shot; 0: the server decides.
  oid type = 0;
};

}  // namespace bight::pg::detail
