// Files without a name.
#include <bight/fs/anonymous_file.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <bight/core.hpp>
#include <bight/fs/lines.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"

namespace bight::anonymous_file_test {

using boost::system::system_error;
using test::error_of;
using test::read_file;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_anonymous_file : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_anonymous_file, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

struct stat about(const std::string& path) {
  struct stat s {};
  EXPECT_EQ(::stat(path.c_str(), &s), 0) << path;
  return s;
}
unsigned mode_of(const std::string& path) { return about(path).st_mode & 07777U; }

ASYNC_TEST_P(fs_anonymous_file, is_read_and_written_and_nowhere_to_be_found) {
  param.use();
  auto f = co_await fs::make_anonymous_file(self.folder.path());
  EXPECT_EQ(::fcntl(f->native_handle(), F_GETFD), FD_CLOEXEC);
  co_await f->write_at(0, "one\ntwo\n");
  fs::lines lines{*f};
  const auto one = co_await lines.next();
  EXPECT_EQ(one, "one");
  const auto size = co_await f->size();
  EXPECT_EQ(size, 8U);
  EXPECT_THAT(self.folder.names(), IsEmpty());
  const auto anywhere = co_await fs::make_anonymous_file();
}

ASYNC_TEST_P(fs_anonymous_file, gets_a_name_and_is_closed) {
  param.use();
  const auto path = self.folder.file("a");
  const auto old_umask = ::umask(022);
  auto f = co_await fs::make_anonymous_file(self.folder.path(), 0664);
  ::umask(old_umask);
  co_await f->write_at(0, "text");
  struct stat before {};
  CO_ASSERT_EQ(::fstat(f->native_handle(), &before), 0);
  co_await f.publish(path);
  EXPECT_EQ(read_file(path), "text");
  EXPECT_EQ(mode_of(path), 0644U);
  EXPECT_EQ(about(path).st_ino, before.st_ino);  // no copy
  EXPECT_EQ(about(path).st_nlink, 1U);
  EXPECT_FALSE(f->is_open());
  const auto again = co_await error_of(f.publish(path), EBADF);
  EXPECT_THAT(again, HasSubstr("publish '"));
  EXPECT_THAT(self.folder.names(), ElementsAre("a"));
}

ASYNC_TEST_P(fs_anonymous_file, replaces_a_file_or_not) {
  param.use();
  const auto path = self.folder.write("a", "old");
  CO_ASSERT_EQ(::chmod(path.c_str(), 04604), 0);
  auto f = co_await fs::make_anonymous_file(self.folder.path());
  co_await f->write_at(0, "new");
  const fs::publish_options fresh{.replace = false};
  const auto there = co_await error_of(f.publish(path, fresh), EEXIST);
  EXPECT_THAT(there, HasSubstr("make '" + path + "': File exists"));
  EXPECT_EQ(read_file(path), "old");
  co_await f->write_at(3, "er");  // open as before
  CO_ASSERT_EQ(::symlink("a", self.folder.file("link").c_str()), 0);
  const fs::publish_options quick{.sync = false};
  co_await f.publish(self.folder.file("link"), quick);
  EXPECT_EQ(read_file(path), "newer");
  EXPECT_EQ(mode_of(path), 04604U);
  EXPECT_THAT(self.folder.names(), ElementsAre("a", "link"));
  auto g = co_await fs::make_anonymous_file(self.folder.path());
  co_await g.publish(self.folder.file("b"), fresh);
  EXPECT_EQ(read_file(self.folder.file("b")), "");
}

ASYNC_TEST_P(fs_anonymous_file, is_copied_to_another_file_system) {
  param.use();
  const std::string elsewhere = "/dev/shm";
  struct stat there {};
  if (::stat(elsewhere.c_str(), &there) != 0 || there.st_dev == about(self.folder.path()).st_dev) {
    [] { GTEST_SKIP() << "/dev/shm is no other file system here"; }();
    co_return;
  }
  const auto path = self.folder.write("a", "old");
  const std::string large(3'000'000, 'x');
  auto f = co_await fs::make_anonymous_file(elsewhere, 0600);
  co_await f->write_at(0, large);
  const fs::publish_options fresh{.replace = false};
  const auto exists = co_await error_of(f.publish(path, fresh), EEXIST);
  EXPECT_THAT(exists, HasSubstr(path));
  co_await f.publish(path);
  EXPECT_EQ(read_file(path), large);
  auto g = co_await fs::make_anonymous_file(elsewhere, 0600);
  co_await g.publish(self.folder.file("b"), fresh);
  EXPECT_EQ(mode_of(self.folder.file("b")), 0600U);
  EXPECT_THAT(self.folder.names(), ElementsAre("a", "b"));
}

ASYNC_TEST_P(fs_anonymous_file, names_the_path_in_errors) {
  param.use();
  const auto nowhere = self.folder.file("none");
  const auto nul = std::string("a\0b", 3);
  for (const auto& in : {nowhere, nul}) {
    try {
      static_cast<void>(co_await fs::make_anonymous_file(in));
      ADD_FAILURE();
    } catch (const system_error& e) {
      EXPECT_THAT(e.what(), HasSubstr(std::string{"make an anonymous file in '"} + in.c_str()));
    }
  }
  auto f = co_await fs::make_anonymous_file(self.folder.path());
  const auto missing = co_await error_of(f.publish(nowhere + "/a"), ENOENT);
  EXPECT_THAT(missing, HasSubstr("write '" + nowhere + "/a': No such file"));
  const auto directory = co_await error_of(f.publish(self.folder.path()), EISDIR);
  EXPECT_THAT(directory, HasSubstr("write '" + self.folder.path() + "': Is a directory"));
  const auto cut = co_await error_of(f.publish(nul), EINVAL);
  EXPECT_THAT(cut, HasSubstr("write 'a"));
  co_await f.publish(self.folder.file("a"));
  EXPECT_THAT(self.folder.names(), ElementsAre("a"));
}

// Other file systems: the system calls are made to fail.
ASYNC_TEST(fs_no_anonymous_file, is_made_with_a_name_that_it_loses) {
  const test::scratch_folder folder;
  const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
  const command what(program, "no-tmpfile", folder.path());
  const auto done = co_await run_process(what);
  EXPECT_EQ(done.status, exit_status::with_code(0)) << done.error;
  EXPECT_EQ(done.output, "0 names, then: new, 1 links; fresh, 640; written; File exists\n");
  EXPECT_THAT(folder.names(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(read_file(folder.file("a")), "new");
}

// It is killed while the file has a name: whoever finds it cannot open it.
ASYNC_TEST(fs_no_anonymous_file, is_nobody_elses_while_it_has_a_name) {
  const test::scratch_folder folder;
  const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
  const command what(program, "killed-at-unlink", folder.path());
  const auto done = co_await run_process(what);
  EXPECT_EQ(done.status, exit_status::by_signal(SIGSYS)) << done.error;
  const auto names = folder.names();
  CO_ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(mode_of(folder.file(names[0])), 0600U);
}

ASYNC_TEST(fs_no_anonymous_file, is_an_error_if_it_keeps_its_name) {
  const test::scratch_folder folder;
  const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
  const command what(program, "no-unlink", folder.path());
  const auto done = co_await run_process(what);
  EXPECT_EQ(done.status, exit_status::with_code(0)) << done.error;
  EXPECT_EQ(done.output,
            "make an anonymous file in '" + folder.path() + "': Operation not permitted [system:1]\n");
}

TEST_P(fs_anonymous_file, leaves_the_old_file_or_the_new_one) {
  const auto path = folder.file("a");
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    folder.write("a", "old");
    auto f = co_await fs::make_anonymous_file(folder.path());
    co_await f->write_at(0, "new");
    co_await f.publish(path);
    EXPECT_EQ(read_file(path), "new");
  };
  const auto one_of_them = [&] {
    EXPECT_THAT(read_file(path), AnyOf("old", "new"));
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  };
  const auto later = [&]() -> awaitable<void> {
    one_of_them();
    co_return;
  };
  folder.write("a", "old");
  EXPECT_GT(testing::cancel_at_every_await(body, later), 3U);
  EXPECT_GT(testing::shut_down_at_every_await(body, one_of_them), 3U);
}

}  // namespace bight::anonymous_file_test
