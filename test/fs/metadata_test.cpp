// What is known about a path.
#include <bight/fs/metadata.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <limits>
#include <string>

#include "support/descriptors.hpp"
#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::metadata_test {

using test::error_of;
using test::scratch_folder;
using ::testing::HasSubstr;

ASYNC_TEST(fs_metadata, says_what_a_file_is) {
  const scratch_folder folder;
  const auto path = folder.write("a", "text");
  CO_ASSERT_EQ(::chmod(path.c_str(), 04610), 0);
  const auto about = co_await fs::stat(path);
  EXPECT_EQ(about.kind, fs::file_kind::regular);
  EXPECT_EQ(about.size, 4U);
  EXPECT_EQ(about.permissions, 04610U);
  EXPECT_EQ(about.links, 1U);
  EXPECT_EQ(about.owner, ::getuid());
  const auto age = std::chrono::system_clock::now() - about.modified;
  EXPECT_LT(age, std::chrono::hours{1});
  EXPECT_GT(age, -std::chrono::hours{1});
  CO_ASSERT_EQ(::link(path.c_str(), folder.file("b").c_str()), 0);
  const auto other = co_await fs::stat(folder.file("b"));
  EXPECT_EQ(other.links, 2U);
  EXPECT_EQ(other.device, about.device);
  EXPECT_EQ(other.inode, about.inode);
}

// Three times, which are told apart.
ASYNC_TEST(fs_metadata, says_when) {
  using std::chrono::system_clock;
  const scratch_folder folder;
  const auto path = folder.write("a", "text");
  const timespec both[2] = {{1'000'000, 500'000'000}, {2'000'000, 0}};  // read, written
  CO_ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), both, 0), 0);
  const auto about = co_await fs::stat(path);
  EXPECT_EQ(about.accessed, system_clock::from_time_t(1'000'000) + std::chrono::milliseconds{500});
  EXPECT_EQ(about.modified, system_clock::from_time_t(2'000'000));
  struct stat plain {};
  CO_ASSERT_EQ(::stat(path.c_str(), &plain), 0);
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(about.changed),
            system_clock::from_time_t(plain.st_ctim.tv_sec));
  EXPECT_GT(plain.st_ctim.tv_sec, 2'000'000);
}

ASYNC_TEST(fs_metadata, tells_kinds) {
  const scratch_folder folder;
  const auto fifo = folder.file("fifo");
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  CO_ASSERT_EQ(::symlink("fifo", link.c_str()), 0);
  const auto directory = co_await fs::stat(folder.path());
  EXPECT_EQ(directory.kind, fs::file_kind::directory);
  const auto followed = co_await fs::stat(link);
  EXPECT_EQ(followed.kind, fs::file_kind::fifo);
  const auto itself = co_await fs::lstat(link);
  EXPECT_EQ(itself.kind, fs::file_kind::symlink);
  const auto device = co_await fs::stat("/dev/null");
  EXPECT_EQ(device.kind, fs::file_kind::character_device);
}

ASYNC_TEST(fs_metadata, tells_what_is_there) {
  const scratch_folder folder;
  const auto path = folder.write("a", "");
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::symlink("none", link.c_str()), 0);
  const auto there = co_await fs::exists(path);
  EXPECT_TRUE(there);
  const auto missing = co_await fs::exists(folder.file("none"));
  EXPECT_FALSE(missing);
  const auto below_a_file = co_await fs::exists(path + "/b");
  EXPECT_FALSE(below_a_file);
  const auto nowhere = co_await fs::exists(link);
  EXPECT_FALSE(nowhere);
}

// Files may say that they come from any time.
ASYNC_TEST(fs_metadata, has_times_that_the_clock_cannot_say) {
  using std::chrono::system_clock;
  const scratch_folder folder{test::memory_folder()};
  const auto path = folder.write("a", "");
  for (const auto& [wanted, expected] :
       {std::pair<time_t, system_clock::time_point>{-1, system_clock::from_time_t(-1)},
        {4'000'000'000, system_clock::from_time_t(4'000'000'000)},
        {9'300'000'000, system_clock::time_point::max()},  // the year 2264
        {std::numeric_limits<std::int64_t>::max(), system_clock::time_point::max()},
        {-9'300'000'000, system_clock::time_point::min()}}) {
    const timespec both[2] = {{wanted, 0}, {wanted, 0}};
    CO_ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), both, 0), 0);
    struct stat about {};
    CO_ASSERT_EQ(::stat(path.c_str(), &about), 0);
    if (about.st_mtim.tv_sec != wanted) continue;  // the file system has less time than the clock
    const auto got = co_await fs::stat(path);
    EXPECT_EQ(got.modified, expected) << wanted;
  }
}

ASYNC_TEST(fs_metadata, names_the_path_in_errors) {
  const scratch_folder folder;
  const auto none = folder.file("none");
  const auto missing = co_await error_of(fs::stat(none), ENOENT);
  EXPECT_THAT(missing, HasSubstr("stat '" + none + "': No such file"));
  const auto link = co_await error_of(fs::lstat(none), ENOENT);
  EXPECT_THAT(link, HasSubstr("stat '" + none + "'"));
  const auto long_name = co_await error_of(fs::exists(std::string(300, 'x')), ENAMETOOLONG);
  EXPECT_THAT(long_name, HasSubstr("stat 'xxx"));
  const auto nul = co_await error_of(fs::stat(std::string("a\0b", 3)), EINVAL);
  EXPECT_THAT(nul, HasSubstr("stat 'a"));
}

TEST(fs_metadata, is_cancelled_and_left_behind_anywhere) {
  const int without_loop = test::count_descriptors();
  const auto ask = []() -> awaitable<void> {
    const auto about = co_await fs::stat("/");
    EXPECT_EQ(about.kind, fs::file_kind::directory);
    const auto there = co_await fs::exists("/none");
    EXPECT_FALSE(there);
  };
  int before = -1;
  const auto body = [&]() -> awaitable<void> {
    before = test::count_descriptors();
    co_await ask();
  };
  const auto answers_again = [&]() -> awaitable<void> {
    if (before >= 0) { EXPECT_EQ(test::count_descriptors(), before); }
    co_await ask();
  };
  EXPECT_GT(testing::cancel_at_every_await(body, answers_again), 1U);
  const auto nothing_left = [&] { EXPECT_EQ(test::count_descriptors(), without_loop); };
  EXPECT_GT(testing::shut_down_at_every_await(body, nothing_left), 1U);
}

}  // namespace bight::metadata_test
