// What goes wrong below: each operation fails with each error, is cut short, or finds another file than
// before.
#include <bight/fs.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <fstream>
#include <limits>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"
#include "support/log_capture.hpp"

namespace bight::faults_test {

using boost::system::system_error;
using test::error_of;
using test::read_file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_faults : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_faults, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

const fs::open_options both{.read = true, .write = true, .create = true};
const fs::open_options afresh{.read = true, .write = true, .create = true, .truncate = true};

std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + '\n';
  text.resize(size);
  return text;
}

// Runs `work` with no error, with one at its first operation, at its second, and so on, until it has no more.
// Returns how many there were.
template <class Work>
awaitable<int> fail_each(fs::detail::service& all, int error, Work work) {
  for (int turn = 1;; ++turn) {
    int calls = 0;
    all.faults.error = [&calls, turn, error] { return ++calls == turn ? error : 0; };
    co_await work(turn);
    all.faults.error = nullptr;
    if (calls < turn) co_return calls;
  }
}

// The work goes on after the error, by the same calls, as if it had not been.
ASYNC_TEST_P(fs_faults, of_any_operation_lose_nothing) {
  const auto all = param.use();
  all->faults.largest = 700;
  const auto path = self.folder.file("a");
  const auto text = numbers(3000);
  for (const int error : {EIO, ENOSPC, EDQUOT, ENOMEM, EACCES, EMFILE}) {
    const auto write_and_read = [&](int) -> awaitable<void> {
      auto f = co_await fs::open(path, both);
      co_await f.truncate(0);
      fs::writer out{f, {.buffer = 256}};
      int failures = 0;
      while (out.position() != text.size()) {
        const auto next = std::string_view{text}.substr(out.position(), 100);
        const auto write = [&]() -> awaitable<void> { co_await out.write(next); };
        const auto what = co_await error_of(write(), error);
        failures += what != "no error";
      }
      const auto flush = co_await error_of(out.flush(), error);
      failures += flush != "no error";
      if (out.buffered() != 0) co_await out.flush();
      fs::reader in{f, {.buffer = 512}};
      std::string got;
      std::array<std::byte, 300> room;
      while (got.size() != text.size()) {
        std::size_t n = 0;
        const auto read = [&]() -> awaitable<void> { n = co_await in.read_some(room); };
        const auto what = co_await error_of(read(), error);
        failures += what != "no error";
        got.append(reinterpret_cast<const char*>(room.data()), n);
      }
      EXPECT_EQ(got, text);
      fs::lines lines{f, {.buffer = 512}};
      got.clear();
      while (got.size() != text.size()) {
        const auto read = [&]() -> awaitable<void> {
          const auto line = co_await lines.next();
          if (line) got += std::string{*line} + '\n';
          got.resize(std::min(got.size(), text.size()));  // the last line has no end
        };
        const auto what = co_await error_of(read(), error);
        failures += what != "no error";
      }
      EXPECT_EQ(got, text);
      EXPECT_LE(failures, 1);
    };
    const int calls = co_await fail_each(*all, error, write_and_read);
    EXPECT_GE(calls, 15);
    EXPECT_EQ(read_file(path), text);
  }
}

// Operations of whole numbers of bytes, of every size.
ASYNC_TEST_P(fs_faults, of_size_change_nothing) {
  const auto all = param.use();
  const auto text = numbers(2000);
  for (const std::size_t largest : {1U, 2U, 255U, 256U, 257U, 1999U}) {
    all->faults.largest = largest;
    int calls = 0;
    all->faults.error = [&] { return ++calls % 5 == 0 ? EINTR : 0; };
    auto f = co_await fs::open(self.folder.file("a"), afresh);
    fs::writer out{f, {.buffer = 256}};
    for (std::size_t i = 0; i < text.size(); i += 100)
      co_await out.write(std::string_view{text}.substr(i, 100));
    co_await out.flush();
    EXPECT_EQ(read_file(self.folder.file("a")), text);
    fs::reader in{f, {.buffer = 256}};
    const auto got = co_await read_all(in);
    EXPECT_EQ(got, text);
    fs::lines lines{f, {.buffer = 256}};
    std::string joined;
    auto line = co_await lines.next();
    while (line) {
      joined += std::string{*line} + '\n';
      line = co_await lines.next();
    }
    EXPECT_EQ(joined.substr(0, text.size()), text);
  }
}

// A file of another process: it is cut off, and grows, while it is read.
ASYNC_TEST_P(fs_faults, of_files_that_change_their_size_are_none) {
  const auto all = param.use();
  all->faults.largest = 1000;
  const auto path = self.folder.write("a", std::string(10'000, 'a'));
  auto f = co_await fs::open(path);
  fs::reader in{f, {.buffer = 1000}};
  std::array<std::byte, 1000> room;
  for (int i = 0; i != 3; ++i) {
    const auto n = co_await in.read_some(room);
    EXPECT_EQ(n, room.size());
  }
  std::filesystem::resize_file(path, 100);
  const auto end = co_await in.read_some(room);
  EXPECT_EQ(end, 0U);
  EXPECT_EQ(in.position(), 3000U);
  std::filesystem::resize_file(path, 3001);
  const auto one = co_await in.read_some(room);
  EXPECT_EQ(one, 1U);
  EXPECT_EQ(room[0], std::byte{0});
  // Between the operations of one call:
  int calls = 0;
  all->faults.error = [&] {
    if (++calls == 3) std::filesystem::resize_file(path, 2500);
    return 0;
  };
  std::string buffer(5000, '?');
  const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{buffer}));
  EXPECT_EQ(n, 2500U);
  calls = 0;
  all->faults.error = [&] {
    if (++calls == 3) std::filesystem::resize_file(path, 100'000);
    return 0;
  };
  const auto all_of_it = co_await f.read_at(0, std::as_writable_bytes(std::span{buffer}));
  EXPECT_EQ(all_of_it, buffer.size());
}

ASYNC_TEST_P(fs_faults, of_files_of_proc_are_none) {
  param.use();
  for (const char* const path : {"/proc/self/status", "/proc/cpuinfo", "/proc/self/maps"}) {
    const auto whole = co_await fs::read_file(path);
    auto f = co_await fs::open(path);
    const auto size = co_await f.size();
    EXPECT_EQ(size, 0U);
    fs::lines lines{f, {.buffer = 100}};
    std::size_t count = 0;
    auto line = co_await lines.next();
    const std::string first{*line};
    EXPECT_EQ(whole.substr(0, first.size()), first);
    while (line) {
      ++count;
      line = co_await lines.next();
    }
    EXPECT_GT(count, 5U);
    fs::reader in{f, {.buffer = 100}};
    const auto all = co_await read_all(in);
    EXPECT_THAT(all, ::testing::StartsWith(first));
  }
}

// The name leads to another file, or to none: what is open stays what it was.
ASYNC_TEST_P(fs_faults, of_names_do_not_touch_what_is_open) {
  param.use();
  const auto old = numbers(5000);
  for (const bool replaced : {true, false}) {
    const auto path = self.folder.write("a", old);
    auto f = co_await fs::open(path, fs::updating);
    fs::reader in{f, {.buffer = 100}};
    fs::lines lines{f, {.buffer = 100}};
    std::array<std::byte, 100> room;
    co_await read_exactly(in, room);
    static_cast<void>(co_await lines.next());
    if (replaced)
      co_await fs::write_file_atomically(path, "new");
    else
      co_await fs::remove(path);
    const auto rest = co_await read_all(in);
    EXPECT_EQ(rest, old.substr(100));
    std::size_t bytes = 2;
    auto line = co_await lines.next();
    while (line) {
      bytes += line->size() + 1;
      line = co_await lines.next();
    }
    EXPECT_EQ(bytes, old.size());
    co_await f.write_at(0, "still");
    co_await f.sync_all();
    const auto size = co_await f.size();
    EXPECT_EQ(size, old.size());
    co_await f.close();
    const auto there = co_await fs::exists(path);
    EXPECT_EQ(there, replaced);
    if (replaced) { EXPECT_EQ(read_file(path), "new"); }
  }
}

// Whole files are always one or the other, never parts of both.
ASYNC_TEST_P(fs_faults, of_files_that_are_replaced_while_they_are_read_are_none) {
  param.use();
  const auto path = self.folder.write("a", std::string(200'000, 'a'));
  const auto b = std::string(300'000, 'b');
  const auto one_of_them = [&](const std::string& found) {
    return found == std::string(200'000, 'a') || found == b || found == b.substr(0, 100'000);
  };
  bool stop = false;
  auto replacing = spawn([&]() -> awaitable<void> {
    const fs::atomic_options quick{.sync = false};
    while (!stop) {
      co_await fs::write_file_atomically(path, std::string_view{b}, quick);
      co_await fs::write_file_atomically(path, std::string_view{b}.substr(0, 100'000), quick);
    }
  });
  for (int i = 0; i != 50; ++i) {
    const auto got = co_await fs::read_file(path);
    EXPECT_TRUE(one_of_them(got)) << got.size();
    co_await fs::copy_file(path, self.folder.file("copy"));
    const auto copied = read_file(self.folder.file("copy"));
    EXPECT_TRUE(one_of_them(copied)) << copied.size();
  }
  stop = true;
  co_await replacing;
}

// The last bytes that a file can have: on file systems that allow them.
ASYNC_TEST_P(fs_faults, of_offsets_are_none_up_to_the_last) {
  param.use();
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const test::scratch_folder memory{test::memory_folder()};
  auto f = co_await fs::open(memory.file("a"), both);
  std::uint64_t end = most;
  try {
    co_await f.truncate(end);
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), boost::system::errc::file_too_large);
    end = (std::uint64_t{1} << 40U) + 1;  // less than any of them allows
  }
  co_await f.truncate(end);
  co_await f.write_at(end - 4, "end.");
  const auto size = co_await f.size();
  EXPECT_EQ(size, end);
  fs::reader in{f, {.offset = end - 4}};
  const auto last = co_await read_all(in);
  EXPECT_EQ(last, "end.");
  EXPECT_EQ(in.position(), end);
  fs::lines lines{f, {.offset = end - 4}};
  const auto line = co_await lines.next();
  EXPECT_EQ(line, "end.");
  const auto no_line = co_await lines.next();
  EXPECT_EQ(no_line, std::nullopt);
  const test::log_capture what_is_lost;
  fs::writer out{f, {.offset = most - 2}};
  co_await out.write("1234");
  const auto error = co_await error_of(out.flush(), EFBIG);
  EXPECT_THAT(error, HasSubstr("write '" + memory.file("a") + "': File too large"));
}

ASYNC_TEST_P(fs_faults, of_large_files_are_found_by_read_file) {
  param.use();
  const auto path = self.folder.write("a", "");
  std::filesystem::resize_file(path, std::uint64_t{5} << 30U);
  const auto error = co_await error_of(fs::read_file(path), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(error, HasSubstr(path + "': more than 67108864 bytes"));
}

}  // namespace bight::faults_test
