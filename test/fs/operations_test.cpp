// Changes to the tree of files.
#include <bight/fs/operations.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <fstream>
#include <string>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::operations_test {

using test::error_of;
using test::read_file;
using test::scratch_folder;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ASYNC_TEST(fs_make_directory, makes_one) {
  const scratch_folder folder;
  const auto path = folder.file("a");
  const fs::directory_options mine{.permissions = 0700};
  co_await fs::make_directory(path, mine);
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
  const auto there = co_await error_of(fs::make_directory(path), EEXIST);
  EXPECT_THAT(there, HasSubstr("make directory '" + path + "': File exists"));
  const auto nowhere = co_await error_of(fs::make_directory(path + "/b/c"), ENOENT);
  EXPECT_THAT(nowhere, HasSubstr("make directory '" + path + "/b/c'"));
}

ASYNC_TEST(fs_make_directory, makes_the_way_there) {
  const scratch_folder folder;
  const fs::directory_options all{.parents = true};
  for (const char* const name : {"a/b/c", "a/b/c", "a/d/", "a//e/../f"})
    co_await fs::make_directory(folder.file(name), all);
  EXPECT_TRUE(std::filesystem::is_directory(folder.file("a/b/c")));
  EXPECT_TRUE(std::filesystem::is_directory(folder.file("a/d")));
  EXPECT_TRUE(std::filesystem::is_directory(folder.file("a/f")));
  const auto file = folder.write("file", "");
  const auto itself = co_await error_of(fs::make_directory(file, all), EEXIST);
  EXPECT_THAT(itself, HasSubstr("make directory '" + file + "'"));
  const auto below = co_await error_of(fs::make_directory(file + "/b", all), EEXIST);
  EXPECT_THAT(below, HasSubstr("make directory '" + file + "'"));
}

ASYNC_TEST(fs_remove, removes_what_is_there) {
  const scratch_folder folder;
  const auto file = folder.write("d/a", "");
  const auto link = folder.file("link");
  CO_ASSERT_EQ(::symlink("d", link.c_str()), 0);
  const auto full = co_await error_of(fs::remove(folder.file("d")), ENOTEMPTY);
  EXPECT_THAT(full, HasSubstr("remove '" + folder.file("d") + "': Directory not empty"));
  for (const auto& path : {link, file, folder.file("d")}) {
    const auto removed = co_await fs::remove(path);
    EXPECT_TRUE(removed) << path;
    const auto again = co_await fs::remove(path);
    EXPECT_FALSE(again) << path;
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(fs_remove_all, removes_everything_below) {
  const scratch_folder folder;
  folder.write("stays/a", "text");
  folder.write("d/e/f", "");
  folder.write("d/g", "");
  CO_ASSERT_EQ(::symlink("../stays", folder.file("d/link").c_str()), 0);
  const auto count = co_await fs::remove_all(folder.file("d"));
  EXPECT_EQ(count, 5U);
  const auto none = co_await fs::remove_all(folder.file("d"));
  EXPECT_EQ(none, 0U);
  EXPECT_THAT(folder.names(), ElementsAre("stays"));
  EXPECT_EQ(read_file(folder.file("stays/a")), "text");
}

// What has no name that could be removed keeps what is in it.
ASYNC_TEST(fs_remove_all, refuses_folders_without_a_name) {
  const scratch_folder folder;
  folder.write("d/a", "text");
  for (const char* const path : {"d/.", "d/./", "d/..", "d/.././/"}) {
    const auto error = co_await error_of(fs::remove_all(folder.file(path)), EINVAL);
    EXPECT_THAT(error, HasSubstr("remove '" + folder.file(path) + "': Invalid argument"));
  }
  EXPECT_EQ(read_file(folder.file("d/a")), "text");
  const auto empty = co_await fs::remove_all("");
  EXPECT_EQ(empty, 0U);
}

// An empty directory that may not be read, like all that has such a thing in it.
ASYNC_TEST(fs_remove_all, removes_directories_of_any_mode) {
  const scratch_folder folder;
  folder.write("d/e/f", "");
  for (const char* const name : {"d/none", "d/e/none"}) {
    std::filesystem::create_directory(folder.file(name));
    CO_ASSERT_EQ(::chmod(folder.file(name).c_str(), 0), 0);
  }
  const auto count = co_await fs::remove_all(folder.file("d"));
  EXPECT_EQ(count, 5U);
}

ASYNC_TEST(fs_rename, moves_and_replaces) {
  const scratch_folder folder;
  const auto a = folder.write("a", "a");
  const auto b = folder.file("b");
  co_await fs::rename(a, b, false);
  EXPECT_EQ(read_file(b), "a");
  folder.write("a", "new");
  const auto there = co_await error_of(fs::rename(a, b, false), EEXIST);
  EXPECT_THAT(there, HasSubstr("rename '" + a + "' to '" + b + "': File exists"));
  EXPECT_EQ(read_file(b), "a");
  co_await fs::rename(a, b);
  EXPECT_EQ(read_file(b), "new");
  EXPECT_THAT(folder.names(), ElementsAre("b"));
  const auto missing = co_await error_of(fs::rename(a, b), ENOENT);
  EXPECT_THAT(missing, HasSubstr("rename '" + a + "'"));
}

ASYNC_TEST(fs_make_symlink, makes_one_that_says_what_it_was_told) {
  const scratch_folder folder;
  folder.write("d/a", "text");
  const auto link = folder.file("link");
  for (const char* const target : {"d/a", "none", "/",
                                   "../"
                                   "\xff not UTF-8",
                                   "d//./a"}) {
    co_await fs::make_symlink(target, link);
    const auto says = co_await fs::read_symlink(link);
    EXPECT_EQ(says.native(), target);
    const auto there = co_await error_of(fs::make_symlink(target, link), EEXIST);
    EXPECT_THAT(there, HasSubstr("symlink '" + std::string{target} + "' to '" + link + "': File exists"));
    co_await fs::remove(link);
  }
  co_await fs::make_symlink("d/a", link);
  EXPECT_EQ(read_file(link), "text");
  const auto nowhere = co_await error_of(fs::make_symlink("d/a", folder.file("none/b")), ENOENT);
  EXPECT_THAT(nowhere, HasSubstr(folder.file("none/b")));
  const auto empty = co_await error_of(fs::make_symlink("", folder.file("b")), ENOENT);
  EXPECT_THAT(empty, HasSubstr("symlink '' to '" + folder.file("b")));
  const auto cut_off = co_await error_of(fs::make_symlink(std::string("a\0b", 3), folder.file("b")), EINVAL);
  EXPECT_THAT(cut_off, HasSubstr("symlink 'a"));
  EXPECT_THAT(folder.names(), ElementsAre("d", "link"));
}

ASYNC_TEST(fs_read_symlink, is_for_links_only) {
  const scratch_folder folder;
  const auto file = folder.write("a", "");
  const auto other = co_await error_of(fs::read_symlink(file), EINVAL);
  EXPECT_THAT(other, HasSubstr("read link '" + file + "': Invalid argument"));
  const auto none = co_await error_of(fs::read_symlink(folder.file("none")), ENOENT);
  EXPECT_THAT(none, HasSubstr("read link '" + folder.file("none") + '\''));
  const auto cut_off = co_await error_of(fs::read_symlink(std::string("a\0b", 3)), EINVAL);
  EXPECT_THAT(cut_off, HasSubstr("read link 'a"));
  const std::string longest(4095, 'x');  // that a link can say
  CO_ASSERT_EQ(::symlink(longest.c_str(), folder.file("long").c_str()), 0);
  const auto says = co_await fs::read_symlink(folder.file("long"));
  EXPECT_EQ(says.native(), longest);
}

ASYNC_TEST(fs_make_link, gives_a_file_another_name) {
  const scratch_folder folder;
  const auto a = folder.write("a", "text");
  const auto b = folder.file("b");
  co_await fs::make_link(a, b);
  struct stat about {};
  CO_ASSERT_EQ(::stat(b.c_str(), &about), 0);
  EXPECT_EQ(about.st_nlink, 2U);
  EXPECT_EQ(read_file(b), "text");
  const auto there = co_await error_of(fs::make_link(a, b), EEXIST);
  EXPECT_THAT(there, HasSubstr("link '" + a + "' to '" + b + "': File exists"));
  const auto none = co_await error_of(fs::make_link(folder.file("none"), folder.file("c")), ENOENT);
  EXPECT_THAT(none, HasSubstr("link '" + folder.file("none") + '\''));
  const auto directory = co_await error_of(fs::make_link(folder.path(), folder.file("c")), EPERM);
  EXPECT_THAT(directory, HasSubstr("Operation not permitted"));
  CO_ASSERT_EQ(::symlink("a", folder.file("link").c_str()), 0);
  co_await fs::make_link(folder.file("link"), folder.file("other"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("other")));
  EXPECT_THAT(folder.names(), ElementsAre("a", "b", "link", "other"));
}

ASYNC_TEST(fs_set_permissions, sets_all_twelve_bits) {
  const scratch_folder folder;
  const auto file = folder.write("a", "");
  CO_ASSERT_EQ(::symlink("a", folder.file("link").c_str()), 0);
  for (const auto& path : {file, folder.file("link")}) {
    for (const unsigned mode : {0U, 0600U, 0777U, 06755U, 01000U}) {
      co_await fs::set_permissions(path, mode);
      struct stat about {};
      CO_ASSERT_EQ(::stat(file.c_str(), &about), 0);
      EXPECT_EQ(about.st_mode & 07777U, mode);
    }
  }
  for (const unsigned wrong : {010000U, 0100644U, ~0U}) {
    const auto error = co_await error_of(fs::set_permissions(file, wrong), EINVAL);
    EXPECT_THAT(error, HasSubstr("change the mode of '" + file + "': Invalid argument"));
  }
  const auto none = co_await error_of(fs::set_permissions(folder.file("none"), 0600), ENOENT);
  EXPECT_THAT(none, HasSubstr("change the mode of '" + folder.file("none") + '\''));
  const auto cut_off = co_await error_of(fs::set_permissions(file + std::string("\0b", 2), 0600), EINVAL);
  EXPECT_THAT(cut_off, HasSubstr("change the mode of '" + file));
}

ASYNC_TEST(fs_copy_file, copies_content_and_permissions) {
  const scratch_folder folder;
  const auto to = folder.file("to");
  for (const std::size_t size : {0U, 5U, 20'000'000U}) {
    const auto from = folder.write("from", std::string(size, 'x'));
    CO_ASSERT_EQ(::chmod(from.c_str(), 0640), 0);
    std::filesystem::remove(to);
    co_await fs::copy_file(from, to);
    EXPECT_EQ(read_file(to), read_file(from));
    struct stat about {};
    EXPECT_EQ(::stat(to.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0640U);
  }
  EXPECT_THAT(folder.names(), ElementsAre("from", "to"));
}

// Whatever the umask takes away, and whatever the file has that is replaced: a secret stays one.
ASYNC_TEST(fs_copy_file, gives_the_permissions_that_the_source_has) {
  const scratch_folder folder;
  const auto from = folder.write("from", "secret");
  const auto to = folder.file("to");
  for (const unsigned mode : {0600U, 0777U, 0666U, 0400U, 06755U}) {
    for (const bool replaces : {false, true}) {
      std::filesystem::remove(to);
      if (replaces) { CO_ASSERT_EQ(::chmod(folder.write("to", "old").c_str(), 0644), 0); }
      CO_ASSERT_EQ(::chmod(from.c_str(), mode), 0);
      co_await fs::copy_file(from, to);
      struct stat about {};
      EXPECT_EQ(::stat(to.c_str(), &about), 0);
      EXPECT_EQ(about.st_mode & 07777U, mode & 0777U);
      EXPECT_EQ(read_file(to), "secret");
      CO_ASSERT_EQ(::chmod(from.c_str(), 0600), 0);
    }
  }
}

// Holes are where nothing was written: in front, between, and at the end.
ASYNC_TEST(fs_copy_file, keeps_holes) {
  const scratch_folder folder{test::memory_folder()};
  constexpr std::size_t mebibyte = 1U << 20U;
  for (const std::string pattern : {"x", "-x", "x-", "-x-", "x-x", "-x--x-", "--"}) {
    const auto from = folder.write("from", "");
    std::string expected(pattern.size() * mebibyte, '\0');
    {
      std::ofstream out{from, std::ios::binary};
      for (std::size_t i = 0; i != pattern.size(); ++i) {
        if (pattern[i] != 'x') continue;
        out.seekp(static_cast<std::streamoff>(i * mebibyte))
            .write(std::string(mebibyte, 'x').data(), mebibyte);
        expected.replace(i * mebibyte, mebibyte, std::string(mebibyte, 'x'));
      }
    }
    std::filesystem::resize_file(from, expected.size());
    co_await fs::copy_file(from, folder.file("to"));
    EXPECT_TRUE(read_file(folder.file("to")) == expected) << pattern;
    const scratch_folder elsewhere;  // maybe another file system
    co_await fs::copy_file(from, elsewhere.file("to"));
    EXPECT_TRUE(read_file(elsewhere.file("to")) == expected) << pattern;
    struct stat source {};
    struct stat copy {};
    CO_ASSERT_EQ(::stat(from.c_str(), &source), 0);
    CO_ASSERT_EQ(::stat(folder.file("to").c_str(), &copy), 0);
    EXPECT_LE(copy.st_blocks, source.st_blocks + 16) << pattern;
  }
}

// Files of /proc have no size, and other file systems no common way.
ASYNC_TEST(fs_copy_file, copies_from_other_file_systems) {
  const scratch_folder folder;
  const auto to = folder.file("to");
  co_await fs::copy_file("/proc/version", to);
  EXPECT_EQ(read_file(to), read_file("/proc/version"));
  const std::string of_sys = "/sys/devices/system/cpu/online";  // says that it has 4096 bytes
  if (::access(of_sys.c_str(), R_OK) == 0) {
    co_await fs::copy_file(of_sys, to);
    EXPECT_EQ(read_file(to), read_file(of_sys));
  }
  const auto endless = co_await error_of(fs::copy_file("/proc/self", to), EISDIR);
  EXPECT_THAT(endless, HasSubstr("open '/proc/self': Is a directory"));
}

ASYNC_TEST(fs_copy_file, replaces_if_it_may) {
  const scratch_folder folder;
  const auto from = folder.write("from", "new");
  const auto to = folder.write("to", "old");
  const fs::copy_options fresh{.replace = false, .sync = true};
  const auto there = co_await error_of(fs::copy_file(from, to, fresh), EEXIST);
  EXPECT_THAT(there, HasSubstr("make '" + to + "': File exists"));
  EXPECT_EQ(read_file(to), "old");
  co_await fs::copy_file(from, to);
  EXPECT_EQ(read_file(to), "new");
  co_await fs::copy_file(to, to);
  EXPECT_EQ(read_file(to), "new");
  const auto missing = co_await error_of(fs::copy_file(folder.file("none"), to), ENOENT);
  EXPECT_THAT(missing, HasSubstr("open '" + folder.file("none") + "'"));
  EXPECT_THAT(folder.names(), ElementsAre("from", "to"));
}

// What the documentation says of links and times.
ASYNC_TEST(fs_copy_file, follows_links_on_both_sides_and_copies_no_times) {
  const scratch_folder folder;
  const auto from = folder.write("from", "new");
  const auto to = folder.write("to", "old");
  co_await fs::make_symlink("from", folder.file("link_from"));
  co_await fs::make_symlink("to", folder.file("link_to"));
  const timespec both[2] = {{1'000'000, 0}, {1'000'000, 0}};
  CO_ASSERT_EQ(::utimensat(AT_FDCWD, from.c_str(), both, 0), 0);
  co_await fs::copy_file(folder.file("link_from"), folder.file("link_to"));
  EXPECT_EQ(read_file(to), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link_to")));
  struct stat about {};
  CO_ASSERT_EQ(::stat(to.c_str(), &about), 0);
  EXPECT_GT(about.st_mtim.tv_sec, 1'000'000);
  co_await fs::make_symlink("none", folder.file("nowhere"));
  const auto error = co_await error_of(fs::copy_file(from, folder.file("nowhere")), ENOENT);
  EXPECT_THAT(error, HasSubstr(folder.file("nowhere")));
}

TEST(fs_copy_file, leaves_the_old_file_or_the_new_one) {
  const scratch_folder folder;
  const std::string text(9U << 20U, 'x');
  const auto from = folder.write("from", text);
  const auto to = folder.write("to", "old");
  const auto body = [&]() -> awaitable<void> {
    folder.write("to", "old");
    co_await fs::copy_file(from, to);
  };
  const auto one_of_them = [&] {
    EXPECT_THAT(read_file(to), AnyOf("old", text));
    EXPECT_THAT(folder.names(), ElementsAre("from", "to"));
  };
  const auto later = [&]() -> awaitable<void> {
    one_of_them();
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, later), 0U);
  EXPECT_GT(testing::shut_down_at_every_await(body, one_of_them), 0U);
}

}  // namespace bight::operations_test
