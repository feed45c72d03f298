// A real documentation site: bight-crawl finds what an independent walk finds, whoever serves it.
#include <sys/file.h>
#include <unistd.h>

#include <fcntl.h>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "apps/apps.hpp"
#include "support/child_process.hpp"
#include "support/nginx.hpp"

namespace bight::test::crawl_site_test {

namespace fs = std::filesystem;

constexpr auto package = "postgresql-doc-15";

// Held by the process that downloads; the others wait for it.
class download_lock {
 public:
  explicit download_lock(const std::string& path)
      : descriptor_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    ::flock(descriptor_, LOCK_EX);
  }
  download_lock(const download_lock&) = delete;
  download_lock& operator=(const download_lock&) = delete;
  ~download_lock() { ::close(descriptor_); }

 private:
  int descriptor_;
};

// The site of $BIGHT_TEST_SITE, or of the package, downloaded once; `why` says why there is none.
std::optional<std::string> real_site(std::string& why) {
  if (const char* const given = std::getenv("BIGHT_TEST_SITE")) return given;
  const fs::path folder = BIGHT_TEST_DOWNLOADS;
  const auto site = folder / "site" / "usr/share/doc" / package / "html";
  fs::create_directories(folder);
  const download_lock lock{(folder / "lock").string()};
  if (fs::exists(site / "index.html")) return site.string();
  if (find_program("apt-get").empty() || find_program("dpkg-deb").empty()) {
    why = "no $BIGHT_TEST_SITE, and no apt-get to download one";
    return std::nullopt;
  }
  const std::string script =
      "cd \"$1\" && rm -rf site part *.deb && apt-get -q download \"$2\" && dpkg-deb -x \"$2\"_*.deb part && "
      "rm -f *.deb && mv part site";
  program download{{"sh", "-c", script, "sh", folder.string(), package}};
  const auto r = download.finish(std::chrono::seconds{40});
  if (r.status == 0 && fs::exists(site / "index.html")) return site.string();
  why = "no $BIGHT_TEST_SITE, and " + std::string{package} + " cannot be downloaded: " + r.err;
  return std::nullopt;
}

// Path to status.
using site_map = std::map<std::string, std::string>;

site_map crawled(const std::string& url, boost::json::object& report) {
  const auto r = crawl({url, "--output", "-", "--format", "json", "--fail-on-broken"});
  EXPECT_EQ(r.status, 0) << r.err;
  auto lines = json_lines(r.out);
  report = lines.back();
  lines.pop_back();
  site_map all;
  for (const auto& line : lines) {
    EXPECT_EQ(text_of(line, "error"), "");
    all[text_of(line, "url").substr(url.size() - 1)] = text_of(line, "status");
  }
  return all;
}

site_map walked(const std::string& url) {
  const auto r = run({"python3", BIGHT_SOURCE_DIR "/test/apps/walk_site.py", url});
  EXPECT_EQ(r.status, 0) << r.err;
  site_map all;
  std::istringstream lines{r.out};
  for (std::string status, address; lines >> status >> address;) all[address.substr(url.size() - 1)] = status;
  return all;
}

// What one has and the other has not.
std::vector<std::string> differences(const site_map& a, const site_map& b) {
  std::vector<std::string> all;
  for (const auto& [path, status] : a)
    if (const auto other = b.find(path); other == b.end() || other->second != status)
      all.push_back(path + ' ' + status);
  return all;
}

void expect_same(const site_map& found, const site_map& expected) {
  EXPECT_THAT(differences(found, expected), ::testing::IsEmpty());
  EXPECT_THAT(differences(expected, found), ::testing::IsEmpty());
}

TEST(crawl_site, finds_what_an_independent_walk_finds) {
  std::string why;
  const auto folder = real_site(why);
  if (!folder) GTEST_SKIP() << why;
  if (find_program("python3").empty()) GTEST_SKIP() << "python3 is not installed";
  const served_site site{{*folder}};
  boost::json::object report;
  const auto found = crawled(site.url(), report);
  EXPECT_GT(found.size(), 1000U);
  EXPECT_EQ(text_of(report, "broken_links"), "0");
  EXPECT_EQ(text_of(report, "fetched"), std::to_string(found.size()));
  expect_same(found, walked(site.url()));
}

TEST(crawl_site, finds_the_same_when_nginx_serves_it) {
  if (const auto why_not = nginx::missing(); !why_not.empty()) GTEST_SKIP() << why_not;
  std::string why;
  const auto folder = real_site(why);
  if (!folder) GTEST_SKIP() << why;
  nginx_options options;
  options.root = *folder;
  const nginx theirs{options};
  const served_site ours{{*folder}};
  boost::json::object report;
  const auto found = crawled(theirs.url(), report);
  EXPECT_GT(found.size(), 1000U);
  EXPECT_EQ(text_of(report, "broken_links"), "0");
  expect_same(found, crawled(ours.url(), report));
}

}  // namespace bight::test::crawl_site_test
