// proxy_settings: which proxy a request goes through.
#pragma once
#include <bight/http/url.hpp>
#include <bight/net/ip_network.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// Hosts that are reached without a proxy: the value of NO_PROXY, as curl reads it.
///
/// A list separated by commas or spaces of: a name, which includes its subdomains, with or without a dot or
/// "*." in front; an IPv4 or IPv6 address, with or without brackets; a network such as 10.0.0.0/8 or
/// fd00::/8; each but a network optionally with `:port`, an IPv6 address in brackets then; or `*`, which is
/// every host. Entries that are none of these match nothing.
class no_proxy_list {
 public:
  no_proxy_list() = default;
  explicit no_proxy_list(std::string_view text);
  /// Whether the host of a URL is in the list.
  bool matches(const url& where) const;
  bool empty() const noexcept { return !everything_ && entries_.empty(); }

 private:
  struct entry {
    std::string name;  // a name or an address as in URLs; empty: a network
    net::ip_network network;
    std::optional<std::uint16_t> port;
  };
  void add(std::string_view text);
  std::vector<entry> entries_;
  bool everything_ = false;
};

/// Chooses a proxy by the scheme of a URL. Loopback addresses and "localhost" are never reached through a
/// proxy.
///
///     auto proxies = http::proxy_settings::from_environment();
///     auto proxy = proxies.for_url(where);   // nullopt: directly
///
/// A proxy is the URL http://, https://, socks5:// or socks5h://[user:password@]host[:port]. Without a scheme
/// it is http. Concurrency: safe unless modified.
class proxy_settings {
 public:
  using environment = std::function<const char*(const char*)>;

  /// No proxy.
  proxy_settings() = default;
  /// One proxy for all requests. Errors: errc::invalid_url, errc::unsupported_scheme.
  explicit proxy_settings(std::string_view all);

  /// Reads http_proxy and HTTP_PROXY, https_proxy and HTTPS_PROXY, all_proxy and ALL_PROXY, no_proxy and
  /// NO_PROXY; the lower-case name wins, empty values count as unset. HTTP_PROXY is ignored where
  /// REQUEST_METHOD is set, as in CGI programs: there it is a field of the request ("httpoxy",
  /// CVE-2016-5385). Errors: as the setters, naming the variable. `getenv`: default std::getenv.
  static proxy_settings from_environment(const environment& getenv = {});

  /// For http and ws; https and wss; and both unless they have their own. Errors: errc::invalid_url,
  /// errc::unsupported_scheme; the text shows no password.
  void set_http(std::string_view proxy);
  void set_https(std::string_view proxy);
  void set_all(std::string_view proxy);
  void set_no_proxy(std::string_view list) { no_proxy_ = no_proxy_list{list}; }

  /// The proxy for a request; nullopt if it goes directly.
  std::optional<url> for_url(const url& where) const;
  /// Whether no request goes through a proxy.
  bool empty() const noexcept { return !http_ && !https_ && !all_; }

 private:
  std::optional<url> http_;
  std::optional<url> https_;
  std::optional<url> all_;
  no_proxy_list no_proxy_;
};

}  // namespace bight::http
