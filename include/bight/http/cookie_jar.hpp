// cookie, cookie_jar: the cookies of a client.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/same_site.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

/// A cookie as stored in a jar. Not an aggregate, so that it is safe in co_await expressions.
struct cookie {
  cookie() {}
  /// A cookie for `domain` itself, all its paths, until the program ends.
  cookie(std::string name_, std::string value_, std::string domain_)
      : name(std::move(name_)), value(std::move(value_)), domain(std::move(domain_)) {}

  std::string name;  ///< May be empty (RFC 6265bis).
  std::string value;
  std::string domain;                             ///< Lower case, without a leading dot.
  std::string path = "/";                         ///< Begins with a slash.
  std::optional<wall_clock::time_point> expires;  ///< nullopt: a session cookie.
  bool secure = false;                            ///< Sent over https and wss only.
  bool http_only = false;                         ///< Not for scripts of pages.
  bool host_only = true;                          ///< Not for subdomains of `domain`.
  /// Stored and shown; requests of a client have no site that they come from.
  http::same_site same_site = http::same_site::unset;
};

/// Limits of a jar. Trivially copyable.
struct cookie_jar_options {
  std::size_t max_cookie_size = 4096;     ///< Name and value in bytes; larger cookies are ignored.
  std::size_t max_attribute_size = 1024;  ///< Value of an attribute in bytes; longer ones are ignored.
  std::size_t max_cookies_per_domain = 180;
  std::size_t max_cookies = 3000;
  /// Longest lifetime; later expiry dates are brought forward (RFC 6265bis 5.5).
  std::chrono::seconds max_age = std::chrono::days{400};
};

/// Stores the cookies that servers set, and returns them in later requests (RFC 6265bis; httpx.Cookies).
///
///     http::cookie_jar jar = co_await http::cookie_jar::load("cookies.txt");
///     options.cookies = jar;
///     ...
///     if (auto session = jar.get(where, "session")) std::cout << session->value << '\n';
///     co_await jar.save("cookies.txt");
///
/// Cookies for public suffixes such as "co.uk" are rejected (libpsl, with the system's list). Beyond a limit,
/// expired cookies are removed first, then those not used for the longest time, insecure ones of the domain
/// before secure ones. Time is wall_clock's. Copies share one jar. Concurrency: one thread at a time.
class cookie_jar {
 public:
  explicit cookie_jar(cookie_jar_options options = {});

  /// Stores what the Set-Cookie fields of a response from `where` say; cookies that break a rule are ignored,
  /// as browsers do. Returns: the number of cookies that were stored, replaced or removed.
  std::size_t store(const url& where, headers_view response_headers);
  /// Same for the value of one Set-Cookie field. Returns: whether the cookie was accepted.
  bool store(const url& where, std::string_view set_cookie);
  /// The value of Cookie for a request to `where`: the longest path first, then the oldest; empty if there
  /// are none. Complexity: one hash look-up per label of the host, and the cookies of those domains.
  std::string cookie_header(const url& where) const;

  /// Whether there is nothing in it: a jar that was never used costs a request nothing else.
  bool empty() const noexcept;
  /// The number of cookies, expired ones included.
  std::size_t size() const noexcept;
  /// All cookies that have not expired, in order of creation.
  std::vector<cookie> all() const;
  /// Those that would be sent to `where`, in the order of cookie_header.
  std::vector<cookie> all(const url& where) const;
  /// The first of them called `name`.
  std::optional<cookie> get(const url& where, std::string_view name) const;

  /// Adds a cookie, replacing one with the same name, domain and path. Errors: errc::invalid_cookie, naming
  /// the cookie and the reason: control characters, ";" or surrounding spaces in a part, "=" in the name, a
  /// size beyond the limit, no domain, a public suffix as the domain of a cookie that is not host-only, or a
  /// prefix (__Secure-, __Host-) whose rules are broken.
  void set(cookie c);
  /// Removes the cookies called `name` that would be sent to `where`. Returns: the number removed.
  std::size_t remove(const url& where, std::string_view name);
  void clear() noexcept;
  /// Removes expired cookies; they are never sent or shown in any case. Returns: the number removed.
  std::size_t expire();
  /// Removes session cookies, as closing a browser does. Returns: the number removed.
  std::size_t end_session();

  /// The jar as a Netscape cookie file, the format of curl, wget and Python's MozillaCookieJar. Session
  /// cookies are included, with 0 as their expiry date. SameSite is not part of the format.
  std::string to_netscape() const;
  /// Reads such a file. Lines with the prefix "#HttpOnly_" are cookies, other lines with "#" comments.
  /// Expired cookies are dropped. Errors: system_error with errc::malformed_file, naming the line.
  static cookie_jar from_netscape(std::string_view text, cookie_jar_options options = {});

  /// Writes to_netscape() to a file, atomically, readable by its owner only if it is new. Cancellation and
  /// errors: as fs::write_file_atomically; the file is complete or as it was.
  [[nodiscard]] awaitable<void> save(std::filesystem::path path) const;
  /// Reads a file. Errors: as from_netscape, naming file and line; ENOENT.
  [[nodiscard]] static awaitable<cookie_jar> load(std::filesystem::path path,
                                                  cookie_jar_options options = {});

  class impl;

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::http
