// Files beneath a folder, and nothing else.
#include <bight/fs/directory.hpp>

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <boost/system/errc.hpp>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "support/descriptors.hpp"
#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::directory_test {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class fs_directory : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_directory, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

awaitable<std::string> text_of(fs::file& f) {
  std::string text(100, '\0');
  const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{text}));
  text.resize(n);
  co_return text;
}

// errno, or 0 and the kind is `kind`.
awaitable<int> find(const fs::directory& in, std::string path, fs::file_kind kind = fs::file_kind::regular,
                    fs::find_options options = {}) {
  const auto it = co_await in.find(path, options);
  if (it.error()) co_return it.error().value();
  EXPECT_EQ(it.about().kind, kind) << path;
  co_return 0;
}

ASYNC_TEST_P(fs_directory, opens_files_and_tells_what_else_there_is) {
  param.use();
  std::filesystem::create_directory(self.folder.file("sub"));
  self.folder.write("sub/a", "text");
  CO_ASSERT_EQ(::mkfifo(self.folder.file("fifo").c_str(), 0600), 0);
  const fs::directory root{self.folder.file(".")};
  const std::string path = "sub/a";
  auto it = co_await root.find(path);
  CO_ASSERT_FALSE(it.error());
  EXPECT_EQ(it.about().kind, fs::file_kind::regular);
  EXPECT_EQ(it.about().size, 4U);
  const auto known = co_await fs::stat(self.folder.file("sub/a"));
  EXPECT_EQ(it.about().inode, known.inode);
  EXPECT_EQ(it.about().modified, known.modified);
  auto f = it.take_file();
  EXPECT_THAT(f.path().string(), EndsWith("/sub/a"));
  EXPECT_EQ(it.release(), -1);
  EXPECT_EQ(::fcntl(f.native_handle(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(::fcntl(f.native_handle(), F_GETFD), FD_CLOEXEC);
  const auto text = co_await text_of(f);
  EXPECT_EQ(text, "text");
  const auto writing = co_await test::error_of(f.write_at(0, "x"), EBADF);
  EXPECT_THAT(writing, HasSubstr("/sub/a"));
  const auto folder = co_await find(root, "sub", fs::file_kind::directory);
  EXPECT_EQ(folder, 0);
  const auto itself = co_await find(root, "", fs::file_kind::directory);
  EXPECT_EQ(itself, 0);
  const auto fifo = co_await find(root, "fifo", fs::file_kind::fifo);
  EXPECT_EQ(fifo, 0);
  const auto none = co_await find(root, "sub/none");
  EXPECT_EQ(none, ENOENT);
  const auto no_folder = co_await find(root, "sub/a/b");
  EXPECT_EQ(no_folder, ENOTDIR);
  const auto cut_off = co_await find(root, std::string{"sub\0/a", 6});
  EXPECT_EQ(cut_off, EINVAL);
}

ASYNC_TEST_P(fs_directory, is_never_left) {
  param.use();
  self.folder.write("outside", "secret");
  std::filesystem::create_directories(self.folder.file("www/sub"));
  self.folder.write("www/inside", "text");
  std::filesystem::create_symlink("../outside", self.folder.file("www/out"));
  std::filesystem::create_symlink(self.folder.file("www/inside"), self.folder.file("www/absolute"));
  std::filesystem::create_symlink("../inside", self.folder.file("www/sub/in"));
  std::filesystem::create_symlink("/proc/self/root", self.folder.file("www/magic"));
  const fs::directory root{self.folder.file("www")};
  for (const char* const path :
       {"../outside", "sub/../../outside", "/etc/passwd", "out", "absolute", "magic/etc/passwd"}) {
    const auto error = co_await find(root, path);
    EXPECT_EQ(error, EXDEV) << path;
  }
  const auto in = co_await find(root, "sub/in");
  EXPECT_EQ(in, 0);
  const auto back = co_await find(root, "sub/../inside");
  EXPECT_EQ(back, 0);
  const fs::find_options strict{.symlinks = false};
  const auto link = co_await find(root, "sub/in", fs::file_kind::regular, strict);
  EXPECT_EQ(link, ELOOP);
}

ASYNC_TEST_P(fs_directory, stays_what_it_was) {
  param.use();
  std::filesystem::create_directory(self.folder.file("a"));
  self.folder.write("a/file", "text");
  const fs::directory root{self.folder.file("a")};
  std::filesystem::rename(self.folder.file("a"), self.folder.file("b"));
  const auto error = co_await find(root, "file");
  EXPECT_EQ(error, 0);
}

ASYNC_TEST_P(fs_directory, only_looks_at_what_is_no_file) {
  param.use();
  const auto fifo = self.folder.file("fifo");
  CO_ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const bight::detail::unique_fd opened{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  CO_ASSERT_GE(::inotify_add_watch(opened.get(), fifo.c_str(), IN_OPEN), 0);
  const bight::detail::unique_fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  CO_ASSERT_LT(self.folder.file("socket").size(), sizeof name.sun_path);
  self.folder.file("socket").copy(name.sun_path, sizeof name.sun_path - 1);
  CO_ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  const fs::directory root{self.folder.file(".")};
  const auto a_fifo = co_await find(root, "fifo", fs::file_kind::fifo);
  EXPECT_EQ(a_fifo, 0);
  const auto a_socket = co_await find(root, "socket", fs::file_kind::socket);
  EXPECT_EQ(a_socket, 0);
  std::array<char, 1000> events{};
  EXPECT_EQ(::read(opened.get(), events.data(), events.size()), -1);
  EXPECT_EQ(errno, EAGAIN);
}

// Of a file system that may have to ask somebody, nothing is opened in place, known or not.
ASYNC_TEST_P(fs_directory, waits_for_slow_file_systems_on_a_thread) {
  param.use();
  const fs::directory root{"/proc/self"};
  int turns = 0;
  auto others = spawn([&]() -> awaitable<void> {
    for (;; ++turns) co_await yield();
  });
  for (int i = 0; i != 3; ++i) {
    co_await yield();
    const int before = turns;
    const auto error = co_await find(root, "status");
    EXPECT_EQ(error, 0);
    EXPECT_GT(turns, before);
  }
  others.cancel();
  co_await others.wait();
}

// What the kernel has in memory is opened in place; what it must look for, by a thread.
ASYNC_TEST_P(fs_directory, does_not_wait_for_the_storage_in_place) {
  param.use();
  const auto path = self.folder.write("known", "");
  const fs::directory root{self.folder.file(".")};
  const auto first = co_await find(root, "known");
  EXPECT_EQ(first, 0);
  int turns = 0;
  auto others = spawn([&]() -> awaitable<void> {
    while (true) {
      co_await yield();
      ++turns;
    }
  });
  co_await yield();
  int before = turns;
  const auto known = co_await find(root, "known");
  EXPECT_EQ(known, 0);
  EXPECT_EQ(turns == before, param.in_place);
  before = turns;
  const auto never_seen = co_await find(root, "never seen");
  EXPECT_EQ(never_seen, ENOENT);
  EXPECT_GT(turns, before);
  others.cancel();
  co_await others.wait();
}

ASYNC_TEST_P(fs_directory, can_be_cancelled_at_every_await) {
  param.use();
  self.folder.write("a", "text");
  const fs::directory root{self.folder.file(".")};
  const std::string path = "a";
  const auto known = co_await find(root, path);
  EXPECT_EQ(known, 0);
  const int before = test::count_descriptors();
  int cancelled = 0;
  for (int turns = 0; turns != 4; ++turns) {
    bool found = false;
    auto finding = spawn([&]() -> awaitable<void> {
      const auto it = co_await root.find(path);
      EXPECT_FALSE(it.error());
      EXPECT_EQ(it.about().size, 4U);
      found = true;
    });
    for (int i = 0; i != turns; ++i) co_await yield();
    finding.cancel();
    co_await finding.wait();
    EXPECT_NE(finding.cancelled(), found) << turns;
    EXPECT_EQ(test::count_descriptors(), before) << turns;
    cancelled += finding.cancelled();
  }
  EXPECT_GT(cancelled, 0);
  const auto again = co_await find(root, path);
  EXPECT_EQ(again, 0);
  EXPECT_EQ(test::count_descriptors(), before);
}

// Sandboxes: a seccomp filter answers openat2. Each path with links, then without.
ASYNC_TEST(fs_directory_without_openat2, finds_the_same) {
  const test::scratch_folder folder;
  folder.write("out", "secret");
  folder.write("root/a", "text");
  folder.write("root/sub/b", "more");
  std::filesystem::create_symlink("../a", folder.file("root/sub/up"));
  std::filesystem::create_symlink("../out", folder.file("root/out"));
  std::filesystem::create_symlink(folder.file("root/a"), folder.file("root/far"));
  for (const char* const which : {"openat2-unknown", "openat2-forbidden"}) {
    const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
    const command what(program, which, folder.file("root"));
    const auto done = co_await run_process(what);
    EXPECT_EQ(done.status, exit_status::with_code(0)) << done.error;
    EXPECT_EQ(
        done.output,
        ": a folder\n: a folder\na: text\na: text\nsub: a folder\nsub: a folder\nsub/b: more\nsub/b: more\n"
        "sub/up: text\nsub/up: Too many levels of symbolic links\nsub/..: a folder\nsub/..: a folder\n"
        "none: No such file or directory\nnone: No such file or directory\n"
        "a/x: Not a directory\na/x: Not a directory\n"
        "..: Invalid cross-device link\n..: Invalid cross-device link\n"
        "out: Invalid cross-device link\nout: Too many levels of symbolic links\n"
        "far: Invalid cross-device link\nfar: Too many levels of symbolic links\n");
  }
}

// "name kind size" of each, sorted; or the error, which names the path.
awaitable<std::vector<std::string>> list(const fs::directory& in, std::string path,
                                         fs::find_options options = {}, std::size_t limit = 1000) {
  std::vector<std::string> lines;
  try {
    const auto found = co_await in.list(path, options, limit);
    for (const auto& e : found.entries)
      lines.push_back(e.name + (e.about.kind == fs::file_kind::directory
                                    ? " directory"
                                    : " file " + std::to_string(e.about.size)));
    if (!found.complete) lines.emplace_back("~more");
  } catch (const boost::system::system_error& e) {
    EXPECT_THAT(e.what(), HasSubstr((in.path() / path).string()));
    lines.push_back("error " + std::to_string(e.code().value()));
  }
  std::sort(lines.begin(), lines.end());
  co_return lines;
}

ASYNC_TEST_P(fs_directory, lists_what_can_be_found) {
  param.use();
  using lines = std::vector<std::string>;
  std::filesystem::create_directories(self.folder.file("root/sub/deep"));
  self.folder.write("outside", "secret");
  self.folder.write("root/a", "12345");
  self.folder.write("root/sub/b", "");
  std::filesystem::create_symlink("a", self.folder.file("root/link"));
  std::filesystem::create_symlink("sub", self.folder.file("root/folder"));
  std::filesystem::create_symlink("../outside", self.folder.file("root/out"));
  std::filesystem::create_symlink("/etc", self.folder.file("root/etc"));
  std::filesystem::create_symlink("loop", self.folder.file("root/loop"));
  std::filesystem::create_symlink("../a", self.folder.file("root/sub/up"));
  CO_ASSERT_EQ(::mkfifo(self.folder.file("root/fifo").c_str(), 0600), 0);
  const fs::directory root{self.folder.file("root")};
  const auto all = co_await list(root, "");
  EXPECT_EQ(all, (lines{"a file 5", "folder directory", "link file 5", "sub directory"}));
  const auto sub = co_await list(root, "sub");
  EXPECT_EQ(sub, (lines{"b file 0", "deep directory", "up file 5"}));
  const auto through = co_await list(root, "folder/");
  EXPECT_EQ(through, sub);
  const auto empty = co_await list(root, "sub/deep");
  EXPECT_EQ(empty, lines{});
  const fs::find_options no_links{.symlinks = false};
  const auto strict = co_await list(root, "", no_links);
  EXPECT_EQ(strict, (lines{"a file 5", "sub directory"}));
  const auto refused = co_await list(root, "folder", no_links);
  EXPECT_EQ(refused, lines{"error " + std::to_string(ELOOP)});
  const auto up = co_await list(root, "..");
  EXPECT_EQ(up, lines{"error " + std::to_string(EXDEV)});
  const auto etc = co_await list(root, "etc");
  EXPECT_EQ(etc, lines{"error " + std::to_string(EXDEV)});
  const auto file = co_await list(root, "a");
  EXPECT_EQ(file, lines{"error " + std::to_string(ENOTDIR)});
  const auto none = co_await list(root, "none");
  EXPECT_EQ(none, lines{"error " + std::to_string(ENOENT)});
}

ASYNC_TEST_P(fs_directory, lists_no_more_than_the_limit) {
  param.use();
  for (int i = 0; i != 5; ++i) self.folder.write(std::to_string(i), "");
  const fs::directory root{self.folder.file(".")};
  const fs::find_options options;
  const auto five = co_await list(root, "", options, 5);
  EXPECT_EQ(five.size(), 5U);
  EXPECT_EQ(five.back(), "4 file 0") << "complete";
  const auto some = co_await list(root, "", options, 4);
  EXPECT_EQ(some.size(), 5U);
  EXPECT_EQ(some.back(), "~more");
}

TEST(fs_directory_open, that_cannot_be_opened_is_named) {
  for (const auto& [path, error] : {std::pair{"/none", ENOENT}, std::pair{"/dev/null", ENOTDIR}}) {
    try {
      const fs::directory root{path};
      ADD_FAILURE() << path;
    } catch (const boost::system::system_error& e) {
      EXPECT_EQ(e.code().value(), error);
      EXPECT_THAT(e.what(), HasSubstr(path));
    }
  }
}

}  // namespace bight::directory_test
