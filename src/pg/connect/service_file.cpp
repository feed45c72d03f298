#include "pg/connect/service_file.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>

namespace bight::pg::detail {
namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view spaces = " \t\r\f\v";
  const auto begin = line.find_first_not_of(spaces);
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(spaces) - begin + 1);
}

// A file that does not exist has no services.
struct file_text {
  std::string text;
  std::string problem;
  bool found = false;
};
file_text read_file(const std::string& path) {
  file_text f;
  std::ifstream in(path, std::ios::binary);
  if (!in) return f;
  f.found = true;
  f.text.resize(max_file_bytes + 1);
  in.read(f.text.data(), static_cast<std::streamsize>(f.text.size()));
  f.text.resize(static_cast<std::size_t>(in.gcount()));
  if (f.text.size() > max_file_bytes) f.problem = "the file is larger than 1 MiB";
  return f;
}

std::string own_file(const char* (*variable)(const char*)) {
  if (const char* const given = variable("PGSERVICEFILE"); given && *given != '\0') return given;
  if (const char* const home = variable("HOME"); home && *home != '\0')
    return std::string{home} + "/.pg_service.conf";
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry ? std::string{entry->pw_dir} + "/.pg_service.conf" : std::string{};
}

std::string common_file(const char* (*variable)(const char*)) {
  const char* const folder = variable("PGSYSCONFDIR");
  return std::string{folder && *folder != '\0' ? folder : "/etc/postgresql-common"} + "/pg_service.conf";
}

}  // namespace

service_entry find_service(std::string_view file, std::string_view name) {
  service_entry e;
  bool inside = false;
  for (std::size_t number = 1; !file.empty(); ++number) {
    const auto all = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(all.size() + 1, file.size()));
    const auto line = trimmed(all);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      if (inside) return e;  // the first one of a name counts
      inside = line.size() > 2 && line.back() == ']' && line.substr(1, line.size() - 2) == name;
      e.found = e.found || inside;
      continue;
    }
    if (!inside) continue;
    const auto fail = [&](std::string why) {
      e.problem = "line " + std::to_string(number) + ": " + std::move(why);
      return e;
    };
    if (line.starts_with("ldap")) return fail("LDAP is not supported");
    if (line.find('\0') != line.npos) return fail("a null byte");
    const auto equals = line.find('=');
    const auto key = line.substr(0, equals);
    if (equals == line.npos || !is_keyword(key)) return fail("it is not keyword=value");
    if (key == "service") return fail("a service in a service");
    e.parameters.emplace_back(key, line.substr(equals + 1));
  }
  return e;
}

std::string load_service(const std::string& name, const char* (*variable)(const char*), keywords& found) {
  const char* const given = variable("PGSERVICEFILE");
  for (const auto& path : {own_file(variable), common_file(variable)}) {
    const auto file = read_file(path);
    if (!file.found && given && path == given) return path + ": the file cannot be read";
    if (!file.problem.empty()) return path + ": " + file.problem;
    auto e = find_service(file.text, name);
    if (!e.problem.empty()) return path + ": " + e.problem;
    if (!e.found) continue;
    found = std::move(e.parameters);
    return {};
  }
  return "there is no service \"" + name + "\" in the service files";
}

}  // namespace bight::pg::detail
