// Any text is a connection string, a password file and a service file; errors never contain a password.
#include <bight/pg/options.hpp>

#include "fuzz/require.hpp"
#include "pg/connect/connection_string.hpp"
#include "pg/connect/service_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace detail = bight::pg::detail;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  detail::keywords found;
  auto problem = detail::parse_connection_string(text, found);
  for (const auto& [name, value] : found) {
    require(name.find('\0') == name.npos);
    require(value.find('\0') == value.npos);
  }
  if (problem.empty()) {
    bight::pg::options o;
    problem = detail::apply_keywords(found, o);
    for (const auto& h : o.hosts) require(problem.empty() ? h.port != 0 && !h.name.empty() : true);
    require(problem.empty() || problem.find("tell-nobody") == problem.npos ||
            text.find("tell-nobody=") != text.npos);
  }
  static_cast<void>(detail::find_password(text, {"localhost", "5432", "shop", "joe"}));
  const auto service = detail::find_service(text, "shop");
  for (const auto& [name, value] : service.parameters) {
    require(service.found && detail::is_keyword(name));
    require(value.find('\0') == value.npos && value.find('\n') == value.npos);
  }
  return 0;
}
