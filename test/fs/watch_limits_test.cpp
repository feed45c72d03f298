// What a watch cannot do or must not lose: limits, times, cancellation, and everything at the same time.
#include <bight/fs/watch.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_errors.hpp"
#include "support/watched_folder.hpp"

namespace bight::watch_limits_test {

using namespace std::chrono_literals;
using test::at_once;
using test::error_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace files = std::filesystem;

class fs_watch_limits : public test::watched_folder {
 public:
  // More than the system's queue holds.
  void fill_queue() const {
    std::size_t most = 0;
    std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
    ASSERT_NE(most, 0U);
    for (const char* const name : {"a", "b"}) write(name);
    for (std::size_t i = 0; i <= most / 2; ++i)
      for (const char* const name : {"a", "b"}) ::chmod(in(name).c_str(), 0600U + i % 2);
  }
};

ASYNC_TEST_F(fs_watch_limits, tell_when_a_batch_is_too_large) {
  fs::watch_options options = at_once;
  options.max_pending = 3;
  fs::watch w{root, options};
  co_await w.start();
  for (const char* const name : {"a", "b", "c"}) write(name);
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a", "+b", "+c"));
  for (const char* const name : {"a", "b", "c", "d/e"}) write(name);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("!" + root));
  write("d/e");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~d/e"));
}

// Where the loop can wait for no more descriptors. What the second call is told is what the first one was.
TEST_F(fs_watch_limits, of_what_a_loop_can_wait_for_are_errors_that_pass) {
  const auto done = test::run({BIGHT_PROGRAM_OTHER_KERNEL, "few-epoll-watches", root});
  EXPECT_EQ(done.status, 0) << done.err;
  const std::string error = "watch '" + root + "': fs.epoll.max_user_watches is ";
  std::istringstream lines{done.out};
  std::string line;
  for (int i = 0; i != 3; ++i) {
    std::getline(lines, line);
    EXPECT_THAT(line, StartsWith(error));
  }
  std::getline(lines, line);
  EXPECT_EQ(line, root + "/a");
}

ASYNC_TEST_F(fs_watch_limits, tell_when_the_queue_of_the_system_was_too_small) {
  for (const char* const name : {"moved/in/x", "removed/x"}) write(name);
  fs::watch w{root, at_once};
  co_await w.start();
  fill_queue();
  write("new/in/x");
  move("moved", "new/moved");
  files::remove_all(in("removed"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("!" + root));
  for (const char* const name : {"a", "new/in/x", "new/moved/in/x", "new/moved/in/y"}) write(name);
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~a", "~new/in/x", "~new/moved/in/x", "+new/moved/in/y"));
  write("removed/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+removed", "+removed/x"));
}

ASYNC_TEST_F(fs_watch_limits, tell_it_also_where_a_directory_is_too_deep) {
  write("removed/x");
  fs::watch_options options = at_once;
  options.max_depth = 2;
  fs::watch w{root, options};
  co_await w.start();
  fill_queue();
  files::remove_all(in("removed"));
  write("new/deep/x");
  const auto text = co_await error_of(w.next(), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(text, HasSubstr("bight: watch '" + in("new/deep") + "': max_depth is 2"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("!" + root));
  write("new/y");
  static_cast<void>(co_await next(w));
  write("removed/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+removed", "+removed/x"));
}

ASYNC_TEST_F(fs_watch_limits, hold_for_directories) {
  const auto limit = make_error_code(errc::limit_exceeded);
  write("a/b/x");
  fs::watch_options options = at_once;
  options.max_directories = 2;
  fs::watch w{root, options};
  auto text = co_await error_of(w.start(), limit);
  EXPECT_THAT(text, HasSubstr("bight: watch '" + in("a/b") + "': max_directories is 2"));
  files::remove_all(in("a/b"));
  co_await w.start();
  write("a/b/x");
  write("a/c/d/x");
  write("y");
  text = co_await error_of(w.next(), limit);
  EXPECT_THAT(text, HasSubstr("max_directories is 2"));
  text = co_await error_of(w.next(), limit);
  EXPECT_THAT(text, HasSubstr("max_directories is 2"));
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+a/b", "+a/c", "+y"));
  files::remove_all(in("a"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-a", "-a/b", "-a/c"));
  write("d/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+d", "+d/x"));
  files::rename(in("d"), folder.file("outside"));  // which makes room
  write("e/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("-d", "+e", "+e/x"));
  write("e/x");
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("~e/x"));
}

ASYNC_TEST_F(fs_watch_limits, hold_for_depth) {
  const auto limit = make_error_code(errc::limit_exceeded);
  write("a/b/x");
  fs::watch_options options = at_once;
  options.max_depth = 2;
  fs::watch w{root, options};
  auto text = co_await error_of(w.start(), limit);
  EXPECT_THAT(text, HasSubstr("bight: watch '" + in("a/b") + "': max_depth is 2"));
  files::remove_all(in("a/b"));
  co_await w.start();
  write("c/x");
  auto batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+c", "+c/x"));
  write("c/d/x");
  text = co_await error_of(w.next(), limit);
  EXPECT_THAT(text, HasSubstr("bight: watch '" + in("c/d") + "': max_depth is 2"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+c/d"));
  write("e/f/x");
  write("e/g");
  text = co_await error_of(w.next(), limit);
  EXPECT_THAT(text, HasSubstr("bight: watch '" + in("e/f") + "': max_depth is 2"));
  batch = co_await next(w);
  EXPECT_THAT(batch, ElementsAre("+e", "+e/f", "+e/g"));
  for (const unsigned wrong : {0U, 1001U})
    EXPECT_THROW((fs::watch{root, {.max_depth = wrong}}), std::invalid_argument);
}

ASYNC_TEST_F(fs_watch_limits, of_the_system_are_named) {
  write("a/b/c/x");
  const auto start = [&](const char* watches, const char* instances) {
    return run_process(command(BIGHT_PROGRAM_FEW_WATCHES, watches, instances, root));
  };
  const auto enough = co_await start("4", "1");
  if (enough.status.code() == 77) {
    [] { GTEST_SKIP() << "this system lets nobody have limits of their own"; }();
    co_return;
  }
  EXPECT_EQ(enough.output, "watching\n");
  const auto watches = co_await start("3", "1");
  EXPECT_THAT(watches.output, StartsWith("watch '" + in("a/b/c") + "': fs.inotify.max_user_watches is "));
  EXPECT_THAT(watches.output, HasSubstr(": No space left on device"));
  const auto instances = co_await start("4", "0");
  EXPECT_THAT(instances.output, StartsWith("watch '" + root + "': fs.inotify.max_user_instances is "));
  EXPECT_THAT(instances.output, HasSubstr(", or the process has too many files open: Too many open files"));
}

ASYNC_TEST_F(fs_watch_limits, for_open_files_are_named) {
#ifdef __SANITIZE_ADDRESS__
  [] { GTEST_SKIP() << "UBSan looks at memory through a pipe, and takes it for wrong when it gets none"; }();
  co_return;
#endif
  fs::watch w{root, at_once};
  const int next_free = ::dup(0);
  ::close(next_free);
  rlimit before{};
  CO_ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{static_cast<rlim_t>(next_free), before.rlim_max};
  CO_ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto text = co_await error_of(w.start(), EMFILE);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(text, StartsWith("watch '" + root + "': fs.inotify.max_user_instances is "));
  co_await w.start();
}

// Permissions mean nothing to root, so another process watches.
ASYNC_TEST_F(fs_watch_limits, of_permission_are_errors_or_not) {
  write("a/b/x");
  for (const auto& name : {folder.path(), root}) files::permissions(name, files::perms{0755});
  files::permissions(in("a"), files::perms::none);
  const auto start = [&](const char* how) {
    return run_process(command(BIGHT_PROGRAM_UNPRIVILEGED, how, root));
  };
  const auto strict = co_await start("watch");
  EXPECT_EQ(strict.output, "read directory '" + in("a") + "': Permission denied [system:13]\n");
  const auto lenient = co_await start("watch-skip");
  EXPECT_EQ(lenient.output, "watching\n");
  files::permissions(in("a"), files::perms{0700});
}

// The clock is held, so that it is exact. The other watch knows when the system has told both.
class fs_watch_times : public test::watched_folder {
 public:
  awaitable<void> write_and_tell(fs::watch& other, const char* name) {
    write(name);
    static_cast<void>(co_await next(other));
    co_await testing::settle();
  }
};

ASYNC_TEST_F(fs_watch_times, end_a_batch_when_it_is_quiet) {
  fs::watch w{root};
  fs::watch other{root, at_once};
  co_await w.start();
  co_await other.start();
  testing::manual_clock hold;
  auto waiting = spawn([&] { return next(w); });
  co_await write_and_tell(other, "a");
  co_await testing::advance(49ms);
  EXPECT_FALSE(waiting.done());
  co_await write_and_tell(other, "b");
  co_await testing::advance(49ms);
  EXPECT_FALSE(waiting.done());
  co_await testing::advance(1ms);
  EXPECT_TRUE(waiting.done());
  const auto batch = co_await waiting;
  EXPECT_THAT(batch, ElementsAre("+a", "+b"));
}

ASYNC_TEST_F(fs_watch_times, end_a_batch_that_is_never_quiet) {
  fs::watch w{root};
  fs::watch other{root, at_once};
  co_await w.start();
  co_await other.start();
  testing::manual_clock hold;
  auto waiting = spawn([&] { return next(w); });
  for (int i = 0; i != 40; ++i) {  // 1600 ms
    co_await write_and_tell(other, "a");
    EXPECT_FALSE(waiting.done()) << i;
    co_await testing::advance(40ms);
  }
  EXPECT_TRUE(waiting.done());
  const auto batch = co_await waiting;
  EXPECT_THAT(batch, ElementsAre("+a"));
}

// Who asks again and again, each time for less than a step, gets it all the same.
ASYNC_TEST_F(fs_watch_times, go_on_after_a_cancellation) {
  fs::watch w{root};
  fs::watch other{root, at_once};
  co_await w.start();
  co_await other.start();
  testing::manual_clock hold;
  write("a");
  static_cast<void>(co_await next(other));
  int calls = 0;
  strings batch;
  while (batch.empty()) {
    ++calls;
    auto waiting = spawn([&] { return next(w); });
    co_await testing::settle();
    co_await testing::advance(20ms);
    waiting.cancel();
    co_await waiting.wait();
    if (!waiting.cancelled()) batch = co_await waiting;
  }
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(batch, ElementsAre("+a"));
}

ASYNC_TEST_F(fs_watch_times, are_those_of_the_loop) {
  fs::watch w{root};
  co_await w.start();
  write("a");
  const auto start = clock::now();
  const auto batch = co_await next(w);
  EXPECT_GE(clock::now() - start, 50ms);
  EXPECT_THAT(batch, ElementsAre("+a"));
}

class fs_watch_cancelled : public test::watched_folder {};

TEST_F(fs_watch_cancelled, loses_nothing) {
  std::optional<fs::watch> w;
  strings told;
  strings due;
  int run = 0;
  const auto body = [&]() -> awaitable<void> {
    told.clear();
    due.clear();
    w.emplace(root, at_once);
    co_await w->start();
    const auto name = std::to_string(run++);
    write(name + "/a/b");
    due = {'+' + name, '+' + name + "/a", '+' + name + "/a/b"};
    for (int i = 0; i != 2; ++i) {
      const auto batch = co_await next(*w);
      told.insert(told.end(), batch.begin(), batch.end());
      if (i != 0) continue;
      write(name + "/a/c");
      due.push_back('+' + name + "/a/c");
    }
  };
  const auto all_is_told = [&]() -> awaitable<void> {
    if (!w) co_return;
    co_await w->start();
    const auto marker = "marker" + std::to_string(run);
    write(marker);
    while (std::find(told.begin(), told.end(), '+' + marker) == told.end()) {
      const auto batch = co_await next(*w);
      told.insert(told.end(), batch.begin(), batch.end());
    }
    for (const auto& text : due) EXPECT_THAT(told, Contains(text).Times(1));
    files::remove(in(marker));
  };
  EXPECT_GT(testing::cancel_at_every_await(body, all_is_told), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [&] { w.reset(); }), 5U);
}

}  // namespace bight::watch_limits_test
