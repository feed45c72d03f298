// Whole files, written.
#include <bight/fs/write_file.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <span>
#include <string>
#include <vector>

#include "support/descriptors.hpp"
#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::write_file_test {

using test::error_of;
using test::read_file;
using test::scratch_folder;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

unsigned mode_of(const std::string& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return about.st_mode & 07777U;
}

// What new files may be.
class no_umask {
 public:
  no_umask() : old_(::umask(0)) {}
  no_umask(const no_umask&) = delete;
  no_umask& operator=(const no_umask&) = delete;
  ~no_umask() { ::umask(old_); }

 private:
  mode_t old_;
};

ASYNC_TEST(fs_write_file, makes_and_replaces_the_content) {
  const scratch_folder folder;
  const auto path = folder.file("a");
  const no_umask all;
  co_await fs::write_file(path, "first, and long", 0640);
  EXPECT_EQ(read_file(path), "first, and long");
  EXPECT_EQ(mode_of(path), 0640U);
  co_await fs::write_file(path, "second");
  EXPECT_EQ(read_file(path), "second");
  EXPECT_EQ(mode_of(path), 0640U);
  const std::string large(3'000'000, 'x');
  co_await fs::write_file(path, large);
  EXPECT_EQ(read_file(path), large);
  const std::array bytes{std::byte{'a'}, std::byte{0}};
  co_await fs::write_file(path, bytes);
  EXPECT_EQ(read_file(path), std::string("a\0", 2));
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

ASYNC_TEST(fs_write_file, names_the_path_in_errors) {
  const scratch_folder folder;
  const auto full = co_await error_of(fs::write_file("/dev/full", "text"), ENOSPC);
  EXPECT_THAT(full, HasSubstr("write '/dev/full': No space left on device"));
  const auto nowhere = folder.file("no/folder");
  const auto missing = co_await error_of(fs::write_file(nowhere, "text"), ENOENT);
  EXPECT_THAT(missing, HasSubstr("open '" + nowhere + "': No such file"));
}

ASYNC_TEST(fs_write_file_atomically, makes_and_replaces_a_file) {
  const scratch_folder folder;
  const auto path = folder.file("a");
  const no_umask all;
  const fs::atomic_options narrow{.permissions = 0640};
  co_await fs::write_file_atomically(path, "first", narrow);
  EXPECT_EQ(read_file(path), "first");
  EXPECT_EQ(mode_of(path), 0640U);
  CO_ASSERT_EQ(::chmod(path.c_str(), 04604), 0);
  CO_ASSERT_EQ(::link(path.c_str(), folder.file("old").c_str()), 0);
  co_await fs::write_file_atomically(path, "second");
  EXPECT_EQ(read_file(path), "second");
  EXPECT_EQ(mode_of(path), 04604U);
  EXPECT_EQ(read_file(folder.file("old")), "first");
  const fs::atomic_options quick{.sync = false};
  const std::array bytes{std::byte{'a'}};
  co_await fs::write_file_atomically(path, bytes, quick);
  EXPECT_EQ(read_file(path), "a");
  EXPECT_THAT(folder.names(), ElementsAre("a", "old"));
}

ASYNC_TEST(fs_write_file_atomically, does_not_replace_if_it_must_not) {
  const scratch_folder folder;
  const auto path = folder.file("a");
  const fs::atomic_options fresh{.replace = false};
  co_await fs::write_file_atomically(path, "first", fresh);
  const auto there = co_await error_of(fs::write_file_atomically(path, "second", fresh), EEXIST);
  EXPECT_THAT(there, HasSubstr("make '" + path + "': File exists"));
  EXPECT_EQ(read_file(path), "first");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

ASYNC_TEST(fs_write_file_atomically, follows_links) {
  const scratch_folder folder;
  const auto path = folder.write("real/a", "old");
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::symlink("real/a", link.c_str()), 0);
  co_await fs::write_file_atomically(link, "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  const auto nowhere = folder.file("nowhere");
  CO_ASSERT_EQ(::symlink("none", nowhere.c_str()), 0);
  const auto missing = co_await error_of(fs::write_file_atomically(nowhere, "new"), ENOENT);
  EXPECT_THAT(missing, HasSubstr("write '" + nowhere + "'"));
  EXPECT_THAT(folder.names(), ElementsAre("link", "nowhere", "real"));
}

ASYNC_TEST(fs_write_file_atomically, works_in_the_current_folder) {
  const scratch_folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  auto written = spawn([] { return fs::write_file_atomically("a", "text"); });
  co_await written.wait();
  std::filesystem::current_path(before);
  co_await written;
  EXPECT_EQ(read_file(folder.file("a")), "text");
}

ASYNC_TEST(fs_write_file_atomically, leaves_nothing_behind_after_an_error) {
  const scratch_folder folder;
  const auto directory = co_await error_of(fs::write_file_atomically(folder.path(), "text"), EISDIR);
  EXPECT_THAT(directory, HasSubstr("write '" + folder.path() + "': Is a directory"));
  const auto device = co_await error_of(fs::write_file_atomically("/dev/null", "text"), EINVAL);
  EXPECT_THAT(device, HasSubstr("write '/dev/null'"));
  const auto nowhere = folder.file("no/folder");
  const auto missing = co_await error_of(fs::write_file_atomically(nowhere, "text"), ENOENT);
  EXPECT_THAT(missing, HasSubstr("write '" + nowhere + "': No such file"));
  const auto nul = co_await error_of(fs::write_file_atomically(std::string("a\0b", 3), "text"), EINVAL);
  EXPECT_THAT(nul, HasSubstr("write 'a"));
  EXPECT_THAT(folder.names(), ElementsAre());
}

// A limit on the size of files is what a full disk is like.
ASYNC_TEST(fs_write_file_atomically, keeps_the_old_file_when_the_disk_is_full) {
  const scratch_folder folder;
  const auto path = folder.write("a", "old");
  const auto done = co_await run_process(command(BIGHT_PROGRAM_SMALL_DISK, path));
  EXPECT_THAT(done.output, StartsWith("write '" + path + "': File too large"));
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

// When all is written, and has not taken its place.
ASYNC_TEST(fs_write_file_atomically, leaves_nothing_behind_when_it_is_killed) {
  const scratch_folder folder;
  const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
  const auto made = folder.file("new");
  for (const auto& path : {folder.write("a", "old"), made}) {
    const command what(program, "killed", path);
    const auto done = co_await run_process(what);
    EXPECT_EQ(done.status, exit_status::by_signal(SIGSYS)) << done.error;
    EXPECT_EQ(read_file(folder.file("a")), "old");
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  }
}

// The owner, the group and the mode of a file: what it was and what its successor gets.
struct inheritance {
  const char* name;
  unsigned owner;
  unsigned group;
  unsigned mode;
  unsigned new_owner;
  unsigned new_group;
  unsigned new_mode;
};

// By a program that is another user, or in a namespace.
void expect_handed_on(std::span<const inheritance> all, std::vector<std::string> arguments) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can give files away";
  const scratch_folder folder;
  const no_umask none;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  for (const auto& f : all) {
    const auto path = folder.write(f.name, "old");
    ASSERT_EQ(::chown(path.c_str(), f.owner, f.group), 0);
    ASSERT_EQ(::chmod(path.c_str(), f.mode), 0);
    arguments.push_back(path);
  }
  arguments.insert(arguments.begin(), BIGHT_PROGRAM_REPLACE_AS);
  constexpr int cannot = 77;
  const auto done = test::run(arguments);
  if (done.status == cannot) GTEST_SKIP() << "cannot be another here";
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.out, "");
  for (const auto& f : all) {
    struct stat about {};
    ASSERT_EQ(::stat(folder.file(f.name).c_str(), &about), 0);
    EXPECT_EQ(about.st_uid, f.new_owner) << f.name;
    EXPECT_EQ(about.st_gid, f.new_group) << f.name;
    EXPECT_EQ(about.st_mode & 07777U, f.new_mode) << f.name << ": " << std::oct << about.st_mode;
    EXPECT_EQ(read_file(folder.file(f.name)), "new") << f.name;
  }
}

// What only the owner was trusted with is nobody else's afterwards.
TEST(fs_write_file_atomically, hands_on_what_is_permitted) {
  constexpr unsigned nobody = 65534;
  constexpr unsigned ours = 1234;
  constexpr unsigned others = 4321;
  constexpr inheritance all[] = {
      {"shared", 0, ours, 0660, nobody, ours, 0660},
      {"program of a group", 0, ours, 02755, nobody, ours, 02755},
      {"secret", 0, others, 0660, nobody, nobody, 0600},
      {"public", 0, others, 0664, nobody, nobody, 0644},
      {"kept from a group", 0, others, 0604, nobody, nobody, 0600},
      {"program of root", 0, 0, 06755, nobody, nobody, 0755},
      {"own", nobody, nobody, 04770, nobody, nobody, 04770},
  };
  expect_handed_on(all, {"nobody", std::to_string(ours)});
}

// To a container the owners that it does not know are all one, which is none.
TEST(fs_write_file_atomically, hands_on_what_a_namespace_knows) {
  constexpr unsigned unknown = 1234;
  constexpr inheritance all[] = {
      {"written", unknown, unknown, 06664, 0, 0, 0644},
      {"of a known owner", 0, unknown, 04660, 0, 0, 04600},
      {"of a known group", unknown, 0, 06660, 0, 0, 02660},
      {"committed", unknown, unknown, 0660, 0, 0, 0600},
      {"published", unknown, unknown, 0660, 0, 0, 0600},
      {"copied", unknown, unknown, 0660, 0, 0, 0644},
  };
  expect_handed_on(all, {"namespace", "0"});
}

TEST(fs_write_file_atomically, leaves_the_old_file_or_the_new_one) {
  const scratch_folder folder;
  const auto path = folder.file("a");
  const std::string large(3U << 20U, 'x');
  const auto body = [&]() -> awaitable<void> {
    folder.write("a", "old");
    co_await fs::write_file_atomically(path, large);
    EXPECT_EQ(read_file(path), large);
  };
  const auto one_of_them = [&] {
    EXPECT_THAT(read_file(path), AnyOf("old", large));
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  };
  const auto later = [&]() -> awaitable<void> {
    one_of_them();
    co_return;
  };
  folder.write("a", "old");
  EXPECT_GT(testing::cancel_at_every_await(body, later), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, one_of_them), 0U);
}

TEST(fs_write_file, is_cancelled_and_left_behind_anywhere) {
  const scratch_folder folder;
  std::string large;
  for (int i = 0; large.size() < (3U << 20U); ++i) large += std::to_string(i) + ' ';
  const auto path = folder.file("a");
  const int before = test::count_descriptors();
  const auto body = [&]() -> awaitable<void> {
    folder.write("a", "old");
    co_await fs::write_file(path, large);
    EXPECT_TRUE(read_file(path) == large);
  };
  const auto a_part = [&] {
    const auto text = read_file(path);
    EXPECT_TRUE(text == "old" || text == large.substr(0, text.size())) << text.size();
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  };
  const auto goes_on = [&]() -> awaitable<void> {
    a_part();
    co_await fs::write_file(path, "next");
    EXPECT_EQ(read_file(path), "next") << "nobody writes any more";
  };
  folder.write("a", "old");
  EXPECT_GT(testing::cancel_at_every_await(body, goes_on), 0U);
  EXPECT_EQ(test::count_descriptors(), before);
  const auto nothing_open = [&] {
    a_part();
    EXPECT_EQ(test::count_descriptors(), before);
  };
  EXPECT_GT(testing::shut_down_at_every_await(body, nothing_open), 0U);
}

}  // namespace bight::write_file_test
