// What patterns find in a tree.
#include <bight/fs/glob.hpp>

#include <unistd.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::glob_test {

using test::error_of;
using test::scratch_folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using strings = std::vector<std::string>;

awaitable<strings> found_by(std::string pattern, std::string root, fs::glob_options options = {}) {
  const auto paths = co_await fs::glob_all(pattern, root, options);
  strings all;
  for (const auto& p : paths) all.push_back(p.string());
  co_return all;
}

struct expectation {
  const char* pattern;
  strings paths;
};

// sorted(set(glob.glob(pattern, recursive=True))) of Python 3.11.
const expectation visible[] = {
    {"*",
     {"B.txt", "[x]", "a", "a*b", "a-b", "a1", "a2.txt", "d", "d2", "empty", "x^",
      "\xC3\xA9"
      ".txt"}},
    {"a", {"a"}},
    {"none", {}},
    {"a*", {"a", "a*b", "a-b", "a1", "a2.txt"}},
    {"?", {"a", "d"}},
    {"??", {"a1", "d2", "x^"}},
    {"*.txt",
     {"B.txt", "a2.txt",
      "\xC3\xA9"
      ".txt"}},
    {"?.txt",
     {"B.txt",
      "\xC3\xA9"
      ".txt"}},
    {"[a-b]*", {"a", "a*b", "a-b", "a1", "a2.txt"}},
    {"[!a-z]*",
     {"B.txt", "[x]",
      "\xC3\xA9"
      ".txt"}},
    {"[]]*", {}},
    {"[[]x]", {"[x]"}},
    {"[[]*", {"[x]"}},
    {"a[*]b", {"a*b"}},
    {"a[-]b", {"a-b"}},
    {"a[!*]b", {"a-b"}},
    {"[^x]*", {"x^"}},
    {"[x^]*", {"x^"}},
    {"x[^]", {"x^"}},
    {"[z-a]*", {}},
    {"[!z-a]", {"a", "d"}},
    {"a[", {}},
    {"[", {}},
    {"[!]", {}},
    {".*", {".git", ".hidden"}},
    {".h*", {".hidden"}},
    {"[.]*", {}},
    {"*a", {"a"}},
    {"*/", {"d/", "d2/", "empty/"}},
    {"*/a", {"d/a", "d2/a"}},
    {"*/*", {"d/a", "d/b.txt", "d/e", "d2/a", "d2/b"}},
    {"d/*", {"d/a", "d/b.txt", "d/e"}},
    {"d/.*", {"d/.dot"}},
    {"./*",
     {"./B.txt", "./[x]", "./a", "./a*b", "./a-b", "./a1", "./a2.txt", "./d", "./d2", "./empty", "./x^",
      "./\xC3\xA9"
      ".txt"}},
    {"d//*", {"d/a", "d/b.txt", "d/e"}},
    {"d//*//", {"d/e/"}},
    {".//d//e/*", {".//d//e/a", ".//d//e/f"}},
    {"*//a", {"d/a", "d2/a"}},
    {"../tree/a?", {"../tree/a1"}},
    {"d/../*",
     {"d/../B.txt", "d/../[x]", "d/../a", "d/../a*b", "d/../a-b", "d/../a1", "d/../a2.txt", "d/../d",
      "d/../d2", "d/../empty", "d/../x^",
      "d/../\xC3\xA9"
      ".txt"}},
    {"*/.", {"d/.", "d2/.", "empty/."}},
    {"*/..", {"d/..", "d2/..", "empty/.."}},
    {"*/../a", {"d/../a", "d2/../a", "empty/../a"}},
    {"d*/../d/*", {"d/../d/a", "d/../d/b.txt", "d/../d/e", "d2/../d/a", "d2/../d/b.txt", "d2/../d/e"}},
    {"**",
     {"B.txt",
      "[x]",
      "a",
      "a*b",
      "a-b",
      "a1",
      "a2.txt",
      "d",
      "d/a",
      "d/b.txt",
      "d/e",
      "d/e/a",
      "d/e/f",
      "d/e/f/b.txt",
      "d2",
      "d2/a",
      "d2/a/a",
      "d2/a/a/b",
      "d2/a/c",
      "d2/b",
      "empty",
      "x^",
      "\xC3\xA9"
      ".txt"}},
    {"**/", {"d/", "d/e/", "d/e/f/", "d2/", "d2/a/", "d2/a/a/", "empty/"}},
    {"**/a", {"a", "d/a", "d/e/a", "d2/a", "d2/a/a"}},
    {"**/*",
     {"B.txt",
      "[x]",
      "a",
      "a*b",
      "a-b",
      "a1",
      "a2.txt",
      "d",
      "d/a",
      "d/b.txt",
      "d/e",
      "d/e/a",
      "d/e/f",
      "d/e/f/b.txt",
      "d2",
      "d2/a",
      "d2/a/a",
      "d2/a/a/b",
      "d2/a/c",
      "d2/b",
      "empty",
      "x^",
      "\xC3\xA9"
      ".txt"}},
    {"**/*.txt",
     {"B.txt", "a2.txt", "d/b.txt", "d/e/f/b.txt",
      "\xC3\xA9"
      ".txt"}},
    {"**/.*", {".git", ".hidden", "d/.dot", "d/e/f/.x"}},
    {"**/.*/*", {".git/a", "d/e/f/.x/a"}},
    {"d/**", {"d/", "d/a", "d/b.txt", "d/e", "d/e/a", "d/e/f", "d/e/f/b.txt"}},
    {"d/**/", {"d/", "d/e/", "d/e/f/"}},
    {"d/**/a", {"d/a", "d/e/a"}},
    {"d/**/f/*", {"d/e/f/b.txt"}},
    {"d/e/**/b.txt", {"d/e/f/b.txt"}},
    {"d/**/e/**/*.txt", {"d/e/f/b.txt"}},
    {"d/**/e/**/b.txt", {"d/e/f/b.txt"}},
    {"d2/a/**", {"d2/a/", "d2/a/a", "d2/a/a/b", "d2/a/c"}},
    {"**/e/**", {"d/e/", "d/e/a", "d/e/f", "d/e/f/b.txt"}},
    {"*/**",
     {"d/", "d/a", "d/b.txt", "d/e", "d/e/a", "d/e/f", "d/e/f/b.txt", "d2/", "d2/a", "d2/a/a", "d2/a/a/b",
      "d2/a/c", "d2/b", "empty/"}},
    {"**/**/a", {"a", "d/a", "d/e/a", "d2/a", "d2/a/a"}},
    {"**/./a", {"./a", "d/./a", "d/e/./a", "d2/./a", "d2/a/./a"}},
    {"**/e/..", {"d/e/.."}},
    {"a**", {"a", "a*b", "a-b", "a1", "a2.txt"}},
    {"**a", {"a"}},
    {"d/**b*", {"d/b.txt"}},
    {"***",
     {"B.txt", "[x]", "a", "a*b", "a-b", "a1", "a2.txt", "d", "d2", "empty", "x^",
      "\xC3\xA9"
      ".txt"}},
    {"d/**/.x/*", {"d/e/f/.x/a"}},
    {"empty/*", {}},
    {"empty/**", {"empty/"}},
    {"empty/", {"empty/"}},
    {"d/", {"d/"}},
    {"d/a/", {}},
    {".git/*", {".git/a"}},
    {".git/**", {".git/", ".git/a"}},
    {"*/*/*/*", {"d/e/f/b.txt", "d2/a/a/b"}},
    {"*/*/*/*/*", {}},
};
// sorted(set(glob.glob(pattern, recursive=True, include_hidden=True))) of Python 3.11.
const expectation with_hidden[] = {
    {"*",
     {".git", ".hidden", "B.txt", "[x]", "a", "a*b", "a-b", "a1", "a2.txt", "d", "d2", "empty", "x^",
      "\xC3\xA9"
      ".txt"}},
    {".*", {".git", ".hidden"}},
    {"**",
     {".git",
      ".git/a",
      ".hidden",
      "B.txt",
      "[x]",
      "a",
      "a*b",
      "a-b",
      "a1",
      "a2.txt",
      "d",
      "d/.dot",
      "d/a",
      "d/b.txt",
      "d/e",
      "d/e/a",
      "d/e/f",
      "d/e/f/.x",
      "d/e/f/.x/a",
      "d/e/f/b.txt",
      "d2",
      "d2/a",
      "d2/a/a",
      "d2/a/a/b",
      "d2/a/c",
      "d2/b",
      "empty",
      "x^",
      "\xC3\xA9"
      ".txt"}},
    {"**/", {".git/", "d/", "d/e/", "d/e/f/", "d/e/f/.x/", "d2/", "d2/a/", "d2/a/a/", "empty/"}},
    {"**/a", {".git/a", "a", "d/a", "d/e/a", "d/e/f/.x/a", "d2/a", "d2/a/a"}},
    {"**/*",
     {".git",
      ".git/a",
      ".hidden",
      "B.txt",
      "[x]",
      "a",
      "a*b",
      "a-b",
      "a1",
      "a2.txt",
      "d",
      "d/.dot",
      "d/a",
      "d/b.txt",
      "d/e",
      "d/e/a",
      "d/e/f",
      "d/e/f/.x",
      "d/e/f/.x/a",
      "d/e/f/b.txt",
      "d2",
      "d2/a",
      "d2/a/a",
      "d2/a/a/b",
      "d2/a/c",
      "d2/b",
      "empty",
      "x^",
      "\xC3\xA9"
      ".txt"}},
    {"d/**",
     {"d/", "d/.dot", "d/a", "d/b.txt", "d/e", "d/e/a", "d/e/f", "d/e/f/.x", "d/e/f/.x/a", "d/e/f/b.txt"}},
    {"d/**/a", {"d/a", "d/e/a", "d/e/f/.x/a"}},
    {"*/", {".git/", "d/", "d2/", "empty/"}},
    {"[!a-z]*",
     {".git", ".hidden", "B.txt", "[x]",
      "\xC3\xA9"
      ".txt"}},
    {"?*",
     {".git", ".hidden", "B.txt", "[x]", "a", "a*b", "a-b", "a1", "a2.txt", "d", "d2", "empty", "x^",
      "\xC3\xA9"
      ".txt"}},
    {"**/.",
     {".", ".git/.", "d/.", "d/e/.", "d/e/f/.", "d/e/f/.x/.", "d2/.", "d2/a/.", "d2/a/a/.", "empty/."}},
    {"*/.*", {"d/.dot"}},
};

class fs_glob : public ::testing::Test {
 public:
  fs_glob() {
    for (const char* const name :
         {"a",           "a1",           "a2.txt",  "B.txt",    "[x]",     "a*b",    "a-b",
          "x^",          "\xC3\xA9.txt", ".hidden", "d/a",      "d/b.txt", "d/.dot", "d/e/a",
          "d/e/f/b.txt", "d/e/f/.x/a",   ".git/a",  "d2/a/a/b", "d2/a/c",  "d2/b"})
      folder.write("tree/" + std::string{name}, "");
    std::filesystem::create_directory(folder.file("tree/empty"));
  }
  scratch_folder folder;
  const std::string root = folder.file("tree");
};

ASYNC_TEST_F(fs_glob, finds_what_python_finds) {
  for (const auto& e : visible) {
    const auto found = co_await found_by(e.pattern, root);
    EXPECT_EQ(found, e.paths) << e.pattern;
  }
  fs::glob_options options;
  options.include_hidden = true;
  for (const auto& e : with_hidden) {
    const auto found = co_await found_by(e.pattern, root, options);
    EXPECT_EQ(found, e.paths) << e.pattern;
  }
}

ASYNC_TEST_F(fs_glob, finds_absolute_paths) {
  const auto found = co_await found_by(root + "/a?", "/nowhere");
  EXPECT_THAT(found, ElementsAre(root + "/a1"));
  const auto itself = co_await found_by(root + "/d2/a/**/", "");
  EXPECT_THAT(itself, ElementsAre(root + "/d2/a/", root + "/d2/a/a/"));
  const auto plain = co_await found_by(root + "/a1", "");
  EXPECT_THAT(plain, ElementsAre(root + "/a1"));
  const auto system = co_await found_by("/pro[c]", "");
  EXPECT_THAT(system, ElementsAre("/proc"));
  const auto top = co_await found_by("//pro[c]", "");
  EXPECT_THAT(top, ElementsAre("//proc"));
  const auto nothing = co_await found_by("", root);
  EXPECT_THAT(nothing, IsEmpty());
}

// Python gives most of these twice.
ASYNC_TEST_F(fs_glob, finds_each_path_once) {
  for (const char* const pattern : {"**/**", "**/**/**", "**/*/**", "**/*/*/../**"}) {
    const auto found = co_await found_by(pattern, root);
    EXPECT_GT(found.size(), 8U) << pattern;
    EXPECT_EQ(std::adjacent_find(found.begin(), found.end()), found.end()) << pattern;
  }
  const auto twice = co_await found_by("**/**", root);
  const auto once = co_await found_by("**", root);
  EXPECT_EQ(twice, once);
}

ASYNC_TEST_F(fs_glob, goes_into_links_only_where_the_pattern_says_so) {
  CO_ASSERT_EQ(::symlink("d2", folder.file("tree/link").c_str()), 0);
  CO_ASSERT_EQ(::symlink("..", folder.file("tree/d2/up").c_str()), 0);
  CO_ASSERT_EQ(::symlink("none", folder.file("tree/dangling").c_str()), 0);
  const auto below = co_await found_by("**/b", root);
  EXPECT_THAT(below, ElementsAre("d2/a/a/b", "d2/b"));
  const auto one = co_await found_by("*/b", root);
  EXPECT_THAT(one, ElementsAre("d2/b", "link/b"));
  const auto named = co_await found_by("link/up/link/**/b", root);
  EXPECT_THAT(named, ElementsAre("link/up/link/a/a/b", "link/up/link/b"));
  const auto explicit_part = co_await found_by("**/*/b", root);
  EXPECT_THAT(explicit_part, ElementsAre("d2/a/a/b", "d2/b", "link/b"));
  const auto directories = co_await found_by("*/", root);
  EXPECT_THAT(directories, ElementsAre("d/", "d2/", "empty/", "link/"));
  const auto links = co_await found_by("[dl]*", root);
  EXPECT_THAT(links, ElementsAre("d", "d2", "dangling", "link"));
  const auto everywhere = co_await found_by("**/", root);
  EXPECT_THAT(everywhere,
              ElementsAre("d/", "d/e/", "d/e/f/", "d2/", "d2/a/", "d2/a/a/", "d2/up/", "empty/", "link/"));
  const auto dangling = co_await found_by("dangling", root);
  EXPECT_THAT(dangling, ElementsAre("dangling"));
  for (const char* const pattern :
       {"dangling/", "dangling/*", "dangling/x", "dangling/**", "a/*", "a/", "a/**"}) {
    const auto nothing = co_await found_by(pattern, root);
    EXPECT_THAT(nothing, IsEmpty()) << pattern;
  }
}

ASYNC_TEST_F(fs_glob, tells_kind_and_depth) {
  CO_ASSERT_EQ(::symlink("d2", folder.file("tree/link").c_str()), 0);
  strings seen;
  fs::glob search{"**/[el]*", root};
  auto found = co_await search.next();
  while (found) {
    const char kind = found->kind == fs::file_kind::symlink     ? 'l'
                      : found->kind == fs::file_kind::directory ? 'd'
                                                                : '?';
    seen.push_back(std::to_string(found->depth) + kind + ' ' + found->path.string());
    found = co_await search.next();
  }
  EXPECT_THAT(seen, UnorderedElementsAre("2d d/e", "1d empty", "1l link"));
  found = co_await search.next();
  EXPECT_FALSE(found);
  fs::glob self{"d2/a/**", root};
  found = co_await self.next();
  CO_ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "d2/a/");
  EXPECT_EQ(found->depth, 0U);
  EXPECT_EQ(found->kind, fs::file_kind::directory);
}

// Reading a directory that cannot hold a match would be an error here.
ASYNC_TEST_F(fs_glob, reads_only_what_may_match) {
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(folder.file("tree/d"), std::filesystem::perms::none);
  std::filesystem::permissions(folder.file("tree/d2/a"), std::filesystem::perms{0111});
  const auto glob = [&](const char* how, const char* pattern) {
    return run_process(command(BIGHT_PROGRAM_UNPRIVILEGED, how, root + '/' + pattern));
  };
  const auto elsewhere = co_await glob("glob", "d2/*");
  EXPECT_EQ(elsewhere.output, "2 entries\n");
  const auto by_name = co_await glob("glob", "*2/a/c");
  EXPECT_EQ(by_name.output, "1 entries\n");
  const auto strict = co_await glob("glob", "**/c");
  EXPECT_THAT(strict.output, HasSubstr("read directory '" + root + "/d/': Permission denied [system:13]\n"));
  EXPECT_THAT(strict.output, HasSubstr("\n0 entries\n"));
  const auto lenient = co_await glob("glob-skip", "**/c");
  EXPECT_EQ(lenient.output, "1 entries\n");
  for (const char* const name : {"tree/d", "tree/d2/a"})
    std::filesystem::permissions(folder.file(name), std::filesystem::perms{0700});
}

ASYNC_TEST_F(fs_glob, goes_as_deep_as_it_is_told) {
  fs::glob_options options;
  options.max_depth = 2;
  fs::glob search{"**/a", root, options};
  strings seen;
  strings errors;
  bool more = true;
  const auto step = [&]() -> awaitable<void> {
    const auto found = co_await search.next();
    more = found.has_value();
    if (more) seen.push_back(found->path.string());
  };
  while (more) {
    auto error = co_await error_of(step(), make_error_code(errc::limit_exceeded));
    if (error != "no error") errors.push_back(std::move(error));
  }
  EXPECT_THAT(seen, UnorderedElementsAre("a", "d/a", "d2/a"));
  EXPECT_THAT(errors, UnorderedElementsAre(
                          HasSubstr("glob '**/a': more than 2 directories deep at '" + root + "/d/e/'"),
                          HasSubstr("glob '**/a': more than 2 directories deep at '" + root + "/d2/a/'")));
  const auto enough = co_await found_by("*/a", root, options);
  EXPECT_THAT(enough, ElementsAre("d/a", "d2/a"));
  for (const unsigned wrong : {0U, 1001U}) {
    options.max_depth = wrong;
    EXPECT_THROW((fs::glob{"*", root, options}), std::invalid_argument);
  }
}

ASYNC_TEST_F(fs_glob, has_limits) {
  fs::glob_options options;
  options.max_results = 3;
  const auto three = co_await found_by("d/*", root, options);
  EXPECT_THAT(three, ElementsAre("d/a", "d/b.txt", "d/e"));
  options.max_results = 2;
  const auto limit = make_error_code(errc::limit_exceeded);
  const auto over = co_await error_of(found_by("d/*", root, options), limit);
  EXPECT_THAT(over, HasSubstr("bight: glob 'd/*': more than 2 results"));
  options.max_pattern = 10;
  options.max_parts = 2;
  for (const char* const exact : {"d/e/f/*/?", "0123456789", "*//?//"})
    EXPECT_NO_THROW((fs::glob{exact, root, options}));
  const auto longer = co_await error_of(found_by("01234567890", root, options), limit);
  EXPECT_THAT(longer, HasSubstr("bight: glob '01234567890': it has 11 bytes; max_pattern is 10"));
  const auto parts = co_await error_of(found_by("d/*/e/[f]", root, options), limit);
  EXPECT_THAT(parts, HasSubstr("bight: glob 'd/*/e/[f]': more than 2 parts, the next one at byte 6"));
  const auto zero = co_await error_of(found_by(std::string("a*\0b", 4), root, options), EINVAL);
  EXPECT_THAT(zero, HasSubstr("bight: glob 'a*': a null byte at 2"));
}

ASYNC_TEST_F(fs_glob, in_what_is_no_directory_is_an_error) {
  for (const auto& [path, error] :
       {std::pair{folder.file("none"), ENOENT}, {folder.file("tree/a"), ENOTDIR}}) {
    for (const char* const pattern : {"*", "a"}) {
      const auto text = co_await error_of(found_by(pattern, path), error);
      EXPECT_THAT(text, HasSubstr("read directory '" + path + "'"));
    }
  }
  const auto below = co_await found_by("none/*", root);
  EXPECT_THAT(below, IsEmpty());
}

ASYNC_TEST_F(fs_glob, finds_many) {
  constexpr int count = 1500;
  for (int i = 0; i != count; ++i) folder.write("tree/empty/" + std::to_string(i), "");
  const auto all = co_await found_by("**/[0-9]*", root);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(count));
  const auto few = co_await found_by("empty/149?", root);
  EXPECT_EQ(few.size(), 10U);
}

ASYNC_TEST_F(fs_glob, is_used_by_one_task_at_a_time) {
  fs::glob search{"**", root};
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await search.next()); });
  co_await yield();
  EXPECT_FALSE(first.done());
  try {
    static_cast<void>(co_await search.next());
    ADD_FAILURE();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::glob");
  }
  co_await first;
}

TEST_F(fs_glob, loses_nothing_by_a_cancellation) {
  std::optional<fs::glob> search;
  std::size_t count = 0;
  const auto go_on = [&]() -> awaitable<void> {
    auto found = co_await search->next();
    while (found) {
      ++count;
      found = co_await search->next();
    }
  };
  const auto body = [&]() -> awaitable<void> {
    count = 0;
    search.emplace("**/[ab]*", root);
    co_await go_on();
  };
  const auto all_of_them = [&]() -> awaitable<void> {
    if (!search) co_return;
    co_await go_on();
    EXPECT_EQ(count, 13U);
  };
  EXPECT_GT(testing::cancel_at_every_await(body, all_of_them), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [&] { search.reset(); }), 0U);
}

std::ostringstream out;

bight::awaitable<void> prints_headers(std::string folder) {
  bight::fs::glob headers{"**/*.hpp", folder};
  auto found = co_await headers.next();
  while (found) {
    out << found->path.string() << '\n';
    found = co_await headers.next();
  }
}

bight::awaitable<void> prints_headers_sorted(std::string folder) {
  const auto headers = co_await bight::fs::glob_all("**/*.hpp", folder);
  for (const auto& path : headers) out << path.string() << '\n';
}

ASYNC_TEST(fs_glob_guide, prints_headers) {
  out.str({});
  const scratch_folder folder;
  folder.write("b/c.hpp", "");
  co_await prints_headers(folder.path());
  folder.write("a.hpp", "");
  co_await prints_headers_sorted(folder.path());
  EXPECT_EQ(out.str(), "b/c.hpp\na.hpp\nb/c.hpp\n");
}

}  // namespace bight::glob_test
