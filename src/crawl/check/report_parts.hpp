// What the formats of a link report have in common.
#pragma once
#include <bight/crawl/link_report.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::check {

/// Neighbouring links of a sorted report with the same verdict and title.
struct link_group {
  link_verdict verdict;
  std::string title;
  std::span<const checked_link> links;
};
/// Precondition: the links are sorted.
std::vector<link_group> groups_of(std::span<const checked_link> links);

/// The links of a report in their documented order.
std::vector<checked_link> sorted(const link_report& report);

/// Text from a page or server for a line of output: valid UTF-8 without control characters, at most
/// `max_bytes` long.
std::string one_line(std::string_view text, std::size_t max_bytes = 2048);
/// The same for a URL: without its password.
std::string shown_url(std::string_view url);
/// "page:12" or "page".
std::string shown_place(const link_place& place);
/// "1 link", "1,234 links".
std::string plural(std::size_t n, std::string_view one, std::string_view many);
/// "1,234".
std::string grouped(std::size_t n);
/// "12 broken links, 3 not checked, 1,234 links on 56 pages, 1.25 s".
std::string summary(const link_report& report);
/// "2 mailto, 1 tel"; empty if there are none.
std::string other_schemes(const link_report& report);

}  // namespace bight::crawl::check
