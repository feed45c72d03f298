// Which URLs belong to a crawl.
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

/// How near to a seed a URL has to be.
enum class scope_mode : std::uint8_t {
  host,    ///< Same host and port as a seed; http on 80 and https on 443 count as the same port.
  prefix,  ///< As host, and the path starts with the seed's path up to its last '/'.
  any,     ///< Anywhere: patterns alone decide.
};

/// Options of scope. Patterns are RE2 regular expressions, searched for anywhere in url.href(): anchor with ^
/// and $ as needed.
struct scope_options {
  scope_mode mode = scope_mode::host;
  bool any_port = false;                             ///< Compare hosts only.
  std::vector<std::string> include;                  ///< If any: at least one has to match, besides the mode.
  std::vector<std::string> exclude;                  ///< None may match.
  std::size_t max_pattern_memory = 8 * 1024 * 1024;  ///< Bytes that one compiled pattern may use.
};

/// Why a pattern was refused.
struct scope_error {
  std::string option;        ///< "include" or "exclude".
  std::size_t index = 0;     ///< Which of them, from 0.
  std::string pattern;       ///< The whole pattern.
  std::string fragment;      ///< The part of it that is wrong; may be empty.
  std::size_t position = 0;  ///< Where the fragment first occurs in the pattern, in bytes.
  std::string reason;        ///< What is wrong with it.
  /// Returns all of it in one line.
  std::string message() const;
};
/// Lets result<scope, scope_error>::value() throw std::invalid_argument with message().
[[noreturn]] void throw_exception_from_error(const scope_error& error, const boost::source_location& where);

/// The rule that decided; of several that refuse a URL, the first in this order.
enum class scope_reason : std::uint8_t {
  in_scope,
  scheme,        ///< Neither http nor https.
  host,          ///< No seed has this host and port.
  prefix,        ///< Right host, but not under any seed's path.
  excluded,      ///< An exclude pattern matches.
  not_included,  ///< There are include patterns and none matches.
};
/// Returns the enumerator's name, for reports; static storage.
std::string_view to_string(scope_reason reason) noexcept;

/// The answer of scope::decide.
/// Lifetime: `pattern` as long as the scope.
struct scope_decision {
  scope_reason reason = scope_reason::in_scope;
  std::string_view pattern;  ///< The include or exclude pattern that matched, if one decided.
  bool in_scope() const noexcept { return reason == scope_reason::in_scope; }
  explicit operator bool() const noexcept { return in_scope(); }
};

/// Which URLs belong to a crawl: decided by its seeds and options, never by what was crawled before.
/// Concurrency: const functions may run on any number of threads.
class scope {
 public:
  /// Builds the scope of `seeds`. Seeds get no exemption from `decide`: an exclude pattern may
  /// refuse one. (A crawler fetches its seeds in any case, and follows from them what is in scope.)
  /// Errors: the first pattern that RE2 refuses.
  static boost::system::result<scope, scope_error> make(const std::vector<http::url>& seeds,
                                                        scope_options options = {});

  scope(scope&&) noexcept;
  scope& operator=(scope&&) noexcept;
  ~scope();

  /// Does `url` belong? Complexity: O(1) in the number of hosts, linear in the seeds of a host, plus each
  /// pattern linear in the URL.
  scope_decision decide(const http::url& url) const;

 private:
  struct rules;
  explicit scope(std::unique_ptr<const rules> made) noexcept;
  std::unique_ptr<const rules> rules_;
};

}  // namespace bight::crawl
