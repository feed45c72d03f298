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
  /// What follows is ignored, the line that is cut in two included. RFC 9309 2.5 asks for at least 500 KiB.
  std::size_t max_bytes = 500 * 1024;
  /// Longer rules are ignored; of a longer path only so much is compared.
  std::size_t max_path_bytes = 8 * 1024;
  /// How many bytes of the path patterns with `*` may look at in one decision, together. A path that would
  /// need more is disallowed: no honest robots.txt has tens of thousands of patterns that each nearly match.
  std::size_t max_steps = 8 * 1024 * 1024;
};

/// The answer of robots_rules::allows.
/// Lifetime: `rule` as long as the robots_rules.
struct robots_decision {
  bool allowed = true;
  std::uint32_t line = 0;  ///< Line of robots.txt that decided, from 1; 0: no rule matched.
  std::string_view rule;   ///< That line's path pattern, normalised; empty when line is 0.
  explicit operator bool() const noexcept { return allowed; }
};

/// The rules of one robots.txt (RFC 9309). A value; cheap to copy: the parsed rules are shared and never
/// change. Concurrency: const functions may run on any number of threads.
class robots_rules {
 public:
  /// Everything is allowed: for a site whose robots.txt is unavailable (RFC 9309 2.3.1.3).
  robots_rules() noexcept = default;
  /// Returns rules that allow nothing but /robots.txt: for a site that cannot be reached (RFC 9309 2.3.1.4).
  static robots_rules disallow_all();

  /// Reads a robots.txt. Never fails: lines that make no sense are skipped.
  /// Accepts what deployed files contain: a byte order mark, CR, LF or CR LF, a space for the colon, frequent
  /// misspellings of "disallow". Complexity: linear in the size of the body, plus sorting the rules.
  static robots_rules parse(std::string_view body, const robots_limits& limits = {});

  /// May `product` fetch `path_and_query` (as in a URL, percent-encoding as it comes, from the '/'; a
  /// fragment is ignored)? Groups that name the product, in any case, apply together; else those for `*`;
  /// else all is allowed. The longest matching pattern decides, Allow over Disallow of the same length (RFC
  /// 9309 2.2.2). "/robots.txt" is always allowed. `product` may be a product token or start with one:
  /// "bight/0.1 (+https://...)" means "bight". Complexity: O(log agents + rules x path) at worst; patterns
  /// never backtrack.
  robots_decision allows(std::string_view product, std::string_view path_and_query) const;

  /// Returns the Crawl-delay for `product`, chosen as in allows(); the longest when there are several.
  std::optional<std::chrono::milliseconds> crawl_delay(std::string_view product) const;

  /// Returns the URLs of Sitemap lines in order, as written. Lifetime: as long as *this.
  const std::vector<std::string>& sitemaps() const noexcept;

  /// Was the body longer than robots_limits::max_bytes?
  bool truncated() const noexcept;

 private:
  struct data;
  std::shared_ptr<const data> data_;
};

/// What to do about a robots.txt, given how fetching it went.
enum class robots_access : std::uint8_t {
  parse,         ///< There is a body: robots_rules::parse.
  allow_all,     ///< "Unavailable": robots_rules{}.
  disallow_all,  ///< "Unreachable": robots_rules::disallow_all(); try again later.
};

/// Options of robots_status.
struct robots_status_options {
  bool too_many_requests_is_unreachable =
      true;  ///< 429: disallow until it changes. RFC 9309 taken literally says allow.
};

/// Maps the final status of a robots.txt fetch, after at most five redirects, to what it means (RFC
/// 9309 2.3.1). 2xx: parse; 3xx (redirects ran out) and 4xx: allow_all; 5xx, anything else and 0 (no
/// response): disallow_all.
robots_access robots_status(int status, robots_status_options options = {}) noexcept;

}  // namespace bight::crawl
