// Whole files, read.
#include <bight/fs/read_file.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <limits>
#include <string>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::read_file_test {

using test::error_of;
using test::scratch_folder;
using ::testing::HasSubstr;

ASYNC_TEST(fs_read_file, gives_the_content) {
  const scratch_folder folder;
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 3'000'000U}) {
    const std::string text(size, 'x');
    const auto got = co_await fs::read_file(folder.write("a", text));
    EXPECT_EQ(got, text);
  }
  const auto all = co_await fs::read_file(folder.write("a", "text"), std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(all, "text");
}

// Files of /proc say that they have 0 bytes.
ASYNC_TEST(fs_read_file, does_not_rely_on_the_size) {
  const auto expected = test::read_file("/proc/cpuinfo");
  const auto got = co_await fs::read_file("/proc/cpuinfo");
  EXPECT_EQ(got.substr(0, 100), expected.substr(0, 100));
  EXPECT_EQ(std::count(got.begin(), got.end(), '\n'), std::count(expected.begin(), expected.end(), '\n'));
}

ASYNC_TEST(fs_read_file, has_a_limit) {
  const scratch_folder folder;
  const auto path = folder.write("a", "12345");
  const auto exactly = co_await fs::read_file(path, 5);
  EXPECT_EQ(exactly, "12345");
  const auto none = co_await fs::read_file(folder.write("b", ""), 0);
  EXPECT_EQ(none, "");
  const auto over = co_await error_of(fs::read_file(path, 4), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(over, HasSubstr("read '" + path + "': more than 4 bytes"));
  const auto endless =
      co_await error_of(fs::read_file("/dev/zero", 100'000), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(endless, HasSubstr("read '/dev/zero': more than 100000 bytes"));
  const auto sizeless =
      co_await error_of(fs::read_file("/proc/cpuinfo", 10), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(sizeless, HasSubstr("more than 10 bytes"));
}

ASYNC_TEST(fs_read_file, names_the_path_in_errors) {
  const scratch_folder folder;
  const auto missing = co_await error_of(fs::read_file(folder.file("none")), ENOENT);
  EXPECT_THAT(missing, HasSubstr("open '" + folder.file("none") + "': No such file"));
  const auto directory = co_await error_of(fs::read_file(folder.path()), EISDIR);
  EXPECT_THAT(directory, HasSubstr("open '" + folder.path() + "': Is a directory"));
  const auto fifo = folder.file("fifo");
  CO_ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto no_file = co_await error_of(fs::read_file(fifo), ESPIPE);
  EXPECT_THAT(no_file, HasSubstr(fifo));
}

TEST(fs_read_file, is_cancelled_and_left_behind_anywhere) {
  const scratch_folder folder;
  const std::string text(5U << 20U, 'x');
  const auto path = folder.write("a", text);
  const auto body = [&]() -> awaitable<void> {
    const auto got = co_await fs::read_file(path);
    EXPECT_EQ(got, text);
  };
  EXPECT_GT(testing::cancel_at_every_await(body, []() -> awaitable<void> { co_return; }), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 0U);
}

}  // namespace bight::read_file_test
