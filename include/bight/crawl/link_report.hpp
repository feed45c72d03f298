// link_report: the results of a link check, and its formats.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// The result of checking a link.
enum class link_verdict : std::uint8_t {
  good,
  broken,       ///< Following the link fails.
  warning,      ///< It can be followed, but something is wrong with it: mixed content.
  not_checked,  ///< Unknown: the server refuses programs, or a limit was reached.
  redirected,   ///< Good, by way of at least one redirect; reported only by option.
};
/// The name of the enumerator, in static storage.
std::string_view to_string(link_verdict verdict) noexcept;

/// Why a link is reported.
enum class link_cause : std::uint8_t {
  none,
  status,           ///< A response status, see checked_link::status.
  fragment,         ///< The page has no element with that id.
  missing_file,     ///< A local file that does not exist.
  unreadable_file,  ///< A local file that cannot be read.
  invalid_url,      ///< Not a URL.
  name_resolution,  ///< The host has no address.
  connection,       ///< No connection, or it was reset.
  tls,              ///< The TLS handshake or the certificate.
  timeout,          ///< No answer in time.
  protocol,         ///< The answer is not valid HTTP.
  redirect,         ///< A redirect loop, too many redirects, or a redirect without a valid target.
  insecure,         ///< An http URL where https is required.
  mixed_content,    ///< An https page that loads something by http.
  challenge,        ///< A page that asks the visitor to prove to be human.
  robots,           ///< Disallowed by robots.txt.
  limit,            ///< A limit of the check.
  interrupted,      ///< The check ended before.
  other,
};
/// The name of the enumerator, in static storage.
std::string_view to_string(link_cause cause) noexcept;

/// A place where a link was found.
struct link_place {
  std::string page;        ///< The URL of the page, or the path of the local file.
  std::uint32_t line = 0;  ///< The line of the element, from 1; 0 if unknown.
  std::string text;        ///< The text of the link, or the alternative text of an image; may be empty.
  bool local = false;      ///< Whether `page` is a path.
};

/// A link that is reported: one per URL and cause.
struct checked_link {
  std::string url;  ///< With the fragment if the fragment is the cause. Local files: a path.
  link_verdict verdict = link_verdict::broken;
  link_cause cause = link_cause::none;
  int status = 0;                  ///< The status of the last response; 0 if there was none.
  std::string reason;              ///< One line: "404 Not Found", "connection refused".
  std::string final_url;           ///< The target of the last redirect; empty if there was none.
  std::vector<link_place> places;  ///< Where it was found, in order.
  std::size_t more_places = 0;     ///< The number of further places, beyond the limit.
};

/// Counts of a link check.
struct link_counts {
  std::size_t pages = 0;    ///< Pages and files whose links were checked.
  std::size_t links = 0;    ///< Links found, each as often as it occurs.
  std::size_t urls = 0;     ///< Different URLs among them, fragments included.
  std::size_t good = 0;     ///< URLs.
  std::size_t ignored = 0;  ///< Links that match the ignore file or an exclude pattern.
  std::size_t external =
      0;  ///< URLs that lead out of the crawl and were not checked, because that was not asked for.
  std::size_t cached = 0;  ///< URLs whose result is that of an earlier run.
  /// Links of other schemes, which are not checked: "mailto", "tel", "data", "javascript" and so on.
  std::map<std::string, std::size_t, std::less<>> schemes;
};

/// The report of a link check.
struct link_report {
  link_counts counts;
  /// All links that are not good, sorted by verdict, cause, status and URL.
  std::vector<checked_link> links;
  std::chrono::nanoseconds elapsed{};
  bool complete = true;  ///< No limit was reached, and the check was not interrupted.

  /// The number of links with a verdict.
  std::size_t count(link_verdict verdict) const noexcept;
  /// Sorts `links` into the documented order.
  void sort();
};

/// The heading of the group to which a link belongs: "404 Not Found", "missing fragment".
std::string group_title(const checked_link& link);

/// Formats a report. In all formats, passwords in URLs are replaced by `***`, and bytes that are not UTF-8 by
/// U+FFFD.
///
/// As text: all links, grouped by cause, with the places where they were found, and a summary in the last
/// line.
std::string to_text(const link_report& report);
/// As a JSON object on one line, without a newline. Members: pages, links, urls, good, broken_links,
/// warnings, not_checked_links, redirected_links, ignored, external, cached, schemes, elapsed_s, complete;
/// the arrays broken, warning, not_checked and redirected of objects with url, cause, status, reason,
/// final_url, more_places and places (page, line, text).
std::string to_json(const link_report& report);
/// As JUnit XML: a test suite per page that has reported links; broken links are failures, links that were
/// not checked are skipped. A passed test case stands for all good links, a skipped one for what an
/// incomplete check has not reached.
std::string to_junit(const link_report& report);
/// As GitHub workflow commands (annotations): one `::error` per place of a broken link, `::warning` for
/// warnings, links that were not checked and an incomplete check, `::notice` for redirects; then the summary
/// line.
std::string to_github(const link_report& report);
/// As an HTML page that needs no other files.
std::string to_html(const link_report& report);

}  // namespace bight::crawl
