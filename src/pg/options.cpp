#include <bight/pg/options.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <string>

#include "pg/connect/connection_string.hpp"
#include "pg/connect/service_file.hpp"

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
  detail::keywords all;
  // Tried alone, so that an error names the source.
  const auto check = [&](const std::string& source, const detail::keywords& some) {
    options probe;
    if (const auto problem = detail::apply_keywords(some, probe); !problem.empty()) refuse(source, problem);
  };
  // A source gives way to the next.
  const auto add = [&](const detail::keywords& more) {
    const auto is_host = [](const auto& k) { return k.first == "host" || k.first == "hostaddr"; };
    if (std::ranges::any_of(more, is_host)) std::erase_if(all, is_host);
    all.insert(all.end(), more.begin(), more.end());
  };
  add(detail::keywords_of_environment(variable));
  check("environment", all);
  std::string service;
  for (const auto* const source : {&all, &given})
    for (const auto& [name, value] : *source)
      if (name == "service") service = value;
  if (!service.empty()) {
    detail::keywords found;
    if (const auto problem = detail::load_service(service, variable, found); !problem.empty())
      refuse("service", problem);
    check("service \"" + service + '"', found);
    add(found);
  }
  add(given);
  if (const auto problem = detail::apply_keywords(all, o); !problem.empty())
    refuse("connection string", problem);
  if (o.ssl_root_cert != "system") return o;
  // Anybody can have a certificate of the system's authorities: without the name it says nothing.
  if (std::ranges::find(all, "sslmode", &detail::keywords::value_type::first) == all.end())
    o.ssl_mode = pg::ssl_mode::verify_full;
  else if (o.ssl_mode != pg::ssl_mode::disable && o.ssl_mode != pg::ssl_mode::verify_full)
    refuse("connection string", "sslmode is too weak for sslrootcert=system; use verify-full");
  return o;
}

}  // namespace bight::pg
