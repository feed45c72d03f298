#include <bight/pg/options.hpp>

#include <boost/system/system_error.hpp>
#include <cstdlib>

#include "pg/connect/connection_string.hpp"

namespace bight::pg {

const char* options::environment(const char* name) { return std::getenv(name); }

// A host of the connection string is not combined with a port or address of the environment that belongs to
// another one, as in libpq a port alone is.
options options::parse(std::string_view connection, const char* (*variable)(const char*)) {
  options o;
  const auto refuse = [](const std::string& where, const std::string& why) {
    throw boost::system::system_error(make_error_code(errc::invalid_option), where + ": " + why);
  };
  detail::keywords given;
  if (const auto problem = detail::parse_connection_string(connection, given); !problem.empty())
    refuse("connection string", problem);
  auto all = detail::keywords_of_environment(variable);
  {
    options probe;  // so that a variable is named as one
    if (const auto problem = detail::apply_keywords(all, probe); !problem.empty())
      refuse("environment", problem);
  }
  bool hosts_given = false;
  for (const auto& [name, value] : given) hosts_given = hosts_given || name == "host" || name == "hostaddr";
  if (hosts_given)
    std::erase_if(all, [](const auto& k) { return k.first == "host" || k.first == "hostaddr"; });
  all.insert(all.end(), given.begin(), given.end());
  if (const auto problem = detail::apply_keywords(all, o); !problem.empty())
    refuse("connection string", problem);
  return o;
}

}  // namespace bight::pg
