// bight-crawl --check in the zoo: check.links lists every link that is to be reported.
#include <boost/json/parse.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "apps/apps.hpp"
#include "apps/zoo.hpp"

namespace bight::test::crawl_check_zoo_test {

struct expected {
  std::string verdict;
  std::string reason;
};

std::map<std::string, expected> listed_links() {
  std::map<std::string, expected> all;
  std::ifstream in{zoo_directory() / "check.links"};
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words{line};
    expected e;
    std::string url;
    if (line.starts_with('#') || !(words >> e.verdict >> url)) continue;
    std::getline(words >> std::ws, e.reason);
    if (url.starts_with("//")) url.insert(0, "http:");
    if (url.starts_with('/')) url.insert(0, "http://h1");
    all.emplace(std::move(url), std::move(e));
  }
  return all;
}

TEST(crawl_check_zoo, every_link_has_its_verdict) {
  const served_zoo zoo;
  const auto r = crawl({"--check", "--format", "json", "--retries", "1", zoo.real("http://h1/check/")});
  EXPECT_EQ(r.status, 3) << r.err;
  auto missing = listed_links();
  EXPECT_GE(missing.size(), 30U);
  const auto report = boost::json::parse(r.out).as_object();
  for (const auto* const verdict : {"broken", "warning", "not_checked", "redirected"})
    for (const auto& value : report.at(verdict).as_array()) {
      const auto& link = value.as_object();
      const auto url = zoo.short_name(text_of(link, "url"));
      const auto reason = text_of(link, "reason");
      const auto known = missing.find(url);
      if (known == missing.end()) {
        ADD_FAILURE() << url << ": " << verdict << ", " << reason << ", but not listed";
        continue;
      }
      EXPECT_EQ(known->second.verdict, verdict) << url << ": " << reason;
      EXPECT_NE(reason.find(known->second.reason), std::string::npos) << url << ": " << reason;
      EXPECT_FALSE(link.at("places").as_array().empty()) << url;
      missing.erase(known);
    }
  for (const auto& [url, e] : missing) ADD_FAILURE() << url << ": not reported";
  const auto& schemes = report.at("schemes").as_object();
  for (const auto* const scheme : {"mailto", "tel", "data", "javascript", "file", "ftp"})
    EXPECT_TRUE(schemes.contains(scheme)) << scheme;
}

}  // namespace bight::test::crawl_check_zoo_test
