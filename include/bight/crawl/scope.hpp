// scope: the URLs that belong to a crawl.
#pragma once
#include <bight/http/url.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// How URLs are compared with the seeds.
enum class scope_mode : std::uint8_t {
  host,        ///< Same host and port as a seed; http on 80 and https on 443 are treated as the same port.
  prefix,      ///< As host, and the path begins with the path of the seed up to its last '/'.
  subdomains,  ///< As host, and hosts below it: of www.example.org, all of example.org.
  hosts,       ///< Only scope_options::hosts.
  any,         ///< Any URL; only the patterns decide.
};

/// Options of scope. Patterns are RE2 regular expressions that may match anywhere in url.href(); use ^ and $
/// to anchor them.
struct scope_options {
  scope_mode mode = scope_mode::host;
  bool any_port = false;       ///< Ignore ports.
  bool https_upgrade = false;  ///< Also https URLs of the host of an http seed, whatever the port.
  /// Hosts that are in scope beside those of the mode, whatever the port: a name, or "*.example.org" for it
  /// and all hosts below it.
  std::vector<std::string> hosts;
  std::vector<std::string> include;  ///< If not empty, at least one must match, in addition to the mode.
  std::vector<std::string> exclude;  ///< No exclude pattern may match.
  std::size_t max_pattern_memory = 8 * 1024 * 1024;  ///< Maximum memory of a compiled pattern in bytes.
};

/// An invalid pattern.
struct scope_error {
  std::string option;        ///< "include" or "exclude".
  std::size_t index = 0;     ///< Index of the pattern, from 0.
  std::string pattern;       ///< The whole pattern.
  std::string fragment;      ///< The invalid part; may be empty.
  std::size_t position = 0;  ///< Byte offset of the fragment in the pattern.
  std::string reason;        ///< Description of the error.
  /// Returns the error as one line.
  std::string message() const;
};
/// Makes result<scope, scope_error>::value() throw std::invalid_argument with message().
[[noreturn]] void throw_exception_from_error(const scope_error& error, const boost::source_location& where);

/// The deciding rule; if several reject a URL, the first in this order.
enum class scope_reason : std::uint8_t {
  in_scope,
  scheme,        ///< Not an http or https URL.
  host,          ///< No seed has this host and port.
  prefix,        ///< The host matches, but not the path prefix of any seed.
  excluded,      ///< An exclude pattern matches.
  not_included,  ///< No include pattern matches.
};
/// The name of the enumerator, in static storage.
std::string_view to_string(scope_reason reason) noexcept;

/// The result of scope::decide.
/// Lifetime: `pattern` is valid as long as the scope.
struct scope_decision {
  scope_reason reason = scope_reason::in_scope;
  std::string_view pattern;  ///< The deciding include or exclude pattern, if any.
  bool in_scope() const noexcept { return reason == scope_reason::in_scope; }
  explicit operator bool() const noexcept { return in_scope(); }
};

/// Decides whether a URL belongs to a crawl, based only on its seeds and options.
/// Concurrency: const functions can be called from several threads, while no other function is.
class scope {
 public:
  /// Creates the scope of `seeds`. The seeds themselves may be out of scope, for example because of an
  /// exclude pattern; a crawler fetches them nevertheless and follows their links that are in scope. Errors:
  /// the first pattern that RE2 rejects.
  static boost::system::result<scope, scope_error> make(const std::vector<http::url>& seeds,
                                                        scope_options options = {});

  scope(scope&&) noexcept;
  scope& operator=(scope&&) noexcept;
  ~scope();

  /// Adds a seed. Complexity: as decide.
  void add_seed(const http::url& url);
  /// Notes that the seed `from` redirects to `to`, which is a seed now. In mode `prefix`, "/docs" that
  /// redirects to "/docs/" is replaced by it. Returns: whether `to` was out of scope.
  bool follow_seed(const http::url& from, const http::url& to);

  /// Whether nothing but scheme, host and port decides.
  bool only_hosts() const noexcept;
  /// Whether `url` is in scope. Complexity: constant in the number of hosts, linear in the number of seeds of
  /// the host, plus linear in the length of the URL for each pattern.
  scope_decision decide(const http::url& url) const;

 private:
  struct rules;
  explicit scope(std::unique_ptr<rules> made) noexcept;
  std::unique_ptr<rules> rules_;
};

}  // namespace bight::crawl
