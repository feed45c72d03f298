#include "connection_options.hpp"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "error_text.hpp"
#include "usage.hpp"

namespace http = bight::http;
namespace net = bight::net;

namespace {

// "--resolve HOST:PORT:ADDRESS[,ADDRESS]", as curl has it; IPv6 addresses with or without brackets.
struct resolved {
  explicit resolved(const std::string& text);

  std::string host;
  std::uint16_t port = 0;
  std::vector<net::ip_address> addresses;
};

resolved::resolved(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    return usage_error{"--resolve: '" + text + "' is not HOST:PORT:ADDRESS" + why};
  };
  const auto first = text.find(':');
  const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos || first == 0) throw refuse("");
  host = text.substr(0, first);
  const char* const end = text.data() + second;
  const auto [stop, error] = std::from_chars(text.data() + first + 1, end, port);
  if (error != std::errc{} || stop != end || port == 0) throw refuse(": the port is not one");
  auto rest = std::string_view{text}.substr(second + 1);
  while (true) {
    const auto comma = rest.find(',');
    auto one = rest.substr(0, comma);
    if (one.starts_with('[') && one.ends_with(']')) one = one.substr(1, one.size() - 2);
    const auto address = net::ip_address::parse(one);
    if (!address) throw refuse(": '" + std::string{one} + "' is not an address");
    addresses.push_back(*address);
    if (comma == rest.npos) return;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

void connection_options::declare_headers(CLI::App& group) {
  group.add_option("-H,--header", headers_, "Add a header; repeatable")
      ->allow_extra_args(false)
      ->option_text("'NAME: VALUE'");
}

void connection_options::declare_credentials(CLI::App& group) {
  auto* const user = group.add_option("-u,--user,--auth", user_, "User name and password");
  user->option_text("USER:PASSWORD");
  group.add_flag("--digest", digest_, "Digest instead of Basic authentication")
      ->needs(user)
      ->option_text(" ");
  auto* const netrc = group.add_flag("--netrc", netrc_, "Use the user names and passwords of ~/.netrc");
  netrc->option_text(" ");
  group.add_option("--netrc-file", netrc_file_, "Use those of FILE")->option_text("FILE")->excludes(netrc);
}

void connection_options::declare_connection(CLI::App& group) {
  group.add_flag("-k,--insecure", tls_.insecure_skip_verify, "Do not verify certificates");
  group.add_option("--ca-file,--cacert", tls_.ca_file, "PEM file with the certificates to trust")
      ->option_text("FILE");
  auto* const certificate =
      group.add_option("--cert", tls_.certificate_file, "PEM file with a client certificate");
  certificate->option_text("FILE");
  group.add_option("--key", tls_.key_file, "PEM file with its private key")
      ->option_text("FILE")
      ->needs(certificate);
  auto* const proxy = group.add_option("-x,--proxy", proxy_, "Proxy: an http, https, socks5 or socks5h URL");
  proxy->option_text("URL");
  group.add_flag("--no-proxy", no_proxy_, "Use no proxy, not even that of the environment")
      ->excludes(proxy)
      ->option_text(" ");
  group
      .add_option("--resolve", resolve_,
                  "Connect to ADDRESS for this host and port; several are separated by commas; repeatable")
      ->allow_extra_args(false)
      ->option_text("HOST:PORT:ADDRESS");
  group.add_option("--unix-socket", unix_socket_, "Connect to a Unix domain socket")
      ->option_text("PATH")
      ->excludes(proxy);
}

http::headers connection_options::headers() const {
  http::headers out;
  for (const auto& line : headers_) {
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    auto value = colon == line.npos ? std::string{} : line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    if (colon == line.npos || !http::is_token(name) || !http::is_field_value(value))
      throw usage_error{"--header: '" + line + "' is not 'NAME: VALUE'"};
    out.append(name, value);
  }
  return out;
}

std::optional<http::any_auth> connection_options::credentials() const {
  if (user_.empty()) return std::nullopt;
  const auto colon = user_.find(':');
  if (colon == user_.npos) throw usage_error{"--user: no password; give USER:PASSWORD"};
  auto user = user_.substr(0, colon);
  auto password = user_.substr(colon + 1);
  if (digest_) return http::digest_auth{std::move(user), std::move(password)};
  return http::basic_auth{std::move(user), std::move(password)};
}

void connection_options::apply(http::client_options& to) const {
  to.auth = credentials();
  apply_without_user(to);
}

void connection_options::apply_without_user(http::client_options& to) const {
  if (tls_.insecure_skip_verify || !tls_.ca_file.empty() || !tls_.certificate_file.empty())
    to.tls.emplace(tls_);
  apply_proxy(to);
  apply_addresses(to);
  apply_netrc(to);
}

void connection_options::apply_proxy(http::client_options& to) const {
  to.trust_environment = !no_proxy_;
  to.unix_socket = unix_socket_;
  // For loopback, too: that exception is for proxies that were not asked for.
  if (!proxy_.empty()) to.proxy = http::proxy_settings{proxy_}.for_url(http::url{"http://host.invalid/"});
}

void connection_options::apply_addresses(http::client_options& to) const {
  if (resolve_.empty()) return;
  std::map<std::pair<std::string, std::uint16_t>, std::vector<net::ip_address>> all;
  for (const auto& text : resolve_) {
    resolved one{text};
    auto& addresses = all[{one.host, one.port}];
    addresses.insert(addresses.end(), one.addresses.begin(), one.addresses.end());
  }
  net::resolver resolver;
  for (auto& [where, addresses] : all) resolver.set_static(where.first, where.second, std::move(addresses));
  to.resolver = std::move(resolver);
}

void connection_options::apply_netrc(http::client_options& to) const {
  if (!netrc_ && netrc_file_.empty()) return;
  auto name = netrc_file_;
  if (netrc_) {
    const auto path = http::netrc::default_path();
    if (!path) throw usage_error{"--netrc: neither NETRC nor HOME is set"};
    name = path->string();
  }
  std::ifstream file{name, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad()) throw usage_error{"cannot read '" + name + "'"};
  try {
    to.netrc = http::netrc::parse(text);
  } catch (const boost::system::system_error& e) { throw usage_error{"'" + name + "': " + error_text(e)}; }
}
