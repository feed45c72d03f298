// Service files: connection parameters under a name (PostgreSQL 15, 34.17).
#pragma once
#include <string>
#include <string_view>

#include "pg/connect/connection_string.hpp"

namespace bight::pg::detail {

/// What a service file says about a service.
class service_entry {
 public:
  bool found = false;
  keywords parameters;
  /// What is wrong with the file, with the number of the line; empty: nothing. Never contains a value.
  std::string problem;
};

/// Looks a service up in the text of a service file.
service_entry find_service(std::string_view file, std::string_view name);

/// Looks a service up where libpq does: in PGSERVICEFILE, or else in ~/.pg_service.conf; then in
/// pg_service.conf in PGSYSCONFDIR, or else in /etc/postgresql-common. Reads files, and blocks for that.
/// Returns: what is wrong, or nothing.
std::string load_service(const std::string& name, const char* (*variable)(const char*), keywords& found);

}  // namespace bight::pg::detail
