#include <bight/http/proxy.hpp>

#include <algorithm>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace bight::http {
namespace {

using boost::system::system_error;
bool is_loopback(const url& where) {
  auto name = where.host_without_brackets();
  if (const auto address = net::ip_address::parse(name)) return address->is_loopback();
  if (name.ends_with('.')) name.remove_suffix(1);
  return name == "localhost" || name.ends_with(".localhost");
}

// Reads all of a text as a number.
std::optional<int> parse_number(std::string_view text, int most) noexcept {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
    return std::nullopt;
  return value;
}

// `variable`: where it comes from, for errors.
url parse_proxy(std::string_view text, const char* variable = "proxy") {
  // "proxy:3128" would be a URL with the scheme "proxy".
  const bool has_scheme = text.find("://") != text.npos;
  const std::string whole = has_scheme ? std::string{text} : "http://" + std::string{text};
  auto parsed = url::parse(whole);
  if (!parsed || parsed->host().empty())
    throw system_error(make_error_code(errc::invalid_url),
                       std::string{variable} + " '" + redacted(whole) + '\'');
  for (const char* scheme : {"http", "https", "socks5", "socks5h"})
    if (parsed->scheme() == scheme) return *std::move(parsed);
  throw system_error(make_error_code(errc::unsupported_scheme),
                     std::string{variable} + " '" + redacted(whole) + '\'');
}

}  // namespace

no_proxy_list::no_proxy_list(std::string_view text) {
  constexpr std::string_view separators = ", \t\r\n";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
    if (text.empty()) return;
    const auto item = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(item.size());
    add(item);
  }
}

void no_proxy_list::add(std::string_view text) {
  entry e;
  if (text == "*") {
    everything_ = true;
    return;
  }
  if (text.find('/') != text.npos) {
    const auto network = net::ip_network::parse(text);
    if (!network) return;
    e.network = *network;
    entries_.push_back(std::move(e));
    return;
  }
  const bool bare_v6 = !text.starts_with('[') && std::count(text.begin(), text.end(), ':') > 1;
  if (const auto colon = text.rfind(':');
      !bare_v6 && colon != text.npos && text.find(']', colon) == text.npos) {
    const auto port = parse_number(text.substr(colon + 1), 65535);
    if (!port) return;
    e.port = static_cast<std::uint16_t>(*port);
    text = text.substr(0, colon);
  }
  if (text.starts_with("*.")) text.remove_prefix(1);
  while (text.starts_with('.')) text.remove_prefix(1);
  while (text.ends_with('.')) text.remove_suffix(1);
  // As in URLs: lower case, Punycode, one spelling of each address.
  const auto as_url =
      url::parse("http://" + (bare_v6 ? '[' + std::string{text} + ']' : std::string{text}) + '/');
  if (text.empty() || !as_url || as_url->host_and_port() != as_url->host() || as_url->has_credentials())
    return;
  e.name = as_url->host();
  entries_.push_back(std::move(e));
}

bool no_proxy_list::matches(const url& where) const {
  if (everything_) return true;
  if (entries_.empty()) return false;
  std::string_view host = where.host();
  while (host.ends_with('.')) host.remove_suffix(1);
  const auto address = net::ip_address::parse(where.host_without_brackets());
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) {
    if (e.port && *e.port != where.effective_port()) return false;
    if (e.name.empty()) return address && e.network.contains(*address);
    if (host == e.name) return true;
    return !address && host.size() > e.name.size() && host.ends_with(e.name) &&
           host[host.size() - e.name.size() - 1] == '.';
  });
}

proxy_settings::proxy_settings(std::string_view all) { set_all(all); }

void proxy_settings::set_http(std::string_view proxy) { http_ = parse_proxy(proxy); }
void proxy_settings::set_https(std::string_view proxy) { https_ = parse_proxy(proxy); }
void proxy_settings::set_all(std::string_view proxy) { all_ = parse_proxy(proxy); }

proxy_settings proxy_settings::from_environment(const environment& getenv) {
  const auto get = [&getenv](const char* name) -> std::string_view {
    const char* const value = getenv ? getenv(name) : std::getenv(name);
    return value ? value : "";
  };
  const auto set = [&get](std::optional<url>& to, const char* lower, const char* upper) {
    for (const char* const name : {lower, upper}) {
      const auto value = name ? get(name) : std::string_view{};
      if (value.empty()) continue;
      to = parse_proxy(value, name);
      return;
    }
  };
  proxy_settings out;
  // In a CGI program HTTP_PROXY is the field "Proxy" of the request that it serves.
  const bool in_cgi = (getenv ? getenv("REQUEST_METHOD") : std::getenv("REQUEST_METHOD")) != nullptr;
  set(out.http_, "http_proxy", in_cgi ? nullptr : "HTTP_PROXY");
  set(out.https_, "https_proxy", "HTTPS_PROXY");
  set(out.all_, "all_proxy", "ALL_PROXY");
  const auto exceptions = get("no_proxy");
  out.set_no_proxy(exceptions.empty() ? get("NO_PROXY") : exceptions);
  return out;
}

std::optional<url> proxy_settings::for_url(const url& where) const {
  if (empty()) return std::nullopt;
  const bool secure = where.scheme() == "https" || where.scheme() == "wss";
  const auto& own = secure ? https_ : http_;
  const auto& chosen = own ? own : all_;
  if (!chosen || is_loopback(where) || no_proxy_.matches(where)) return std::nullopt;
  return chosen;
}

}  // namespace bight::http
