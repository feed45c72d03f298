// Files: opening, positional reads and writes, locks, the end.
#include <bight/fs/file.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"

namespace bight::file_test {

using boost::system::system_error;
using test::error_of;
using test::fails_with;
using ::testing::AllOf;
using ::testing::HasSubstr;

class fs_file : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_file, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

awaitable<std::string> read_text(const fs::file& f, std::uint64_t offset, std::size_t size) {
  std::string text(size, '?');
  const auto n = co_await f.read_at(offset, std::as_writable_bytes(std::span{text}));
  text.resize(n);
  co_return text;
}

ASYNC_TEST_P(fs_file, reads_and_writes_where_it_is_told) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(path, both);
  EXPECT_TRUE(f.is_open());
  EXPECT_EQ(f.path(), path);
  EXPECT_GE(f.native_handle(), 0);
  EXPECT_EQ(::fcntl(f.native_handle(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(f.native_handle(), F_GETFL) & O_NONBLOCK, 0);
  co_await f.write_at(0, "hello, world");
  co_await f.write_at(7, "files");
  const auto part = co_await read_text(f, 7, 3);
  EXPECT_EQ(part, "fil");
  const auto rest = co_await read_text(f, 7, 100);
  EXPECT_EQ(rest, "files");
  const auto beyond = co_await read_text(f, 100, 10);
  EXPECT_EQ(beyond, "");
  const auto nothing = co_await read_text(f, 0, 0);
  EXPECT_EQ(nothing, "");
  co_await f.write_at(0, "");
  const auto size = co_await f.size();
  EXPECT_EQ(size, 12U);
  co_await f.truncate(5);
  co_await f.sync_data();
  co_await f.sync_all();
  co_await f.close();
  EXPECT_EQ(test::read_file(path), "hello");
}

ASYNC_TEST_P(fs_file, has_any_number_of_operations_in_flight) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(path, both);
  constexpr std::size_t pieces = 700;  // more than a ring holds
  constexpr std::size_t piece = 512;
  const auto letter = [](std::size_t i) { return static_cast<char>('a' + i % 26); };
  std::vector<std::string> texts;
  for (std::size_t i = 0; i != pieces; ++i) texts.emplace_back(piece, letter(i));
  std::vector<awaitable<void>> writes;
  for (std::size_t i = 0; i != pieces; ++i) writes.push_back(f.write_at(i * piece, texts[i]));
  co_await gather(std::move(writes));
  std::vector<awaitable<std::string>> reads;
  for (std::size_t i = 0; i != pieces; ++i) reads.push_back(read_text(f, i * piece, piece));
  const auto got = co_await gather(std::move(reads));
  EXPECT_EQ(got, texts);
}

ASYNC_TEST_P(fs_file, is_larger_than_4_gib) {
  param.use();
  const std::filesystem::path path = self.folder.file("sparse");
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(path, both);
  constexpr std::uint64_t far = (std::uint64_t{5} << 30U) + 3;
  co_await f.write_at(far, "end");
  const auto size = co_await f.size();
  EXPECT_EQ(size, far + 3);
  const auto end = co_await read_text(f, far - 2, 10);
  EXPECT_EQ(end, (std::string{"\0\0end", 5}));
  co_await f.truncate(std::uint64_t{6} << 30U);
  const auto larger = co_await f.size();
  EXPECT_EQ(larger, std::uint64_t{6} << 30U);
}

ASYNC_TEST_P(fs_file, refuses_offsets_that_no_file_has) {
  param.use();
  const std::filesystem::path path = self.folder.write("a", "text");
  auto f = co_await fs::open(path, fs::updating);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto end = co_await read_text(f, most, 4);  // no file has a byte there
  EXPECT_EQ(end, "");
  const auto at_the_end = co_await error_of(f.write_at(most, "text"), EFBIG);
  EXPECT_THAT(at_the_end, HasSubstr("write '" + path.string() + "'"));
  for (const auto offset : {most + 1, std::uint64_t(-1), std::uint64_t(-4)}) {
    const auto read = co_await error_of(read_text(f, offset, 4), EFBIG);
    EXPECT_THAT(read, HasSubstr("read '" + path.string() + "'"));
    const auto write = co_await error_of(f.write_at(offset, "text"), EFBIG);
    EXPECT_THAT(write, HasSubstr("write '" + path.string() + "'"));
  }
  const auto size = co_await error_of(f.truncate(most + 1), EFBIG);
  EXPECT_THAT(size, HasSubstr("truncate '" + path.string() + "'"));
}

ASYNC_TEST_P(fs_file, goes_on_after_short_and_interrupted_operations) {
  const auto all = param.use();
  const std::filesystem::path path = self.folder.file("a");
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(path, both);
  std::string text;
  for (int i = 0; i != 1000; ++i) text += std::to_string(i) + ' ';
  int calls = 0;
  all->faults.largest = 7;
  all->faults.error = [&] { return ++calls % 3 == 0 ? EINTR : 0; };
  co_await f.write_at(0, text);
  const auto got = co_await read_text(f, 0, text.size() + 10);
  EXPECT_EQ(got, text);
  EXPECT_GT(calls, 1000);
  all->faults.largest = 1U << 20U;
  co_await f.sync_data();
  EXPECT_EQ(test::read_file(path), text);
}

ASYNC_TEST_P(fs_file, names_operation_and_path_in_errors) {
  const auto all = param.use();
  const std::filesystem::path path = self.folder.file("a");
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(path, both);
  co_await f.write_at(0, "text");
  all->faults.error = [] { return EIO; };
  const auto read = co_await error_of(read_text(f, 0, 4), EIO);
  EXPECT_THAT(read, HasSubstr("read '" + path.string() + "': Input/output error"));
  const auto write = co_await error_of(f.write_at(0, "more"), EIO);
  EXPECT_THAT(write, HasSubstr("write '" + path.string() + "': Input/output error"));
  const auto sync = co_await error_of(f.sync_data(), EIO);
  EXPECT_THAT(sync, HasSubstr("sync '" + path.string() + "': Input/output error"));
  all->faults.error = nullptr;
  const auto again = co_await read_text(f, 0, 4);
  EXPECT_EQ(again, "text");
}

ASYNC_TEST_P(fs_file, reports_a_full_device) {
  param.use();
  auto f = co_await fs::open("/dev/full", fs::updating);
  const auto text = co_await error_of(f.write_at(0, "more"), ENOSPC);
  EXPECT_THAT(text, HasSubstr("write '/dev/full': No space left on device"));
}

ASYNC_TEST_P(fs_file, opens_as_it_is_told) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  const auto missing = co_await error_of(fs::open(path), ENOENT);
  EXPECT_THAT(missing, HasSubstr("open '" + path.string() + "': No such file or directory"));
  {
    auto made = co_await fs::open(path, fs::creating);
    co_await made.write_at(0, "one");
    const auto forbidden = co_await error_of(read_text(made, 0, 3), EBADF);
    EXPECT_THAT(forbidden, HasSubstr("read '"));
  }
  const auto there = co_await error_of(fs::open(path, fs::creating), EEXIST);
  EXPECT_THAT(there, HasSubstr("File exists"));
  {
    auto end = co_await fs::open(path, fs::appending);
    co_await end.write_at(0, "two");
    EXPECT_EQ(test::read_file(path), "onetwo");
  }
  {
    auto again = co_await fs::open(path, fs::updating);
    co_await again.write_at(3, "TWO");
    EXPECT_EQ(test::read_file(path), "oneTWO");
  }
  auto empty = co_await fs::open(path, fs::writing);
  EXPECT_EQ(test::read_file(path), "");
  auto only_read = co_await fs::open(path);
  const auto forbidden = co_await error_of(only_read.write_at(0, "x"), EBADF);
  EXPECT_THAT(forbidden, HasSubstr("write '"));
}

ASYNC_TEST_P(fs_file, is_made_with_the_permissions_asked_for) {
  param.use();
  const std::filesystem::path path = self.folder.file("secret");
  const fs::open_options mine{.write = true, .create_new = true, .permissions = 0600};
  auto f = co_await fs::open(path, mine);
  struct stat about {};
  EXPECT_EQ(::fstat(f.native_handle(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

ASYNC_TEST_P(fs_file, is_no_directory_and_no_fifo) {
  param.use();
  const auto directory = co_await error_of(fs::open(self.folder.path()), EISDIR);
  EXPECT_THAT(directory, HasSubstr("open '" + self.folder.path() + "': Is a directory"));
  const auto fifo = self.folder.file("fifo");
  CO_ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto to_read = co_await error_of(fs::open(fifo), ESPIPE);
  EXPECT_THAT(to_read, HasSubstr("Illegal seek"));
  const auto to_write = co_await error_of(fs::open(fifo, fs::writing), ESPIPE);
  EXPECT_THAT(to_write, HasSubstr("Illegal seek"));
}

// Whoever waits at its other side would be let go, and find nobody.
ASYNC_TEST_P(fs_file, does_not_touch_a_fifo) {
  param.use();
  const auto fifo = self.folder.file("fifo");
  CO_ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const bight::detail::unique_fd opened{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  CO_ASSERT_GE(::inotify_add_watch(opened.get(), fifo.c_str(), IN_OPEN), 0);
  for (const auto& how : {fs::reading, fs::writing, fs::appending, fs::updating})
    co_await fails_with(fs::open(fifo, how), ESPIPE);
  co_await fails_with(fs::write_file(fifo, "text"), ESPIPE);
  co_await fails_with(fs::read_file(fifo), ESPIPE);
  std::array<char, 1000> events{};
  EXPECT_EQ(::read(opened.get(), events.data(), events.size()), -1);
  EXPECT_EQ(errno, EAGAIN);
}

// File servers have leases: whoever opens the file waits until they have written what they keep of it.
ASYNC_TEST_P(fs_file, waits_for_a_lease) {
  param.use();
  const auto path = self.folder.write("a", "old");
  sigset_t asked;
  ::sigemptyset(&asked);
  ::sigaddset(&asked, SIGUSR2);
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &asked, &before);
  bight::detail::unique_fd holder{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  CO_ASSERT_EQ(::fcntl(holder.get(), F_SETSIG, SIGUSR2), 0);
  CO_ASSERT_EQ(::fcntl(holder.get(), F_SETLEASE, F_WRLCK), 0);
  {
    const std::jthread server{[&] {
      int signal = 0;
      ::sigwait(&asked, &signal);
      EXPECT_EQ(::pwrite(holder.get(), "new", 3, 0), 3);
      EXPECT_EQ(::fcntl(holder.get(), F_SETLEASE, F_UNLCK), 0);
    }};
    auto f = co_await fs::open(path);
    const auto text = co_await fs::read_file(path);
    EXPECT_EQ(text, "new");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ASYNC_TEST_P(fs_file, appends_whatever_the_offset_is) {
  param.use();
  const auto path = self.folder.write("a", "one");
  auto f = co_await fs::open(path, fs::appending);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1} << 40U, ~std::uint64_t{0}})
    co_await f.write_at(offset, "+");
  const auto text = co_await fs::read_file(path);
  EXPECT_EQ(text, "one+++");
}

ASYNC_TEST_P(fs_file, refuses_options_that_make_no_sense) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  for (const fs::open_options o : {fs::open_options{}, fs::open_options{.read = true, .create = true},
                                   fs::open_options{.read = true, .truncate = true}}) {
    try {
      static_cast<void>(co_await fs::open(path, o));
      ADD_FAILURE();
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr(path.string()), HasSubstr("write")));
    }
  }
  const auto nul = co_await error_of(fs::open(std::string("a\0b", 3)), EINVAL);
  EXPECT_THAT(nul, HasSubstr("open 'a"));
  EXPECT_THAT(self.folder.names(), ::testing::IsEmpty());
}

// Permissions mean nothing to root, so another process asks.
ASYNC_TEST_P(fs_file, reports_what_is_not_permitted) {
  const auto path = self.folder.write("a", "secret");
  CO_ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const auto done = co_await run_process(command(BIGHT_PROGRAM_UNPRIVILEGED, "open", path));
  EXPECT_EQ(done.output, "open '" + path + "': Permission denied [system:13]\n");
}

ASYNC_TEST_P(fs_file, is_renamed_over_while_it_is_open) {
  param.use();
  const std::filesystem::path path = self.folder.write("a", "old");
  auto f = co_await fs::open(path);
  std::filesystem::rename(self.folder.write("b", "new"), path);
  const auto old = co_await read_text(f, 0, 10);
  EXPECT_EQ(old, "old");
  auto g = co_await fs::open(path);
  const auto now = co_await read_text(g, 0, 10);
  EXPECT_EQ(now, "new");
}

ASYNC_TEST_P(fs_file, waits_for_a_lock) {
  param.use();
  const std::filesystem::path path = self.folder.write("a", "");
  auto one = co_await fs::open(path, fs::updating);
  auto two = co_await fs::open(path, fs::updating);
  auto three = co_await fs::open(path);
  co_await one.lock();
  const auto refused = co_await two.try_lock();
  EXPECT_FALSE(refused);
  auto waiting = spawn([&] { return two.lock(); });
  co_await sleep(std::chrono::milliseconds{500});
  EXPECT_FALSE(waiting.done());
  co_await one.unlock();
  co_await waiting;
  co_await two.lock(fs::lock_kind::shared);
  const auto shared = co_await three.try_lock(fs::lock_kind::shared);
  EXPECT_TRUE(shared);
  const auto alone = co_await one.try_lock();
  EXPECT_FALSE(alone);
  co_await two.close();
  co_await three.unlock();
  const auto at_last = co_await one.try_lock();
  EXPECT_TRUE(at_last);
}

ASYNC_TEST_P(fs_file, does_not_hold_a_lock_after_a_cancelled_wait) {
  param.use();
  const std::filesystem::path path = self.folder.write("a", "");
  auto one = co_await fs::open(path, fs::updating);
  auto two = co_await fs::open(path, fs::updating);
  co_await one.lock();
  auto waiting = spawn([&] { return two.lock(); });
  co_await sleep(std::chrono::milliseconds{100});
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
  co_await one.unlock();
  const auto again = co_await one.try_lock();
  EXPECT_TRUE(again);
}

ASYNC_TEST_P(fs_file, closes_after_what_is_in_flight) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  auto f = co_await fs::open(path, fs::writing);
  const std::string text(3U << 20U, 'x');
  auto writing = spawn([&] { return f.write_at(0, text); });
  co_await yield();
  co_await f.close();
  EXPECT_TRUE(writing.done());
  EXPECT_FALSE(f.is_open());
  EXPECT_EQ(f.native_handle(), -1);
  EXPECT_EQ(test::read_file(path).size(), text.size());
  co_await f.close();
  const auto late = co_await error_of(f.write_at(0, "x"), EBADF);
  EXPECT_THAT(late, HasSubstr("write '" + path.string() + "'"));
  const auto size = co_await error_of(f.size(), EBADF);
  EXPECT_THAT(size, HasSubstr("size of '" + path.string() + "'"));
}

ASYNC_TEST_P(fs_file, stays_open_for_what_is_in_flight) {
  param.use();
  const std::filesystem::path path = self.folder.file("a");
  std::optional<fs::file> f;
  f.emplace(co_await fs::open(path, fs::writing));
  const std::string text(3U << 20U, 'x');
  auto writing = spawn([&] { return f->write_at(0, text); });
  co_await yield();
  f.reset();
  co_await writing;
  EXPECT_EQ(test::read_file(path).size(), text.size());
}

ASYNC_TEST_P(fs_file, moves) {
  param.use();
  auto a = co_await fs::open(self.folder.write("a", "aaa"));
  auto b = co_await fs::open(self.folder.write("b", "bbb"));
  const int handle = b.native_handle();
  a = std::move(b);
  EXPECT_EQ(a.native_handle(), handle);
  EXPECT_FALSE(b.is_open());  // NOLINT: what is left is closed
  EXPECT_EQ(b.path(), "");
  const auto late = co_await error_of(b.size(), EBADF);
  EXPECT_THAT(late, HasSubstr("size of"));
  const auto text = co_await read_text(a, 0, 3);
  EXPECT_EQ(text, "bbb");
}

TEST_P(fs_file, belongs_to_its_loop) {
  std::optional<fs::file> f;
  const std::filesystem::path path = folder.write("a", "aaa");
  testing::run_virtual([&]() -> awaitable<void> {
    GetParam().use();
    f.emplace(co_await fs::open(path));
  });
  testing::run_virtual([&]() -> awaitable<void> {
    const auto size = co_await error_of(f->size(), make_error_code(errc::wrong_loop));
    EXPECT_THAT(size, HasSubstr(path.string()));
    const auto close = co_await error_of(f->close(), make_error_code(errc::wrong_loop));
    EXPECT_THAT(close, HasSubstr("close '" + path.string() + "'"));
  });
  EXPECT_TRUE(f->is_open());
}

ASYNC_TEST_P(fs_file, lets_others_run_between_reads) {
  param.use();
  const std::string text(1U << 20U, 'x');
  auto f = co_await fs::open(self.folder.write("a", text));
  int turns = 0;
  bool stop = false;
  auto other = spawn([&]() -> awaitable<void> {
    while (!stop) {
      ++turns;
      co_await yield();
    }
  });
  std::array<std::byte, 512> small;
  for (int i = 0; i != 640; ++i) static_cast<void>(co_await f.read_at(0, small));
  EXPECT_GE(turns, 9);
  turns = 0;
  std::vector<std::byte> large(text.size());
  for (int i = 0; i != 40; ++i) static_cast<void>(co_await f.read_at(0, large));
  EXPECT_GE(turns, 9);
  stop = true;
  co_await other;
}

awaitable<void> work_on(test::fs_way way, std::filesystem::path path) {
  way.use();
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(std::move(path), both);
  const std::string text(40'000, 'x');
  const auto body = [&](task_group& group) -> awaitable<void> {
    group.spawn([&] { return f.write_at(1U << 20U, text); }).detach();
    co_await f.lock();
    co_await f.write_at(0, text);
    const auto got = co_await read_text(f, 0, text.size());
    EXPECT_EQ(got, text);
    co_await f.sync_data();
    const auto size = co_await f.size();
    EXPECT_GE(size, text.size());
  };
  co_await task_group::run(body);
  co_await f.close();
}

TEST_P(fs_file, works_under_every_schedule) {
  const auto path = folder.file("a");
  testing::for_each_schedule([&] { return work_on(GetParam(), path); }, 20);
}

// Time stands still for what waits for storage.
ASYNC_TEST_P(fs_file, is_external_work) {
  param.use();
  auto f = co_await fs::open(self.folder.file("a"), fs::writing);
  using namespace std::chrono_literals;
  const auto started = clock::now();
  auto sleeping = spawn([] { return sleep(1h); });
  const std::string text(1U << 20U, 'x');
  co_await f.write_at(0, text);
  co_await f.sync_data();
  co_await f.close();
  EXPECT_LT(clock::now() - started, 10min);
  EXPECT_FALSE(sleeping.done());
}

// Threads of their own, in real time.
TEST_P(fs_file, works_on_several_loops_at_a_time) {
  const auto path = folder.write("a", std::string(100'000, 'x'));
  run_sharded(3, [&](shard here) -> awaitable<void> {
    const auto own = path + std::to_string(here.index());
    for (int i = 0; i != 3; ++i) {
      co_await work_on(GetParam(), own);
      auto f = co_await fs::open(path);
      const auto got = co_await read_text(f, 99'990, 100);
      EXPECT_EQ(got, "xxxxxxxxxx");
    }
  });
}

int open_descriptors() {
  int all = 0;
  for (int fd = 0; fd != 256; ++fd) all += ::fcntl(fd, F_GETFD) != -1;
  return all;
}

TEST_P(fs_file, is_cancelled_anywhere) {
  const std::filesystem::path path = folder.file("a");
  const int before = open_descriptors();
  int extra = -1;  // what a loop has itself
  const auto awaits = testing::cancel_at_every_await(
      [&] {
        std::filesystem::remove(path);
        return work_on(GetParam(), path);
      },
      [&]() -> awaitable<void> {
        if (extra < 0) extra = open_descriptors() - before;
        EXPECT_LE(open_descriptors(), before + extra + 2);
        co_return;
      });
  EXPECT_GT(awaits, 5U);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(fs_file, is_left_behind_anywhere) {
  const std::filesystem::path path = folder.file("a");
  const int before = open_descriptors();
  const auto awaits = testing::shut_down_at_every_await([&] { return work_on(GetParam(), path); },
                                                        [&] { EXPECT_EQ(open_descriptors(), before); });
  EXPECT_GT(awaits, 5U);
}

}  // namespace bight::file_test
