// What the keywords of connection strings mean.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>

#include "pg/connect/connection_string.hpp"

namespace bight::pg::detail {
namespace {

template <class T, std::size_t N>
using names = std::array<std::pair<std::string_view, T>, N>;

constexpr names<ssl_mode, 6> ssl_modes{{{"disable", ssl_mode::disable},
                                        {"allow", ssl_mode::allow},
                                        {"prefer", ssl_mode::prefer},
                                        {"require", ssl_mode::require},
                                        {"verify-ca", ssl_mode::verify_ca},
                                        {"verify-full", ssl_mode::verify_full}}};
constexpr names<channel_binding, 3> bindings{{{"disable", channel_binding::disable},
                                              {"prefer", channel_binding::prefer},
                                              {"require", channel_binding::require}}};
constexpr names<session_attributes, 6> attributes{{{"any", session_attributes::any},
                                                   {"read-write", session_attributes::read_write},
                                                   {"read-only", session_attributes::read_only},
                                                   {"primary", session_attributes::primary},
                                                   {"standby", session_attributes::standby},
                                                   {"prefer-standby", session_attributes::prefer_standby}}};
constexpr names<prepare_mode, 2> prepare_modes{
    {{"cached", prepare_mode::cached}, {"one_shot", prepare_mode::one_shot}}};

template <class T, std::size_t N>
bool choose(const names<T, N>& all, std::string_view value, T& to) {
  for (const auto& [name, meaning] : all) {
    if (name != value) continue;
    to = meaning;
    return true;
  }
  return false;
}

template <class T>
bool number(std::string_view value, T& to) {
  T n{};
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (failed != std::errc{} || end != value.data() + value.size()) return false;
  to = n;
  return true;
}

// As libpq: 0 and less mean no limit.
bool seconds(std::string_view value, clock::duration& to) {
  std::int64_t n = 0;
  if (!number(value, n)) return false;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  to = n <= 0 ? forever : std::chrono::seconds{std::min(n, most)};
  return true;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = std::min(list.find(','), list.size());
    parts.emplace_back(list.substr(0, comma));
    if (comma == list.size()) return parts;
    list.remove_prefix(comma + 1);
  }
}

// host, hostaddr and port are lists that belong together.
class host_lists {
 public:
  std::string names;
  std::string addresses;
  std::string ports;

  std::string make(std::vector<host>& to) const {
    if (names.empty() && addresses.empty() && ports.empty()) return {};
    const auto all_names = split(names);
    const auto all_addresses = split(addresses);
    const auto all_ports = split(ports);
    if (names.empty() && addresses.empty()) {
      std::uint16_t port = 0;
      if (all_ports.size() != 1 || !port_of(all_ports.front(), port))
        return "port is not a number from 1 to 65535";
      to = {{"/run/postgresql", port}, {"localhost", port}};
      return {};
    }
    const auto count =
        std::max(names.empty() ? 0 : all_names.size(), addresses.empty() ? 0 : all_addresses.size());
    if ((!names.empty() && all_names.size() != count) ||
        (!addresses.empty() && all_addresses.size() != count))
      return "host and hostaddr name different numbers of servers";
    if (all_ports.size() != 1 && all_ports.size() != count)
      return "host and port name different numbers of servers";
    to.clear();
    for (std::size_t i = 0; i != count; ++i) {
      host h;
      if (!names.empty()) h.name = all_names[i];
      if (!addresses.empty()) h.address = all_addresses[i];
      if (h.name.empty()) h.name = h.address.empty() ? "/run/postgresql" : h.address;
      if (!port_of(all_ports.size() == 1 ? all_ports.front() : all_ports[i], h.port))
        return "port is not a number from 1 to 65535";
      to.push_back(std::move(h));
    }
    return {};
  }

 private:
  static bool port_of(std::string_view text, std::uint16_t& port) {
    port = 5432;
    return text.empty() || (number(text, port) && port != 0);
  }
};

// What has no meaning here but does no harm: libpq's defaults, or fine tuning.
bool is_ignored(std::string_view name) {
  constexpr std::array ignored{"keepalives",
                               "keepalives_idle",
                               "keepalives_interval",
                               "keepalives_count",
                               "tcp_user_timeout",
                               "sslcompression",
                               "sslsni",
                               "krbsrvname",
                               "gsslib",
                               "gssdelegation",
                               "ssl_max_protocol_version",
                               "fallback_application_name"};
  return std::ranges::find(ignored, name) != ignored.end();
}

void set_parameter(options& to, std::string_view name, std::string_view value) {
  for (auto& [known, text] : to.settings) {
    if (known != name) continue;
    text = value;
    return;
  }
  to.settings.emplace_back(name, value);
}

enum class outcome : std::uint8_t { good, bad_value, unknown, unsupported };

outcome good_if(bool good) { return good ? outcome::good : outcome::bad_value; }

outcome apply_text(std::string_view name, const std::string& value, options& to) {
  if (name == "user")
    to.user = value;
  else if (name == "password")  // an empty one is none
    to.password = value.empty() ? std::nullopt : std::optional{value};
  else if (name == "passfile")
    to.password_file = value;
  else if (name == "dbname")
    to.database = value;
  else if (name == "application_name")
    to.application_name = value;
  else if (name == "sslrootcert")
    to.ssl_root_cert = value;
  else if (name == "sslcert")
    to.ssl_cert = value;
  else if (name == "sslkey")
    to.ssl_key = value;
  else if (name == "options" || name == "timezone" || name == "datestyle")
    set_parameter(to, name, value);
  else
    return outcome::unknown;
  return outcome::good;
}

outcome apply_choice(std::string_view name, std::string_view value, options& to) {
  if (name == "sslmode") return good_if(choose(ssl_modes, value, to.ssl_mode));
  if (name == "channel_binding") return good_if(choose(bindings, value, to.channel_binding));
  if (name == "target_session_attrs") return good_if(choose(attributes, value, to.session_attributes));
  if (name == "prepare") return good_if(choose(prepare_modes, value, to.prepare));
  if (name == "connect_timeout") return good_if(seconds(value, to.connect_timeout));
  if (name == "command_timeout") return good_if(seconds(value, to.command_timeout));
  if (name == "statement_cache_size") return good_if(number(value, to.statement_cache_size));
  if (name == "load_balance_hosts") {
    to.shuffle_hosts = value == "random";
    return good_if(value == "random" || value == "disable");
  }
  if (name == "client_encoding")
    return good_if(value == "UTF8" || value == "utf8" || value == "UTF-8" || value == "utf-8" ||
                   value == "auto");
  // That of net is 1.2.
  if (name == "ssl_min_protocol_version")
    return value == "TLSv1.3" ? outcome::unsupported : good_if(value.empty() || value.starts_with("TLSv1"));
  if (name == "gssencmode") return value == "require" ? outcome::unsupported : outcome::good;
  if (name == "service") return outcome::good;  // has been looked up
  if (name == "replication" || name == "sslcrl" || name == "sslcrldir" || name == "sslpassword" ||
      name == "requirepeer" || name == "require_auth")
    return value.empty() ? outcome::good : outcome::unsupported;
  return is_ignored(name) ? outcome::good : outcome::unknown;
}

}  // namespace

std::string apply_keywords(const keywords& all, options& to) {
  host_lists hosts;
  for (const auto& [name, value] : all) {
    if (name == "host") {
      hosts.names = value;
      continue;
    }
    if (name == "hostaddr") {
      hosts.addresses = value;
      continue;
    }
    if (name == "port") {
      hosts.ports = value;
      continue;
    }
    auto o = apply_text(name, value, to);
    if (o == outcome::unknown) o = apply_choice(name, value, to);
    if (o == outcome::bad_value) return "invalid value of " + name;
    if (o == outcome::unsupported) return name + " is not supported";
    if (o == outcome::unknown) return "unknown keyword \"" + name.substr(0, 40) + '"';
  }
  return hosts.make(to.hosts);
}

}  // namespace bight::pg::detail
