// robots.txt: the Robots Exclusion Protocol, RFC 9309.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// Limits of robots_rules::parse.
struct robots_limits {
  /// Maximum size; the rest is ignored, including a truncated last line. RFC 9309 2.5 requires at least 500
  /// KiB.
  std::size_t max_bytes = 500 * 1024;
  /// Maximum length of a rule, and of the part of a path that is compared. Longer rules are ignored.
  std::size_t max_path_bytes = 8 * 1024;
  /// Maximum number of path bytes that patterns with `*` examine in one decision. A path that would need more
  /// is disallowed; legitimate files do not come close.
  std::size_t max_steps = 8 * 1024 * 1024;
};

/// The result of robots_rules::allows.
/// Lifetime: `rule` is valid as long as the robots_rules.
struct robots_decision {
  bool allowed = true;
  std::uint32_t line = 0;  ///< Line of the deciding rule in robots.txt, from 1; 0 if no rule matched.
  std::string_view rule;   ///< Its normalized path pattern; empty if line is 0.
  explicit operator bool() const noexcept { return allowed; }
};

/// The rules of a robots.txt (RFC 9309). Cheap to copy; copies share the immutable rules. Concurrency: const
/// functions can be called from several threads.
class robots_rules {
 public:
  /// Allows everything, as for sites whose robots.txt is unavailable (RFC 9309 2.3.1.3).
  robots_rules() noexcept = default;
  /// Returns rules that allow only /robots.txt, as for unreachable sites (RFC 9309 2.3.1.4).
  static robots_rules disallow_all();

  /// Parses a robots.txt. Never fails: invalid lines are skipped. Accepts what deployed files contain: a byte
  /// order mark, CR, LF or CR LF, a space instead of the colon, common misspellings of "disallow".
  /// Complexity: linear in the size of the body, plus sorting the rules.
  static robots_rules parse(std::string_view body, const robots_limits& limits = {});

  /// Whether `product` may fetch `path_and_query`, which begins with '/'; its percent-encoding does not
  /// matter, and a fragment is ignored. All groups that name the product, ignoring case, apply together;
  /// otherwise the groups for `*`; otherwise everything is allowed. The longest matching pattern decides; of
  /// equal length, Allow takes precedence over Disallow (RFC 9309 2.2.2). "/robots.txt" is always allowed.
  /// `product` is a product token or begins with one: "bight/0.1 (+https://...)" means "bight". Complexity:
  /// O(log agents + rules x path); patterns do not backtrack.
  robots_decision allows(std::string_view product, std::string_view path_and_query) const;

  /// The Crawl-delay for `product`, selected as in allows(); the longest if there are several.
  std::optional<std::chrono::milliseconds> crawl_delay(std::string_view product) const;

  /// The URLs of the Sitemap lines, in order and as written. Lifetime: that of *this.
  const std::vector<std::string>& sitemaps() const noexcept;

  /// Whether the body was longer than robots_limits::max_bytes.
  bool truncated() const noexcept;

 private:
  struct data;
  std::shared_ptr<const data> data_;
};

/// How to treat a site, given the result of fetching its robots.txt.
enum class robots_access : std::uint8_t {
  parse,         ///< Parse the body: robots_rules::parse.
  allow_all,     ///< "Unavailable": robots_rules{}.
  disallow_all,  ///< "Unreachable": robots_rules::disallow_all(); try again later.
};

/// Options of robots_status.
struct robots_status_options {
  bool too_many_requests_is_unreachable =
      true;  ///< Treat 429 as unreachable; RFC 9309 literally allows everything.
};

/// Maps the final status of a robots.txt fetch, after at most five redirects, to its meaning (RFC
/// 9309 2.3.1). 2xx: parse; 3xx (too many redirects) and 4xx: allow_all; 5xx, other values and 0 (no
/// response): disallow_all.
robots_access robots_status(int status, robots_status_options options = {}) noexcept;

}  // namespace bight::crawl
