#include "pg/connect/connection_string.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace bight::pg::detail {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Null bytes would end the value in the messages of the protocol.
bool decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

// The part up to one of `ends`, which stays.
std::string_view take_until(std::string_view& text, std::string_view ends) {
  const auto n = std::min(text.find_first_of(ends), text.size());
  const auto part = text.substr(0, n);
  text.remove_prefix(n);
  return part;
}

class url_parser {
 public:
  url_parser(std::string_view rest, keywords& found) : rest_(rest), found_(&found) {}

  std::string run() {
    if (!take_user() || !take_hosts() || !take_database() || !take_query()) return problem_;
    return {};
  }

 private:
  bool fail(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  bool add(std::string_view name, std::string_view value) {
    std::string key;
    std::string decoded;
    if (!decode(name, key) || !is_keyword(key)) return fail("a keyword of the URL is none");
    if (!decode(value, decoded)) return fail("the value of " + key + " has an invalid percent-encoding");
    if (key == "ssl" && decoded == "true") {  // as JDBC's URLs say it
      key = "sslmode";
      decoded = "require";
    }
    found_->emplace_back(std::move(key), std::move(decoded));
    return true;
  }

  bool take_user() {
    const auto authority = rest_.substr(0, rest_.find_first_of("/?"));
    const auto at = authority.find('@');
    if (at == authority.npos) return true;
    auto user = authority.substr(0, at);
    rest_.remove_prefix(at + 1);
    const auto name = take_until(user, ":");
    if (!name.empty() && !add("user", name)) return false;
    return user.empty() || add("password", user.substr(1));
  }

  bool take_hosts() {
    std::string hosts;
    std::string ports;
    bool any = false;
    while (true) {
      std::string_view name;
      if (rest_.starts_with('[')) {
        rest_.remove_prefix(1);
        name = take_until(rest_, "]/?");
        if (!rest_.starts_with(']')) return fail("an IPv6 address in the URL has no closing bracket");
        if (name.empty()) return fail("an IPv6 address in the URL is empty");
        rest_.remove_prefix(1);
      } else {
        name = take_until(rest_, ":,/?");
      }
      std::string_view port;
      if (rest_.starts_with(':')) {
        rest_.remove_prefix(1);
        port = take_until(rest_, ",/?");
      }
      hosts += name;
      ports += port;
      any = any || !name.empty() || !port.empty();
      if (!rest_.starts_with(',')) break;
      rest_.remove_prefix(1);
      hosts += ',';
      ports += ',';
      any = true;
    }
    if (!rest_.empty() && rest_.front() != '/' && rest_.front() != '?')
      return fail("unexpected characters after a host in the URL");
    if (!any) return true;
    return add("host", hosts) && add("port", ports);
  }

  bool take_database() {
    if (!rest_.starts_with('/')) return true;
    rest_.remove_prefix(1);
    const auto name = take_until(rest_, "?");
    return name.empty() || add("dbname", name);
  }

  bool take_query() {
    if (!rest_.starts_with('?')) return true;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      auto pair = take_until(rest_, "&");
      if (!rest_.empty()) rest_.remove_prefix(1);
      const auto name = take_until(pair, "=");
      if (pair.empty()) return fail("a keyword of the URL has no value");
      if (!add(name, pair.substr(1))) return false;
    }
    return true;
  }

  std::string_view rest_;
  keywords* found_;
  std::string problem_;
};

// A value in quotes, behind the first of them. False if it has no end.
bool take_quoted(std::string_view& rest, std::string& value) {
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\'') return true;
    if (c == '\\') {
      if (rest.empty()) return false;
      c = rest.front();
      rest.remove_prefix(1);
    }
    value += c;
  }
  return false;
}

void take_plain(std::string_view& rest, std::string& value) {
  while (!rest.empty() && !is_space(rest.front())) {
    if (rest.front() == '\\') {
      rest.remove_prefix(1);
      if (rest.empty()) return;
    }
    value += rest.front();
    rest.remove_prefix(1);
  }
}

void skip_spaces(std::string_view& rest) {
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

std::string parse_keywords(std::string_view rest, keywords& found) {
  while (true) {
    skip_spaces(rest);
    if (rest.empty()) return {};
    std::string name;
    while (!rest.empty() && rest.front() != '=' && !is_space(rest.front())) {
      name += rest.front();
      rest.remove_prefix(1);
    }
    skip_spaces(rest);
    if (!rest.starts_with('=') || !is_keyword(name)) {
      if (is_keyword(name)) return "no \"=\" after \"" + name + '"';
      return "it is neither a URL that begins with postgresql:// nor a list of keyword=value";
    }
    rest.remove_prefix(1);
    skip_spaces(rest);
    std::string value;
    if (rest.starts_with('\'')) {
      rest.remove_prefix(1);
      if (!take_quoted(rest, value)) return "the value of " + name + " has no closing quote";
    } else {
      take_plain(rest, value);
    }
    found.emplace_back(std::move(name), std::move(value));
  }
}

struct variable_name {
  const char* variable;
  const char* keyword;
};
constexpr std::array variables{
    variable_name{"PGSERVICE", "service"},
    variable_name{"PGHOST", "host"},
    variable_name{"PGHOSTADDR", "hostaddr"},
    variable_name{"PGPORT", "port"},
    variable_name{"PGDATABASE", "dbname"},
    variable_name{"PGUSER", "user"},
    variable_name{"PGPASSWORD", "password"},
    variable_name{"PGPASSFILE", "passfile"},
    variable_name{"PGAPPNAME", "application_name"},
    variable_name{"PGOPTIONS", "options"},
    variable_name{"PGSSLMODE", "sslmode"},
    variable_name{"PGSSLROOTCERT", "sslrootcert"},
    variable_name{"PGSSLCERT", "sslcert"},
    variable_name{"PGSSLKEY", "sslkey"},
    variable_name{"PGSSLCRL", "sslcrl"},
    variable_name{"PGSSLCRLDIR", "sslcrldir"},
    variable_name{"PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"},
    variable_name{"PGREQUIREPEER", "requirepeer"},
    variable_name{"PGREQUIREAUTH", "require_auth"},
    variable_name{"PGCHANNELBINDING", "channel_binding"},
    variable_name{"PGTARGETSESSIONATTRS", "target_session_attrs"},
    variable_name{"PGLOADBALANCEHOSTS", "load_balance_hosts"},
    variable_name{"PGCONNECT_TIMEOUT", "connect_timeout"},
    variable_name{"PGGSSENCMODE", "gssencmode"},
    variable_name{"PGTZ", "timezone"},
    variable_name{"PGDATESTYLE", "datestyle"},
};

// A field of the password file, up to a colon that is not escaped.
bool take_field(std::string_view& line, std::string& field) {
  field.clear();
  while (!line.empty()) {
    char c = line.front();
    line.remove_prefix(1);
    if (c == ':') return true;
    if (c == '\\' && !line.empty()) {
      c = line.front();
      line.remove_prefix(1);
    }
    field += c;
  }
  return false;
}

}  // namespace

bool is_keyword(std::string_view word) noexcept {
  constexpr std::size_t longest = 40;
  return !word.empty() && word.size() <= longest && std::ranges::all_of(word, [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::string parse_connection_string(std::string_view text, keywords& found) {
  if (text.find('\0') != text.npos) return "it contains a null byte";
  for (const std::string_view scheme : {"postgresql://", "postgres://"})
    if (text.starts_with(scheme)) return url_parser{text.substr(scheme.size()), found}.run();
  if (text.find("://") < text.find_first_of("= ")) return "the scheme of the URL is not postgresql";
  return parse_keywords(text, found);
}

keywords keywords_of_environment(const char* (*variable)(const char*)) {
  keywords all;
  for (const auto& v : variables)
    if (const char* const value = variable(v.variable); value && *value != '\0')
      all.emplace_back(v.keyword, value);
  return all;
}

std::optional<std::string> find_password(std::string_view file, const password_key& key) {
  const std::array wanted{key.host, key.port, key.database, key.user};
  while (!file.empty()) {
    auto line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    bool match = true;
    std::string field;
    for (const auto& w : wanted) {
      const bool any = line.starts_with("*:");
      if (!take_field(line, field)) match = false;
      match = match && (any || field == w);
    }
    if (!match) continue;
    std::string password;
    while (!line.empty()) {
      if (line.front() == '\\' && line.size() > 1) line.remove_prefix(1);
      password += line.front();
      line.remove_prefix(1);
    }
    return password;
  }
  return std::nullopt;
}

}  // namespace bight::pg::detail
