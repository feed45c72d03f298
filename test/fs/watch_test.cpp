// Changes of files and directories. What is done before `next` is called is in the queue of the system by
// then; so a step of zero gives all of it as one batch.
#include <bight/fs/watch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs/walk.hpp>
#include <bight/testing.hpp>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/ends.hpp"
#include "support/watched_folder.hpp"

namespace bight::watch_test {

using namespace std::chrono_literals;
using test::at_once;
using ::testing::AnyOf;
using ::testing::ElementsAre;
namespace files = std::filesystem;

using strings = std::vector<std::string>;

class fs_watch : public test::watched_folder {};

ASYNC_TEST_F(fs_watch, tells_what_happens_to_files) {
  write("b");
  fs::watch w{root, at_once};
  co_await w.start();
  write("a");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a"));
  write("b");
  write("a");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~a", "~b"));
  CO_ASSERT_EQ(::chmod(in("a").c_str(), 0600), 0);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~a"));
  move("a", "c");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-a", "+c"));
  files::remove(in("b"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-b"));
  CO_ASSERT_EQ(::chmod(root.c_str(), 0700), 0);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~" + root));
}

ASYNC_TEST_F(fs_watch, merges_what_happens_to_a_path) {
  for (const char* const name : {"again", "gone", "moved_over", "over_and_gone"}) write(name);
  fs::watch w{root, at_once};
  co_await w.start();
  write("brief");
  files::remove(in("brief"));
  write("made");
  write("made");
  write("gone");
  files::remove(in("gone"));
  files::remove(in("again"));
  write("again");
  write("tmp1");
  move("tmp1", "moved_over");
  write("tmp2");
  move("tmp2", "over_and_gone");
  files::remove(in("over_and_gone"));
  files::create_directory(in("brief_directory"));
  write("brief_directory/a");
  files::remove_all(in("brief_directory"));
  const auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~again", "-gone", "+made", "+moved_over", "-over_and_gone"));
}

ASYNC_TEST_F(fs_watch, waits_until_something_happens) {
  fs::watch w{root, at_once};
  co_await w.start();
  auto waiting = spawn([&] { return next(w); });
  co_await testing::settle();
  EXPECT_FALSE(waiting.done());
  write("a");
  const auto batch = co_await waiting;
  EXPECT_THAT(batch, ElementsAre("+a"));
}

ASYNC_TEST_F(fs_watch, begins_with_the_first_next) {
  write("before");
  fs::watch w{root, at_once};
  auto waiting = spawn([&] { return next(w); });
  while (!waiting.done()) {
    write("during");
    static_cast<void>(co_await fs::list_directory(root));
  }
  const auto batch = co_await waiting;
  EXPECT_THAT(batch, ElementsAre(AnyOf("+during", "~during")));
}

ASYNC_TEST_F(fs_watch, goes_into_new_directories) {
  write("old/a");
  fs::watch w{root, at_once};
  co_await w.start();
  write("old/b");
  write("new/a/b/c");
  files::create_directory(in("new/a/empty"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+new", "+new/a", "+new/a/b", "+new/a/b/c", "+new/a/empty", "+old/b"));
  write("new/a/b/d");
  write("new/a/empty/e/f");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+new/a/b/d", "+new/a/empty/e", "+new/a/empty/e/f"));
  files::remove_all(in("new"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-new", "-new/a", "-new/a/b", "-new/a/b/c", "-new/a/b/d", "-new/a/empty",
                                 "-new/a/empty/e", "-new/a/empty/e/f"));
  write("new/again");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+new", "+new/again"));
  write("new/again");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~new/again"));
}

ASYNC_TEST_F(fs_watch, knows_renamed_directories) {
  write("a/b/c");
  fs::watch w{root, at_once};
  co_await w.start();
  move("a", "x");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-a", "+x", "+x/b", "+x/b/c"));
  write("x/b/c");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~x/b/c"));
  write("a/new");
  write("x/b/d");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a", "+a/new", "+x/b/d"));
  // Through several hands, and into what was inside.
  move("x/b", "a/b");
  move("x", "a/b/x");
  move("a", "z");
  batch = co_await next(w);
  EXPECT_THAT(batch,
              ElementsAre("-a", "-a/b", "-x", "-x/b", "+z", "+z/b", "+z/b/c", "+z/b/d", "+z/b/x", "+z/new"));
  write("z/b/x/last");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+z/b/x/last"));
}

ASYNC_TEST_F(fs_watch, knows_what_was_exchanged) {
  write("a/x");
  write("b/y");
  write("f");
  write("g");
  fs::watch w{root, at_once};
  fs::watch file{in("g"), at_once};
  co_await w.start();
  co_await file.start();
  CO_ASSERT_EQ(::renameat2(AT_FDCWD, in("f").c_str(), AT_FDCWD, in("g").c_str(), RENAME_EXCHANGE), 0);
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~f", "+g"));
  batch = co_await next(file);
  EXPECT_THAT(batch, ElementsAre("~g"));
  CO_ASSERT_EQ(::renameat2(AT_FDCWD, in("a").c_str(), AT_FDCWD, in("b").c_str(), RENAME_EXCHANGE), 0);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("!a", "+a/y", "!b", "+b/x"));
  write("a/y");
  write("b/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~a/y", "~b/x"));
  // What is known of a name before it was exchanged counts after it.
  write("new");
  CO_ASSERT_EQ(::renameat2(AT_FDCWD, in("f").c_str(), AT_FDCWD, in("new").c_str(), RENAME_EXCHANGE), 0);
  files::remove(in("new"));
  files::create_directory(in("new"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~f", "+new"));
}

ASYNC_TEST_F(fs_watch, says_when_a_directory_has_taken_the_place_of_another) {
  write("d/old");
  fs::watch w{root, at_once};
  co_await w.start();
  write("d/old");
  move("d", "e");
  write("d/new");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("!d", "+d/new", "-d/old", "+e", "+e/old"));
  write("d/new");
  write("e/old");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~d/new", "~e/old"));
}

ASYNC_TEST_F(fs_watch, knows_what_was_moved_in_and_out) {
  folder.write("outside/a/b", "");
  write("inside/c");
  fs::watch w{root, at_once};
  co_await w.start();
  files::rename(folder.file("outside"), in("outside"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+outside", "+outside/a", "+outside/a/b"));
  write("outside/a/b");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~outside/a/b"));
  write("inside/c");
  files::rename(in("inside"), folder.file("inside"));
  files::rename(in("outside"), folder.file("outside"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-inside", "-inside/c", "-outside"));
  folder.write("inside/c", "");
  folder.write("outside/a/b", "");
  write("marker");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+marker"));
  files::rename(folder.file("inside"), in("inside"));
  write("inside/d");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+inside", "+inside/c", "+inside/d"));
}

ASYNC_TEST_F(fs_watch, follows_no_links_below_the_root) {
  folder.write("outside/a", "");
  CO_ASSERT_EQ(::symlink(folder.file("outside").c_str(), in("before").c_str()), 0);
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::symlink("root", link.c_str()), 0);
  for (const auto& path : {root, link, link + '/'}) {
    fs::watch w{path, at_once};
    co_await w.start();
    CO_ASSERT_EQ(::symlink(folder.file("outside").c_str(), in("after").c_str()), 0);
    folder.write("outside/a", "x");
    folder.write("outside/b", "");
    write("marker");
    const auto changes = co_await w.next();
    CO_ASSERT_TRUE(changes);
    const auto start = path.ends_with('/') ? path : path + '/';
    EXPECT_THAT(*changes, ElementsAre(fs::change{fs::change_kind::added, start + "after"},
                                      fs::change{fs::change_kind::added, start + "marker"}));
    for (const char* const name : {"after", "marker"}) files::remove(in(name));
  }
}

ASYNC_TEST_F(fs_watch, stays_in_one_directory_if_it_is_told) {
  write("d/a");
  constexpr fs::watch_options options{.recursive = false, .settle_delay = 0ms};
  fs::watch w{root, options};
  co_await w.start();
  write("d/a");
  write("e/a");
  write("a");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a", "+e"));
  write("e/a");
  files::remove_all(in("e"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-e"));
}

ASYNC_TEST_F(fs_watch, filters) {
  strings asked;
  const auto only_text = [&](const fs::change& c) {
    asked.push_back(c.path.filename());
    return c.path.extension() == ".txt";
  };
  fs::watch w{root, at_once, only_text};
  co_await w.start();
  write("a.txt");
  write("a.tmp");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a.txt"));
  EXPECT_THAT(asked, ElementsAre("a.tmp", "a.txt"));
  auto waiting = spawn([&] { return next(w); });
  write("b.tmp");
  co_await testing::settle();
  EXPECT_FALSE(waiting.done());
  write("b.txt");
  batch = co_await waiting;
  EXPECT_THAT(batch, ElementsAre("+b.txt"));
}

ASYNC_TEST_F(fs_watch, keeps_what_a_filter_throws_at) {
  bool broken = true;
  const auto filter = [&](const fs::change&) {
    if (broken) throw std::runtime_error("broken");
    return true;
  };
  fs::watch w{root, at_once, filter};
  co_await w.start();
  write("a");
  const auto end = co_await test::end_of([&]() -> awaitable<void> { static_cast<void>(co_await w.next()); });
  EXPECT_EQ(end, "broken");
  broken = false;
  const auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a"));
}

std::ostringstream out;

bight::awaitable<void> prints_changes(std::string folder) {
  bight::fs::watch sources{folder};
  co_await sources.start();
  out << "from now on:\n";
  auto changes = co_await sources.next();  // waits until there are no changes for 50 ms
  while (changes) {
    for (const auto& c : *changes)
      if (c.kind == bight::fs::change_kind::added) out << c.path.string() << '\n';
    changes = co_await sources.next();
  }
}

class fs_watch_guide : public test::watched_folder {};

ASYNC_TEST_F(fs_watch_guide, prints_changes) {
  out.str({});
  auto printing = spawn(prints_changes, root);
  const auto until_it_says = [&](std::string text) -> awaitable<void> {
    while (out.str() != text) static_cast<void>(co_await fs::list_directory(root));
  };
  co_await until_it_says("from now on:\n");
  write("a");
  co_await until_it_says("from now on:\n" + in("a") + '\n');
  files::remove_all(root);
  co_await printing;
}

}  // namespace bight::watch_test
