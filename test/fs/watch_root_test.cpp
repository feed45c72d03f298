// Watches of single files, and of what goes away.
#include <bight/fs/watch.hpp>

#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_errors.hpp"
#include "support/other_loop.hpp"
#include "support/watched_folder.hpp"

namespace bight::watch_root_test {

using test::at_once;
using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace files = std::filesystem;

class fs_watch_file : public test::watched_folder {
 public:
  fs_watch_file() { write("f"); }
  const std::string path = in("f");
};

ASYNC_TEST_F(fs_watch_file, knows_it_by_its_name) {
  fs::watch w{path, at_once};
  co_await w.start();
  write("other");
  write("f", "more");
  files::create_directory(in("directory"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~f"));
  // As editors save it.
  write("f.tmp");
  move("f.tmp", "f");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~f"));
  move("f", "f~");
  write("f");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~f"));
  files::remove(path);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-f"));
  write("f");
  files::remove(path);
  write("f");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+f"));
  move("f", "g");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-f"));
  move("g", "f");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+f"));
}

ASYNC_TEST_F(fs_watch_file, is_what_a_link_leads_to) {
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::symlink("root/f", link.c_str()), 0);
  fs::watch w{link, at_once};
  co_await w.start();
  write("f", "more");
  const auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~" + link));
}

ASYNC_TEST_F(fs_watch_file, ends_with_its_directory) {
  write("d/f");
  fs::watch w{in("d/f"), at_once};
  co_await w.start();
  move("d", "e");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-d/f"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("end"));
  fs::watch again{in("e/f"), at_once};
  co_await again.start();
  files::remove_all(in("e"));
  batch = co_await next(again);
  EXPECT_THAT(batch, ElementsAre("-e/f"));
  batch = co_await next(again);
  EXPECT_THAT(batch, ElementsAre("end"));
}

class fs_watch_root : public test::watched_folder {};

ASYNC_TEST_F(fs_watch_root, is_gone_when_it_is_removed) {
  write("d/a");
  fs::watch w{root, at_once};
  co_await w.start();
  files::remove_all(root);
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-" + root, "-d", "-d/a"));
  files::create_directory(root);
  write("a");
  for (int i = 0; i != 2; ++i) {
    batch = co_await next(w);
    EXPECT_THAT(batch, ElementsAre("end"));
  }
  co_await w.start();
}

ASYNC_TEST_F(fs_watch_root, is_gone_when_it_is_renamed) {
  write("a");
  fs::watch w{root, at_once};
  co_await w.start();
  write("a");
  write("new");
  files::rename(root, folder.file("other"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-" + root, "-a"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("end"));
}

// Its watch knows nothing of that; a directory that comes is not found under its path.
ASYNC_TEST_F(fs_watch_root, is_gone_when_a_new_directory_shows_it) {
  write("d/e/a");
  fs::watch w{in("d/e"), at_once};
  co_await w.start();
  move("d", "x");
  write("x/e/a");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~d/e/a"));
  files::create_directory(in("x/e/new"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-d/e"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("end"));
}

ASYNC_TEST_F(fs_watch_root, is_found_whatever_the_current_directory_is_by_then) {
  const auto before = files::current_path();
  files::current_path(folder.path());
  fs::watch w{"root", at_once};
  co_await w.start();
  files::current_path(before);
  write("d/e/a");
  const auto changes = co_await w.next();
  CO_ASSERT_TRUE(changes);
  CO_ASSERT_EQ(changes->size(), 3U);
  EXPECT_EQ(changes->back(), (fs::change{fs::change_kind::added, "root/d/e/a"}));
}

ASYNC_TEST_F(fs_watch_root, that_is_not_there_is_an_error) {
  const auto path = in("none");
  fs::watch w{path, at_once};
  for (int i = 0; i != 2; ++i) {
    const auto start = co_await error_of(w.start(), ENOENT);
    EXPECT_THAT(start, HasSubstr("watch '" + path + "': No such file"));
    const auto next = co_await error_of(w.next(), ENOENT);
    EXPECT_THAT(next, HasSubstr("watch '" + path + "': No such file"));
  }
  files::create_directory(path);
  co_await w.start();
  write("none/a");
  const auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+none/a"));
  fs::watch zero{std::string("a\0b", 3)};
  const auto nul = co_await error_of(zero.start(), EINVAL);
  EXPECT_THAT(nul, HasSubstr("watch 'a"));
}

ASYNC_TEST_F(fs_watch_root, is_watched_by_one_task_at_a_time) {
  fs::watch w{root, at_once};
  auto first = spawn([&] { return next(w); });
  co_await yield();
  for (const bool by_start : {false, true}) {
    try {
      if (by_start) {
        co_await w.start();
      } else {
        static_cast<void>(co_await w.next());
      }
      ADD_FAILURE();
    } catch (const std::logic_error& e) {
      EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::watch");
    }
  }
  first.cancel();
  co_await first.wait();
}

ASYNC_TEST_F(fs_watch_root, is_watched_on_one_loop) {
  fs::watch w{root, at_once};
  co_await w.start();
  test::other_loop other;
  const auto elsewhere = [&] { return error_of(w.next(), make_error_code(errc::wrong_loop)); };
  const auto text = co_await other.handle().submit(elsewhere);
  EXPECT_THAT(text, HasSubstr("watch '" + root + "'"));
  write("a");
  const auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a"));
}

// And what is left of it can be destroyed.
TEST_F(fs_watch_root, is_watched_no_longer_than_the_loop_lives) {
  std::optional<fs::watch> w;
  run([&]() -> awaitable<void> {
    w.emplace(root, at_once);
    co_await w->start();
  });
  run([&]() -> awaitable<void> {
    const auto gone = co_await error_of(w->next(), make_error_code(errc::wrong_loop));
    EXPECT_THAT(gone, HasSubstr("watch '" + root + "'"));
  });
}

}  // namespace bight::watch_root_test
