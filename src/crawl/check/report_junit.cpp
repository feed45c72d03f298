// JUnit XML as CI systems read it: test suites with test cases that failed, were skipped or passed.
#include <bight/crawl/link_report.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {
namespace {

// XML 1.0 has no control characters; one_line has removed them. U+FFFE and U+FFFF are not characters either.
std::string xml_escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    if (const auto three = text.substr(i, 3); three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
      out += "?";
      i += 2;
    } else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

class suite {
 public:
  void add(const checked_link& l, const link_place& place) {
    ++tests_;
    const auto title = xml_escaped(check::one_line(l.reason.empty() ? group_title(l) : l.reason));
    cases_ += "    <testcase classname=\"" + xml_escaped(page_of(place)) + "\" name=\"" +
              xml_escaped(check::shown_url(l.url));
    if (place.line != 0) cases_ += " (line " + std::to_string(place.line) + ')';
    cases_ += '"';
    if (place.local) cases_ += " file=\"" + xml_escaped(check::one_line(place.page)) + '"';
    if (place.local && place.line != 0) cases_ += " line=\"" + std::to_string(place.line) + '"';
    if (l.verdict == link_verdict::broken) {
      ++failures_;
      cases_ += ">\n      <failure type=\"" + std::string{to_string(l.cause)} + "\" message=\"" + title +
                "\">" + xml_escaped(check::shown_place(place));
      if (!place.text.empty()) cases_ += ": " + xml_escaped(check::one_line(place.text, 200));
      cases_ += "</failure>\n    </testcase>\n";
    } else if (l.verdict == link_verdict::not_checked) {
      ++skipped_;
      cases_ += ">\n      <skipped message=\"" + title + "\"/>\n    </testcase>\n";
    } else {
      cases_ += ">\n      <system-out>" + std::string{to_string(l.verdict)} + ": " + title +
                "</system-out>\n    </testcase>\n";
    }
  }
  static std::string page_of(const link_place& place) {
    return place.local ? check::one_line(place.page) : check::shown_url(place.page);
  }
  std::string counts() const {
    return " tests=\"" + std::to_string(tests_) + "\" failures=\"" + std::to_string(failures_) +
           "\" errors=\"0\" skipped=\"" + std::to_string(skipped_) + '"';
  }
  const std::string& cases() const noexcept { return cases_; }
  void add_counts(const suite& other) {
    tests_ += other.tests_;
    failures_ += other.failures_;
    skipped_ += other.skipped_;
  }
  void add_passed(std::string_view name) {
    ++tests_;
    cases_ += "    <testcase classname=\"links\" name=\"" + xml_escaped(name) + "\"/>\n";
  }
  void add_incomplete() {
    ++tests_;
    ++skipped_;
    cases_ +=
        "    <testcase classname=\"links\" name=\"the whole check\">\n      <skipped message=\"incomplete: "
        "an error, a "
        "limit or a signal ended it\"/>\n    </testcase>\n";
  }

 private:
  std::size_t tests_ = 0;
  std::size_t failures_ = 0;
  std::size_t skipped_ = 0;
  std::string cases_;
};

}  // namespace

std::string to_junit(const link_report& report) {
  std::map<std::string, suite> suites;
  for (const auto& l : check::sorted(report)) {
    if (l.verdict == link_verdict::good) continue;
    for (const auto& place : l.places) suites[suite::page_of(place)].add(l, place);
    if (l.places.empty()) suites["(start)"].add(l, {"(start)", 0, "", false});
  }
  suite good;
  good.add_passed(check::plural(report.counts.good, "good URL", "good URLs"));
  if (!report.complete) good.add_incomplete();
  suite total = good;
  for (const auto& [page, s] : suites) total.add_counts(s);
  char seconds[64];
  std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(report.elapsed).count());
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"links\"" +
                    total.counts() + " time=\"" + seconds + "\">\n";
  const auto write = [&](const std::string& name, const suite& s) {
    out += "  <testsuite name=\"" + xml_escaped(name) + '"' + s.counts() + ">\n" + s.cases() +
           "  </testsuite>\n";
  };
  write("links", good);
  for (const auto& [page, s] : suites) write(page, s);
  return out + "</testsuites>\n";
}

}  // namespace bight::crawl
