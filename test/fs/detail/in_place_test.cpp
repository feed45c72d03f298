// What the caches hold is opened and read on the loop's thread, and nothing else is.
#include "fs/detail/in_place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/core/as_result.hpp>
#include <bight/fs.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <deque>
#include <string>

#include "fs/detail/service.hpp"
#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::fs::detail::in_place_test {

using test::error_of;
using test::fails_with;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using speed = known_folders::speed;

long open_descriptors() {
  long n = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"})
    n += entry.path().empty() ? 0 : 1;
  return n;
}

// Where nothing can be done in place (a tmpfs, an old kernel) only the results are looked at.
class fs_in_place : public ::testing::Test {
 public:
  test::scratch_folder folder;

  // Reads a first file: from then on the folder is known.
  awaitable<bool> learn() {
    static_cast<void>(co_await read_file(folder.write("first", "x")));
    struct stat about {};
    const auto known = service::here()->folders.of(folder.file("any"));
    EXPECT_NE(known, speed::unknown);
    co_return known == speed::quick&& service::here()->folders.open_cached(folder.file("first"), about);
  }
};

// True if others had their turn before it ended.
template <class T>
awaitable<bool> gave_way(awaitable<T> what) {
  bool others_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    others_ran = true;
    co_return;
  });
  static_cast<void>(co_await as_result(std::move(what)));
  const bool ran = others_ran;
  co_await other;
  co_return ran;
}

ASYNC_TEST_F(fs_in_place, reads_what_is_cached_without_giving_way) {
  const bool quick = co_await learn();
  for (const std::size_t size : {1U, 4096U, 100'000U, 300'000U}) {
    const std::string text(size, 'y');
    const auto path = folder.write("a", text);
    const auto got = co_await read_file(path);
    EXPECT_EQ(got, text);
    const bool small = size < 256U << 10U;
    const bool waited = co_await gave_way(read_file(path));
    EXPECT_EQ(waited, !(quick && small)) << size;
  }
}

ASYNC_TEST_F(fs_in_place, opens_and_closes_what_is_cached_without_giving_way) {
  const bool quick = co_await learn();
  const auto path = folder.write("a", "text");
  const auto use = [&]() -> awaitable<void> {
    auto f = co_await open(path);
    EXPECT_EQ(::fcntl(f.native_handle(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(::fcntl(f.native_handle(), F_GETFD), FD_CLOEXEC);
    std::string text(10, '?');
    const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{text}));
    EXPECT_EQ(text.substr(0, n), "text");
    co_await f.close();
    EXPECT_FALSE(f.is_open());
  };
  const bool waited = co_await gave_way(use());
  EXPECT_EQ(waited, !quick);
}

// Creating waits for the storage, and so does freeing what nobody has a name for.
ASYNC_TEST_F(fs_in_place, leaves_to_threads_what_may_wait) {
  const bool quick = co_await learn();
  const auto path = folder.write("a", "text");
  for (const auto& how : {updating, writing, appending}) {
    const auto change = [&]() -> awaitable<void> { static_cast<void>(co_await open(path, how)); };
    const bool waited = co_await gave_way(change());
    EXPECT_TRUE(waited);
  }
  auto f = co_await open(path);
  const bool at_once = co_await gave_way(f.close());
  EXPECT_EQ(at_once, !quick);
  f = co_await open(path);
  std::filesystem::remove(path);
  const bool waited = co_await gave_way(f.close());
  EXPECT_TRUE(waited);
}

ASYNC_TEST_F(fs_in_place, reads_what_is_not_cached_on_a_thread) {
  const bool quick = co_await learn();
  const std::string text(50'000, 'z');
  const auto path = folder.write("a", text);
  auto f = co_await open(path, updating);
  co_await f.sync_all();
  ::posix_fadvise(f.native_handle(), 0, 0, POSIX_FADV_DONTNEED);
  char byte = 0;
  const iovec where{&byte, 1};
  const bool cold = ::preadv2(f.native_handle(), &where, 1, 0, RWF_NOWAIT) < 0;
  std::string got;
  const auto read = [&]() -> awaitable<void> { got = co_await read_file(path); };
  const bool waited = co_await gave_way(read());
  EXPECT_EQ(got, text);
  EXPECT_EQ(waited, cold || !quick);
}

ASYNC_TEST_F(fs_in_place, gives_the_same_errors_and_results_for_everything_else) {
  static_cast<void>(co_await learn());
  const long before = open_descriptors();
  const auto missing = co_await error_of(read_file(folder.file("none")), ENOENT);
  EXPECT_THAT(missing, HasSubstr("open '" + folder.file("none") + "': No such file"));
  std::filesystem::create_directory(folder.file("sub"));
  co_await fails_with(read_file(folder.file("sub")), EISDIR);
  co_await fails_with(open(folder.file("sub")), EISDIR);
  CO_ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  co_await fails_with(read_file(folder.file("fifo")), ESPIPE);
  co_await fails_with(open(folder.file("fifo")), ESPIPE);
  const auto hidden = std::string{"first"} + '\0' + "x";
  co_await fails_with(read_file(folder.file(hidden)), EINVAL);
  co_await fails_with(open(folder.file(hidden)), EINVAL);
  const auto limited =
      co_await error_of(read_file(folder.write("a", "12345"), 4), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(limited, HasSubstr("a': more than 4 bytes"));
  const auto exactly = co_await read_file(folder.file("a"), 5);
  EXPECT_EQ(exactly, "12345");
  const auto empty = co_await read_file(folder.write("b", ""));
  EXPECT_EQ(empty, "");
  EXPECT_EQ(open_descriptors(), before);
}

// A relative name, and what is mounted over a folder.
ASYNC_TEST_F(fs_in_place, forgets_a_folder_whose_name_means_another) {
  const auto before = std::filesystem::current_path();
  folder.write("status", "x");
  std::filesystem::current_path(folder.path());
  const auto text = co_await read_file("status");
  EXPECT_EQ(text, "x");
  std::filesystem::current_path("/proc/self");
  std::string got;
  const auto read = [&]() -> awaitable<void> { got = co_await read_file("status"); };
  for (int i = 0; i != 3; ++i) {
    got.clear();
    const bool waited = co_await gave_way(read());
    EXPECT_TRUE(waited);
    EXPECT_THAT(got, HasSubstr("Pid:"));
  }
  EXPECT_NE(service::here()->folders.of("status"), speed::quick);
  std::filesystem::current_path(before);
}

// Some kernels say in place that a file ends where it does not.
ASYNC_TEST_F(fs_in_place, makes_sure_of_ends_where_the_kernel_may_be_wrong) {
  static_cast<void>(co_await learn());
  const auto home = service::here();
  auto f = co_await open(folder.write("a", "text"));
  home->faults.largest_in_place = 0;
  std::string text(10, '?');
  const auto read = [&] { return f.read_at(0, std::as_writable_bytes(std::span{text})); };
  home->ends_in_place = true;
  const auto believed = co_await read();
  EXPECT_EQ(believed, 0U);
  home->ends_in_place = false;
  const auto made_sure = co_await read();
  EXPECT_EQ(text.substr(0, made_sure), "text");
  home->faults = {};
}

// A file that is not in memory is not tried in place each time, and yet found there when it has come.
ASYNC_TEST_F(fs_in_place, notices_that_a_cold_file_has_become_warm) {
  const bool quick = co_await learn();
  if (!quick) co_return;
  const auto home = service::here();
  auto f = co_await open(folder.write("a", "text"));
  std::string text(4, '?');
  home->ends_in_place = false;
  home->faults.largest_in_place = 0;  // as if it would wait
  int tries = 0;
  home->faults.error = [&] {
    ++tries;
    return 0;
  };
  const auto read = [&]() -> awaitable<void> {
    const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{text}));
    EXPECT_EQ(n, 4U);
  };
  constexpr int reads = 80;
  for (int i = 0; i != reads; ++i) co_await read();
  // The ring, or the thread, of each read is asked as well.
  EXPECT_THAT(tries - reads, AllOf(Ge(8), Le(20)));
  home->faults = {};
  bool waited = true;
  for (int i = 0; i != 8 && waited; ++i) waited = co_await gave_way(read());
  EXPECT_FALSE(waited);
  waited = co_await gave_way(read());
  EXPECT_FALSE(waited);
}

// A link may lead to where opening waits.
ASYNC_TEST_F(fs_in_place, does_not_follow_links) {
  static_cast<void>(co_await learn());
  std::filesystem::create_symlink(folder.file("first"), folder.file("link"));
  std::string got;
  const auto read = [&]() -> awaitable<void> { got = co_await read_file(folder.file("link")); };
  const bool waited = co_await gave_way(read());
  EXPECT_TRUE(waited);
  EXPECT_EQ(got, "x");
  const auto use = [&]() -> awaitable<void> { static_cast<void>(co_await open(folder.file("link"))); };
  const bool opening_waited = co_await gave_way(use());
  EXPECT_TRUE(opening_waited);
}

ASYNC_TEST_F(fs_in_place, goes_on_after_short_and_failed_reads) {
  static_cast<void>(co_await learn());
  const std::string text(1000, 'y');
  const auto path = folder.write("a", text);
  const auto home = service::here();
  home->faults.largest = 300;
  const auto pieces = co_await read_file(path);
  EXPECT_EQ(pieces, text);
  for (const int error : {EINTR, EAGAIN, EIO, EOPNOTSUPP}) {
    std::deque<int> errors{0, error};
    home->faults.error = [&] {
      if (errors.empty()) return 0;
      const int next = errors.front();
      errors.pop_front();
      return next;
    };
    const auto got = co_await read_file(path);  // a thread knows better
    EXPECT_EQ(got, text) << error;
  }
  home->faults = {};
}

ASYNC_TEST_F(fs_in_place, lets_others_run_meanwhile) {
  static_cast<void>(co_await learn());
  const auto path = folder.write("a", std::string(4096, 'y'));
  constexpr int files = 10'000;
  constexpr int turns_of_others = files / 32;
  for (const bool whole : {true, false}) {
    int turns = 0;
    bool stop = false;
    auto other = spawn([&]() -> awaitable<void> {
      for (; !stop; ++turns) co_await yield();
    });
    for (int i = 0; i != files; ++i) {
      if (whole) {
        static_cast<void>(co_await read_file(path));
      } else {
        auto f = co_await open(path);
        co_await f.close();
      }
    }
    EXPECT_GT(turns, turns_of_others);
    stop = true;
    co_await other;
  }
}

TEST_F(fs_in_place, is_cancelled_and_left_behind_anywhere) {
  const long before = open_descriptors();
  const auto body = [&]() -> awaitable<void> {
    static_cast<void>(co_await learn());
    for (int i = 0; i != 40; ++i) {
      const auto text = co_await read_file(folder.file("first"));
      EXPECT_EQ(text, "x");
      auto f = co_await open(folder.file("first"));
      co_await f.close();
    }
  };
  EXPECT_GT(testing::cancel_at_every_await(body, []() -> awaitable<void> { co_return; }), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 0U);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(fs_in_place, judges_folders_by_what_they_can_do) {
  const auto of = [](const std::filesystem::path& path) {
    const bight::detail::unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat about {};
    EXPECT_EQ(::fstat(fd.get(), &about), 0);
    return known_folders::probe(path, fd.get(), about).is;
  };
  EXPECT_EQ(of("/proc/self/status"), speed::slow);
  EXPECT_EQ(of(folder.path()), speed::unknown);
  std::filesystem::create_symlink("/proc/self", folder.file("elsewhere"));
  EXPECT_EQ(of(folder.file("elsewhere/status")), speed::slow);
  EXPECT_NE(of(folder.write("a", "x")), speed::unknown);
}

TEST_F(fs_in_place, remembers_a_bounded_number_of_folders) {
  known_folders all;
  EXPECT_EQ(all.of("a/b"), speed::unknown);
  all.remember("a/b", {.is = speed::quick});
  all.remember("c", {.is = speed::slow});
  all.remember("c", {.is = speed::unknown});
  EXPECT_EQ(all.of("a/other"), speed::quick);
  EXPECT_EQ(all.of("a"), speed::slow);
  EXPECT_EQ(all.of("a/b/c"), speed::unknown);
  for (int i = 0; i != 1000; ++i) all.remember(std::to_string(i) + "/x", {.is = speed::quick});
  EXPECT_EQ(all.of("999/y"), speed::quick);
  EXPECT_EQ(all.of("a/b"), speed::unknown);
}

}  // namespace bight::fs::detail::in_place_test
