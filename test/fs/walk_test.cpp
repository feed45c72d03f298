// What is in a directory.
#include <bight/fs/walk.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight {
namespace {

using boost::system::system_error;
using test::error_of;
using test::scratch_folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using strings = std::vector<std::string>;

// What a walk finds, as "depth kind name", sorted.
awaitable<strings> found_in(std::string root, fs::walk_options options = {}) {
  strings all;
  fs::walk walk{root, options};
  auto entry = co_await walk.next();
  while (entry) {
    const char* const kind = entry->kind == fs::file_kind::directory ? "d "
                             : entry->kind == fs::file_kind::symlink ? "l "
                             : entry->kind == fs::file_kind::regular ? "f "
                                                                     : "? ";
    all.push_back(std::to_string(entry->depth) + kind + entry->path.string().substr(root.size() + 1));
    entry = co_await walk.next();
  }
  entry = co_await walk.next();
  EXPECT_FALSE(entry);
  std::sort(all.begin(), all.end());
  co_return all;
}

class fs_walk : public ::testing::Test {
 public:
  fs_walk() {
    folder.write("a", "");
    folder.write("d/b", "");
    folder.write("d/e/c", "");
    std::filesystem::create_directory(folder.file("empty"));
    EXPECT_EQ(::symlink("..", folder.file("d/up").c_str()), 0);
    EXPECT_EQ(::symlink("none", folder.file("nowhere").c_str()), 0);
  }
  scratch_folder folder;
};

ASYNC_TEST_F(fs_walk, finds_everything_and_follows_no_links) {
  const auto all = co_await found_in(folder.path());
  EXPECT_THAT(
      all, ElementsAre("1d d", "1d empty", "1f a", "1l nowhere", "2d d/e", "2f d/b", "2l d/up", "3f d/e/c"));
  const auto through_a_link = co_await found_in(folder.file("d/up"));
  EXPECT_EQ(through_a_link, all);
  const auto nothing = co_await found_in(folder.file("empty"));
  EXPECT_THAT(nothing, IsEmpty());
}

ASYNC_TEST_F(fs_walk, goes_as_deep_as_it_is_told) {
  const fs::walk_options one{.max_depth = 1};
  const auto direct = co_await found_in(folder.path(), one);
  EXPECT_THAT(direct, ElementsAre("1d d", "1d empty", "1f a", "1l nowhere"));
  const fs::walk_options two{.max_depth = 2};
  const auto some = co_await found_in(folder.path(), two);
  EXPECT_EQ(some.size(), 7U);
  for (const unsigned wrong : {0U, 1001U})
    EXPECT_THROW((fs::walk{folder.path(), {.max_depth = wrong}}), std::invalid_argument);
}

ASYNC_TEST_F(fs_walk, finds_directories_before_what_is_in_them) {
  fs::walk walk{folder.path()};
  strings seen{folder.path()};
  auto entry = co_await walk.next();
  while (entry) {
    EXPECT_THAT(seen, ::testing::Contains(entry->path.parent_path().string()));
    seen.push_back(entry->path.string());
    entry = co_await walk.next();
  }
}

ASYNC_TEST_F(fs_walk, finds_many) {
  constexpr int count = 1000;
  for (int i = 0; i != count; ++i) folder.write("empty/" + std::to_string(i), "");
  const auto all = co_await found_in(folder.file("empty"));
  EXPECT_EQ(all.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

ASYNC_TEST_F(fs_walk, of_what_is_no_directory_is_an_error) {
  for (const auto& [path, error] : {std::pair{folder.file("none"), ENOENT}, {folder.file("a"), ENOTDIR}}) {
    fs::walk walk{path};
    const auto next = [&]() -> awaitable<void> { static_cast<void>(co_await walk.next()); };
    const auto text = co_await error_of(next(), error);
    EXPECT_THAT(text, HasSubstr("read directory '" + path + "'"));
    const auto end = co_await walk.next();
    EXPECT_FALSE(end);
  }
}

// Permissions mean nothing to root, so another process walks.
ASYNC_TEST_F(fs_walk, goes_on_after_a_directory_that_may_not_be_read) {
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(folder.file("d/e"), std::filesystem::perms::none);
  const auto walk = [&](const char* how) {
    return run_process(command(BIGHT_PROGRAM_UNPRIVILEGED, how, folder.path()));
  };
  const auto strict = co_await walk("walk");
  EXPECT_EQ(strict.output,
            "read directory '" + folder.file("d/e") + "': Permission denied [system:13]\n7 entries\n");
  const auto lenient = co_await walk("walk-skip");
  EXPECT_EQ(lenient.output, "7 entries\n");
  std::filesystem::permissions(folder.file("d/e"), std::filesystem::perms{0700});
}

ASYNC_TEST_F(fs_walk, is_used_by_one_task_at_a_time) {
  fs::walk walk{folder.path()};
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await walk.next()); });
  co_await yield();
  EXPECT_FALSE(first.done());
  try {
    static_cast<void>(co_await walk.next());
    ADD_FAILURE();
  } catch (const std::logic_error& e) { EXPECT_STREQ(e.what(), "bight: two tasks at a time in fs::walk"); }
  co_await first;
}

TEST_F(fs_walk, loses_nothing_by_a_cancellation) {
  std::optional<fs::walk> walk;
  std::size_t count = 0;
  const auto go_on = [&]() -> awaitable<void> {
    auto entry = co_await walk->next();
    while (entry) {
      ++count;
      entry = co_await walk->next();
    }
  };
  const auto body = [&]() -> awaitable<void> {
    count = 0;
    walk.emplace(folder.path());
    co_await go_on();
  };
  const auto all = [&]() -> awaitable<void> {
    if (!walk) co_return;
    co_await go_on();
    EXPECT_EQ(count, 8U);
  };
  EXPECT_GT(testing::cancel_at_every_await(body, all), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [&] { walk.reset(); }), 0U);
}

ASYNC_TEST_F(fs_walk, lists_one_directory_sorted) {
  const auto all = co_await fs::list_directory(folder.path());
  strings names;
  for (const auto& e : all) names.push_back(e.path.filename().string());
  EXPECT_THAT(names, ElementsAre("a", "d", "empty", "nowhere"));
  EXPECT_EQ(all.at(1).kind, fs::file_kind::directory);
  const auto exactly = co_await fs::list_directory(folder.path(), 4);
  EXPECT_EQ(exactly.size(), 4U);
  const auto over =
      co_await error_of(fs::list_directory(folder.path(), 3), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(over, HasSubstr("list directory '" + folder.path() + "': more than 3 entries"));
  const auto none = folder.file("none");
  const auto missing = co_await error_of(fs::list_directory(none), ENOENT);
  EXPECT_THAT(missing, HasSubstr("read directory '" + none + "'"));
}

}  // namespace
}  // namespace bight
