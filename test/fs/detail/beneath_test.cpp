#include "fs/detail/beneath.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bight/core/detail/unique_fd.hpp>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "support/program.hpp"

namespace bight::fs::detail::beneath_test {

using bight::detail::unique_fd;

// What came of a path: an error, or which file it is.
struct outcome {
  int error = 0;
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const outcome&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const outcome& o) {
    return o.error != 0 ? out << "error " << o.error : out << "inode " << o.inode;
  }
};

outcome look(const unique_fd& fd, int error) {
  struct stat about {};
  if (!fd) return {error, 0, 0};
  if (::fstat(fd.get(), &about) != 0) return {errno, 0, 0};
  return {0, about.st_dev, about.st_ino};
}

outcome walk(int in, const std::string& path, int flags = O_PATH, bool symlinks = true) {
  int error = 0;
  const auto fd = walk_beneath(in, path, flags, symlinks, error);
  return look(fd, error);
}

outcome ask_kernel(int in, const std::string& path, int flags = O_PATH, bool symlinks = true) {
  int error = 0;
  const auto fd = open_beneath(in, path, flags, symlinks, 0, error);
  return look(fd, error);
}

constexpr int to_read = O_RDONLY | O_NONBLOCK | O_NOCTTY;

// Two folders, one in the other, with the same names in each, and a secret outside.
class beneath : public ::testing::Test {
 protected:
  beneath() {
    folder_.write("outside", "secret");
    folder_.write("elsewhere/file", "secret");
    for (const char* const where : {"www", "www/dir"}) fill(where);
    root_ = unique_fd{::open(folder_.file("www").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  }
  void SetUp() override {
    if (!has_openat2()) GTEST_SKIP() << "no openat2 here to compare with";
  }
  void fill(const std::string& where) {
    folder_.write(where + "/file", "text");
    ::mkfifo(folder_.file(where + "/fifo").c_str(), 0600);
    const auto link = [&](const char* name, const std::string& to) {
      std::filesystem::create_symlink(to, folder_.file(where + '/' + name));
    };
    link("here", ".");
    link("up", "..");
    link("far", "../../outside");
    link("round", "dir/../file");
    link("loop", "loop");
    link("nowhere", "none");
    link("slash", "file/");
    link("folder", "dir/");
    link("long", "././/here/./file");
    link("absolute", folder_.file("www/file"));
    link("magic", "/proc/self/root");
  }

  test::scratch_folder folder_;
  unique_fd root_;
};

TEST_F(beneath, walking_finds_what_the_kernel_finds) {
  const char* const names[] = {"file",  "dir",    "none", ".",        "..",    "",
                               "fifo",  "here",   "up",   "far",      "loop",  "nowhere",
                               "slash", "folder", "long", "absolute", "magic", "round"};
  std::vector<std::string> paths{""};
  for (std::size_t from = 0, depth = 0; depth != 3; ++depth) {
    const auto to = paths.size();
    for (; from != to; ++from)
      for (const auto* const name : names) paths.push_back(paths[from] + (from == 0 ? "" : "/") + name);
  }
  ASSERT_GT(paths.size(), 6000U);
  for (const auto& path : paths) {
    const int flags = path.size() % 2 == 0 ? O_PATH : to_read;
    for (const bool symlinks : {true, false}) {
      ASSERT_EQ(walk(root_.get(), path, flags, symlinks), ask_kernel(root_.get(), path, flags, symlinks))
          << '\'' << path << "' flags " << flags << (symlinks ? "" : ", without links");
    }
  }
}

TEST_F(beneath, walking_has_the_limits_of_the_kernel) {
  // 40 links on the way, and one more.
  std::filesystem::create_symlink("file", folder_.file("www/link0"));
  for (int i = 1; i != 41; ++i)
    std::filesystem::create_symlink("link" + std::to_string(i - 1),
                                    folder_.file("www/link" + std::to_string(i)));
  EXPECT_EQ(walk(root_.get(), "link39").error, 0);
  EXPECT_EQ(walk(root_.get(), "link40").error, ELOOP);
  std::string slashes = "file";
  slashes.insert(0, PATH_MAX - 1 - slashes.size(), '.');
  for (std::size_t i = 1; i < slashes.size() - 4; i += 2) slashes[i] = '/';
  const std::string paths[] = {
      "link39", "link40",      "here/link39", std::string(255, 'a'), std::string(256, 'a'),
      slashes,  "./" + slashes};
  for (const auto& path : paths)
    EXPECT_EQ(walk(root_.get(), path), ask_kernel(root_.get(), path)) << path.size() << ' ' << path;
}

TEST_F(beneath, walking_follows_no_magic_link) {
  const unique_fd proc{::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  ASSERT_TRUE(proc);
  for (const char* const path : {"exe", "cwd", "root", "root/etc", "fd/0", "ns/net", "mounts", "status"})
    EXPECT_EQ(walk(proc.get(), path), ask_kernel(proc.get(), path)) << path;
}

// Who may not search a folder gets nothing of it, "." and ".." included.
TEST_F(beneath, walking_asks_for_the_permissions_that_the_kernel_asks_for) {
  folder_.write("www/locked/file", "text");
  folder_.write("www/sticky/file", "text");
  std::filesystem::create_symlink("file", folder_.file("www/sticky/mine"));
  std::filesystem::create_symlink("file", folder_.file("www/sticky/others"));
  ::chmod(folder_.file("www").c_str(), 0755);
  ::chmod(folder_.file("www/locked").c_str(), 0);
  ::chmod(folder_.file("www/sticky").c_str(), 01777);
  const bool is_root = ::geteuid() == 0;
  constexpr uid_t nobody = 65534;
  if (is_root) {
    ASSERT_EQ(::lchown(folder_.file("www/sticky/mine").c_str(), nobody, nobody), 0);
    ASSERT_EQ(::lchown(folder_.file("www/sticky/others").c_str(), 65533, 65533), 0);
    ::setfsuid(nobody);
  }
  for (const char* const path :
       {"locked", "locked/", "locked/.", "locked/..", "locked/file", "locked/../file", "locked/none",
        "sticky/mine", "sticky/file", "sticky/mine/"})
    EXPECT_EQ(walk(root_.get(), path), ask_kernel(root_.get(), path)) << path;
  EXPECT_EQ(walk(root_.get(), "locked/file").error, EACCES);
  // fs.protected_symlinks, where it is on.
  const auto link = ask_kernel(root_.get(), "sticky/others");
  const auto walked = walk(root_.get(), "sticky/others");
  if (is_root) ::setfsuid(0);
  if (link.error != 0) { EXPECT_EQ(walked, link); }
  ::chmod(folder_.file("www/locked").c_str(), 0755);
}

// While others rename what is on the way.
TEST_F(beneath, walking_never_leads_out) {
  std::filesystem::create_symlink("../elsewhere", folder_.file("www/other"));
  folder_.write("www/place/file", "text");
  folder_.write("www/place/inner/x", "");
  folder_.write("elsewhere/inner/x", "");
  struct stat about {};
  ASSERT_EQ(::stat(folder_.file("elsewhere/file").c_str(), &about), 0);
  std::atomic<bool> done = false;
  std::thread renaming{[&] {
    const auto swap = [&](const char* a, const char* b) {
      ::renameat2(AT_FDCWD, folder_.file(a).c_str(), AT_FDCWD, folder_.file(b).c_str(), RENAME_EXCHANGE);
    };
    while (!done) {
      swap("www/place", "www/other");
      swap("www/place", "www/other");
      swap("www/place/inner", "elsewhere/inner");
    }
  }};
  int found = 0;
  for (int i = 0; i != 4'000; ++i) {
    const auto direct = walk(root_.get(), "place/file", to_read);
    const auto around = walk(root_.get(), "place/inner/../file", to_read);
    EXPECT_NE(direct.inode, about.st_ino);
    EXPECT_NE(around.inode, about.st_ino);
    found += direct.error == 0;
    found += around.error == 0;
  }
  done = true;
  renaming.join();
  EXPECT_GT(found, 0);
}

}  // namespace bight::fs::detail::beneath_test
