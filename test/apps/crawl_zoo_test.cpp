// bight-crawl in the zoo of test/crawl/zoo: every URL with its verdict.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/apps.hpp"
#include "apps/zoo.hpp"

namespace bight::test::crawl_zoo_test {

namespace fs = std::filesystem;

struct expected {
  std::string verdict;
  std::string reason;
};

// A section of a .zoo file.
struct zoo_run {
  std::string name;
  std::vector<std::string> arguments;
  int status = 0;
  std::map<std::string, expected> urls;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

void read_zoo(const fs::path& file, std::vector<zoo_run>& runs) {
  std::ifstream in{file};
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words{line};
    std::string first;
    if (!(words >> first) || first == "#") continue;
    if (first == "run") {
      auto& run = runs.emplace_back();
      words >> run.name;
      run.name = file.stem().string() + "_" + run.name;
      for (std::string word; words >> word;) run.arguments.push_back(word);
    } else if (first == "exit") {
      words >> runs.at(runs.size() - 1).status;
    } else {
      if (first.starts_with("/") && !first.starts_with("//")) first.insert(0, "//h1");
      expected e;
      words >> e.verdict;
      std::getline(words, e.reason);
      e.reason = trimmed(e.reason);
      if (!runs.at(runs.size() - 1).urls.emplace("http:" + first, e).second)
        throw std::runtime_error(file.string() + ": " + first + " is listed twice");
    }
  }
}

std::vector<zoo_run> all_runs() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{zoo_directory()})
    if (entry.path().extension() == ".zoo") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<zoo_run> runs;
  for (const auto& file : files) read_zoo(file, runs);
  return runs;
}

class crawl_zoo : public ::testing::TestWithParam<zoo_run> {};

TEST_P(crawl_zoo, gives_every_url_its_verdict) {
  const auto& run = GetParam();
  const served_zoo zoo;
  std::vector<std::string> arguments{"--quiet", "--output", "-"};
  for (const auto& a : run.arguments) arguments.push_back(zoo.real(a));
  const auto result = crawl(arguments);
  EXPECT_EQ(result.status, run.status) << result.err;
  auto missing = run.urls;
  for (const auto& line : json_lines(result.out)) {
    const auto url = zoo.short_name(text_of(line, "url"));
    const auto known = missing.find(url);
    if (known == missing.end()) {
      ADD_FAILURE() << url << (run.urls.contains(url) ? ": reported twice" : ": not listed");
      continue;
    }
    const auto& e = known->second;
    std::string reason = text_of(line, "error");
    for (const auto& w : line.at("warnings").as_array()) reason.append(w.as_string().c_str());
    if (e.verdict != "-") {
      EXPECT_EQ(text_of(line, "verdict"), e.verdict) << url << " " << reason;
      EXPECT_NE(reason.find(e.reason), std::string::npos)
          << url << ": '" << e.reason << "' is not in: " << reason;
      EXPECT_EQ(reason.empty(), e.verdict == "ok") << url << ": " << reason;
    }
    missing.erase(known);
  }
  for (const auto& [url, e] : missing)
    if (e.verdict != "-") ADD_FAILURE() << url << ": not reported";
}

INSTANTIATE_TEST_SUITE_P(all, crawl_zoo, ::testing::ValuesIn(all_runs()),
                         [](const auto& run) { return run.param.name; });

TEST(crawl_zoo_size, is_at_least_sixty_cases) {
  std::size_t cases = 0;
  for (const auto& run : all_runs()) cases += run.urls.size();
  EXPECT_GE(cases, 60U);
}

}  // namespace bight::test::crawl_zoo_test
