// What is in a directory.
#include <bight/fs/walk.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::walk_test {

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
  EXPECT_THROW((fs::walk{folder.path(), {.max_depth = 0}}), std::invalid_argument);
  for (const unsigned wrong : {0U, 1001U})
    EXPECT_THROW((fs::walk{folder.path(), {.max_open_directories = wrong}}), std::invalid_argument);
}

// What is left out because it is too deep is never left out silently.
ASYNC_TEST_F(fs_walk, says_what_is_too_deep_and_goes_on) {
  fs::walk walk{folder.path(), {.max_open_directories = 2}};
  strings seen;
  strings errors;
  bool more = true;
  const auto step = [&]() -> awaitable<void> {
    const auto entry = co_await walk.next();
    more = entry.has_value();
    if (more) seen.push_back(entry->path.string());
  };
  while (more) {
    auto error = co_await error_of(step(), make_error_code(errc::limit_exceeded));
    if (error != "no error") errors.push_back(std::move(error));
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_THAT(errors,
              ElementsAre(HasSubstr("walk '" + folder.path() + "': more than 2 directories deep at '" +
                                    folder.file("d/e") + '\'')));
  const fs::walk_options deeper{.max_open_directories = 3};
  const auto enough = co_await found_in(folder.path(), deeper);
  EXPECT_EQ(enough.size(), 8U);
  const fs::walk_options wanted{.max_depth = 2, .max_open_directories = 2};
  const auto passed_over = co_await found_in(folder.path(), wanted);
  EXPECT_EQ(passed_over.size(), 7U);
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
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::walk");
  }
  co_await first;
}

TEST_F(fs_walk, loses_nothing_by_a_cancellation) {
  std::optional<fs::walk> walk;
  std::size_t count = 0;
  for (const bool skips : {false, true}) {
    const auto go_on = [&]() -> awaitable<void> {
      auto entry = co_await walk->next();
      while (entry) {
        ++count;
        if (skips) walk->skip();
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
      EXPECT_EQ(count, skips ? 4U : 8U);
    };
    EXPECT_GT(testing::cancel_at_every_await(body, all), 0U);
    EXPECT_GT(testing::shut_down_at_every_await(body, [&] { walk.reset(); }), 0U);
  }
}

// What a walk finds that skips these directories, below the root.
awaitable<std::set<std::string>> found_without(std::string root, std::set<std::string> skipped) {
  std::set<std::string> all;
  fs::walk walk{root};
  auto entry = co_await walk.next();
  while (entry) {
    const auto name = entry->path.string().substr(root.size() + 1);
    EXPECT_TRUE(all.insert(name).second) << name;
    if (skipped.contains(name)) walk.skip();
    entry = co_await walk.next();
  }
  co_return all;
}

ASYNC_TEST_F(fs_walk, does_not_enter_what_it_skips) {
  const std::set<std::string> one{"d"};
  const auto all = co_await found_without(folder.path(), one);
  EXPECT_THAT(all, ElementsAre("a", "d", "empty", "nowhere"));
  const std::set<std::string> several{"d/e", "empty", "a", "nowhere"};
  const auto more = co_await found_without(folder.path(), several);
  EXPECT_THAT(more, ElementsAre("a", "d", "d/b", "d/e", "d/up", "empty", "nowhere"));
}

// More than is read at a time: what is skipped has been read altogether, in part, or not at all.
ASYNC_TEST(fs_walk_skip, passes_over_what_was_read_already) {
  const scratch_folder folder{test::memory_folder()};
  std::set<std::string> directories;
  std::set<std::string> all;
  const auto make = [&](const std::string& in, int files) {
    directories.insert(in);
    all.insert(in);
    for (int i = 0; i != files; ++i) {
      all.insert(in + "/f" + std::to_string(i));
      folder.write(in + "/f" + std::to_string(i), "");
    }
  };
  for (const std::string top : {"a", "b", "c"}) {
    make(top, 100);
    for (const std::string middle : {"/d", "/e"}) {
      make(top + middle, 50);
      make(top + middle + "/g", 30);
    }
  }
  const auto beneath = [](const std::string& name, const std::set<std::string>& skipped) {
    for (auto end = name.find('/'); end != name.npos; end = name.find('/', end + 1))
      if (skipped.contains(name.substr(0, end))) return true;
    return false;
  };
  std::vector<std::set<std::string>> choices{{}, directories};
  for (const auto& d : directories)
    for (const auto& e : directories) choices.push_back({d, e});
  for (const auto& skipped : choices) {
    auto expected = all;
    std::erase_if(expected, [&](const std::string& name) { return beneath(name, skipped); });
    const auto found = co_await found_without(folder.path(), skipped);
    EXPECT_EQ(found, expected) << *skipped.begin();
  }
}

// Errors beneath a directory that is skipped are none, those of others are.
ASYNC_TEST_F(fs_walk, skips_errors_too) {
  const auto errors_without = [&](std::string skipped, unsigned limit) -> awaitable<strings> {
    fs::walk walk{folder.path(), {.max_open_directories = limit}};
    strings errors;
    bool more = true;
    const auto step = [&]() -> awaitable<void> {
      const auto entry = co_await walk.next();
      more = entry.has_value();
      if (more && entry->path.filename() == skipped) walk.skip();
    };
    while (more) {
      auto error = co_await error_of(step(), make_error_code(errc::limit_exceeded));
      if (error != "no error") errors.push_back(std::move(error));
    }
    co_return errors;
  };
  const auto itself = co_await errors_without("d", 1);
  EXPECT_THAT(itself, ElementsAre(HasSubstr(folder.file("empty") + '\'')));
  const auto another = co_await errors_without("empty", 1);
  EXPECT_THAT(another, ElementsAre(HasSubstr(folder.file("d") + '\'')));
  const auto beneath = co_await errors_without("d", 2);
  EXPECT_THAT(beneath, IsEmpty());
  const auto last = co_await errors_without("e", 2);
  EXPECT_THAT(last, IsEmpty());
  const auto elsewhere = co_await errors_without("empty", 2);
  EXPECT_THAT(elsewhere, ElementsAre(HasSubstr(folder.file("d/e") + '\'')));
}

ASYNC_TEST_F(fs_walk, skips_only_what_it_gave) {
  const auto misuse = [](fs::walk& walk) -> std::string {
    try {
      walk.skip();
    } catch (const std::logic_error& e) { return e.what(); }
    return "no error";
  };
  fs::walk walk{folder.file("d/e")};
  EXPECT_EQ(misuse(walk), "bight: fs::walk::skip: there is no current entry");
  auto entry = co_await walk.next();
  EXPECT_TRUE(entry);
  EXPECT_EQ(misuse(walk), "no error");  // a file
  entry = co_await walk.next();
  EXPECT_FALSE(entry);
  EXPECT_EQ(misuse(walk), "bight: fs::walk::skip: there is no current entry");

  fs::walk other{folder.path()};
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await other.next()); });
  co_await yield();
  EXPECT_EQ(misuse(other), "bight: concurrent use by two tasks: fs::walk");
  co_await first;
  EXPECT_EQ(misuse(other), "no error");
  EXPECT_EQ(misuse(other), "no error");
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

}  // namespace bight::walk_test
