// Temporary files and directories.
#include <bight/fs/temporary.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::temporary_test {

using boost::system::system_error;
using test::error_of;
using test::read_file;
using test::scratch_folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return about.st_mode & 07777U;
}

ASYNC_TEST(fs_temporary_file, goes_with_its_object) {
  const scratch_folder folder;
  {
    auto one = co_await fs::make_temporary_file(folder.path());
    auto two = co_await fs::make_temporary_file(folder.path());
    EXPECT_NE(one.path(), two.path());
    EXPECT_EQ(one.path().parent_path(), folder.path());
    EXPECT_EQ(mode_of(one.path()), 0600U);
    EXPECT_EQ(::fcntl(one->native_handle(), F_GETFD), FD_CLOEXEC);
    co_await one->write_at(0, "text");
    EXPECT_EQ(read_file(one.path()), "text");
    const auto size = co_await (*one).size();
    EXPECT_EQ(size, 4U);
    EXPECT_THAT(folder.names(), SizeIs(2));
    two = std::move(one);
    EXPECT_THAT(folder.names(), SizeIs(1));
    EXPECT_EQ(read_file(two.path()), "text");
  }
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(fs_temporary_file, is_kept_or_removed) {
  const scratch_folder folder;
  std::filesystem::path kept;
  {
    auto f = co_await fs::make_temporary_file(folder.path());
    co_await f->write_at(0, "text");
    kept = f.keep();
    EXPECT_EQ(kept, f.path());
    co_await f.remove();  // it is none any more
    EXPECT_EQ(kept, f.path());
    EXPECT_TRUE(f->is_open());
    co_await f->write_at(4, "s");
  }
  EXPECT_EQ(read_file(kept), "texts");
  std::filesystem::remove(kept);
  auto f = co_await fs::make_temporary_file(folder.path());
  co_await f.remove();
  EXPECT_THAT(folder.names(), IsEmpty());
  EXPECT_FALSE(f->is_open());
  co_await f.remove();
}

ASYNC_TEST(fs_temporary_file, is_where_the_environment_says) {
  const scratch_folder folder;
  const char* const old = ::getenv("TMPDIR");
  const std::string before = old ? old : "";
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  auto making = spawn([] { return fs::make_temporary_file(); });
  co_await making.wait();
  if (old)
    ::setenv("TMPDIR", before.c_str(), 1);
  else
    ::unsetenv("TMPDIR");
  const auto f = co_await std::move(making);
  EXPECT_EQ(f.path().parent_path(), folder.path());
}

// Its path is absolute: it is found again wherever the process goes.
ASYNC_TEST(fs_temporary_file, is_removed_from_another_current_folder) {
  const scratch_folder folder;
  folder.write("elsewhere/a", "");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  auto file = spawn([] { return fs::make_temporary_file("."); });
  auto directory = spawn([] { return fs::make_temporary_directory("elsewhere/.."); });
  co_await file.wait();
  co_await directory.wait();
  std::filesystem::current_path(folder.file("elsewhere"));
  EXPECT_THAT(folder.names(), SizeIs(3));
  {
    const auto f = co_await std::move(file);
    const auto d = co_await std::move(directory);
    EXPECT_TRUE(f.path().is_absolute());
    EXPECT_TRUE(d.path().is_absolute());
  }
  std::filesystem::current_path(before);
  EXPECT_THAT(folder.names(), ElementsAre("elsewhere"));
}

// A name that leads to something else by now.
ASYNC_TEST(fs_temporary_file, removes_no_directory) {
  const scratch_folder folder;
  {
    auto f = co_await fs::make_temporary_file(folder.path());
    std::filesystem::rename(f.path(), folder.file("moved"));
    folder.write(f.path().filename().string() + "/below", "stays");
  }
  EXPECT_THAT(folder.names(), SizeIs(2));
  EXPECT_EQ(read_file(folder.file(folder.names().front() + "/below")), "stays");
}

ASYNC_TEST(fs_temporary_file, needs_a_directory) {
  const scratch_folder folder;
  const auto nowhere = folder.file("none");
  try {
    static_cast<void>(co_await fs::make_temporary_file(nowhere));
    ADD_FAILURE();
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), boost::system::errc::no_such_file_or_directory);
    EXPECT_THAT(e.what(), HasSubstr("make a temporary file in '" + nowhere + "'"));
  }
  try {
    static_cast<void>(co_await fs::make_temporary_directory(nowhere));
    ADD_FAILURE();
  } catch (const system_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("make a temporary directory in '" + nowhere + "'"));
  }
}

ASYNC_TEST(fs_temporary_options, say_how_the_name_begins_and_ends) {
  const scratch_folder folder;
  const auto random = ::testing::MatchesRegex("bight-[a-z2-7]{10}");
  const auto chosen = ::testing::MatchesRegex("report .[a-z2-7]{10}\\.csv");
  const auto bare = ::testing::MatchesRegex("[a-z2-7]{10}");
  const fs::temporary_options sheet{.prefix = "report \xff", .suffix = ".csv"};
  const fs::temporary_options none{.prefix = "", .suffix = ""};
  const auto a = co_await fs::make_temporary_file(folder.path());
  const auto b = co_await fs::make_temporary_directory(folder.path());
  EXPECT_THAT(a.path().filename().string(), random);
  EXPECT_THAT(b.path().filename().string(), random);
  const auto c = co_await fs::make_temporary_file(folder.path(), sheet);
  const auto d = co_await fs::make_temporary_directory(folder.path(), sheet);
  EXPECT_THAT(c.path().filename().string(), chosen);
  EXPECT_THAT(d.path().filename().string(), chosen);
  const auto e = co_await fs::make_temporary_file(folder.path(), none);
  EXPECT_THAT(e.path().filename().string(), bare);
  EXPECT_THAT(folder.names(), SizeIs(5));
}

// They may go before the call is awaited.
ASYNC_TEST(fs_temporary_options, are_copied_by_the_call) {
  const scratch_folder folder;
  std::string text(100, 'x');
  const fs::temporary_options options{.prefix = text, .suffix = text};
  auto making = fs::make_temporary_file(folder.path(), options);
  text.assign(100, '/');
  const auto f = co_await std::move(making);
  EXPECT_THAT(f.path().filename().string(), ::testing::MatchesRegex("x{100}[a-z2-7]{10}x{100}"));
}

ASYNC_TEST(fs_temporary_options, are_part_of_one_name) {
  const scratch_folder folder;
  using namespace std::string_view_literals;
  for (const auto part : {"/"sv, "../a"sv, "a/"sv, "a\0b"sv}) {
    for (const auto& [options, name] : {std::pair{fs::temporary_options{.prefix = part}, "prefix"},
                                        {fs::temporary_options{.suffix = part}, "suffix"}}) {
      const auto text = name + std::string{" of a temporary name '"} + part.substr(0, part.find('\0')).data();
      const auto file = co_await error_of(fs::make_temporary_file(folder.path(), options), EINVAL);
      EXPECT_THAT(file, HasSubstr(text));
      const auto directory = co_await error_of(fs::make_temporary_directory(folder.path(), options), EINVAL);
      EXPECT_THAT(directory, HasSubstr(text));
    }
  }
  const std::string most(246, 'x');
  const fs::temporary_options long_name{.prefix = most};
  const auto error = co_await error_of(fs::make_temporary_file(folder.path(), long_name), ENAMETOOLONG);
  EXPECT_THAT(error, HasSubstr(folder.path()));
  EXPECT_THAT(folder.names(), IsEmpty());
}

ASYNC_TEST(fs_temporary_directory, goes_with_all_that_is_in_it) {
  const scratch_folder folder;
  const auto outside = folder.write("outside/a", "stays");
  {
    const auto d = co_await fs::make_temporary_directory(folder.path());
    EXPECT_EQ(mode_of(d.path()), 0700U);
    std::filesystem::create_directories(d.path() / "deep/er");
    std::filesystem::create_symlink(folder.file("outside"), d.path() / "link");
  }
  EXPECT_THAT(folder.names(), ElementsAre("outside"));
  auto d = co_await fs::make_temporary_directory(folder.path());
  std::filesystem::create_directories(d.path() / "deep/er");
  co_await d.remove();
  co_await d.remove();
  EXPECT_EQ(d.path(), "");
  EXPECT_THAT(folder.names(), ElementsAre("outside"));
  EXPECT_EQ(read_file(outside), "stays");
  auto kept = co_await fs::make_temporary_directory(folder.path());
  const auto path = kept.keep();
  co_await kept.remove();
  EXPECT_TRUE(std::filesystem::is_directory(path));
}

TEST(fs_temporary_file, is_never_left_behind) {
  const scratch_folder folder;
  const auto body = [&]() -> awaitable<void> {
    auto d = co_await fs::make_temporary_directory(folder.path());
    auto f = co_await fs::make_temporary_file(d.path());
    co_await f->write_at(0, "text");
    auto g = co_await fs::make_temporary_file(folder.path());
    co_await f.remove();
    co_await d.remove();
  };
  const auto nothing = [&] { EXPECT_THAT(folder.names(), IsEmpty()); };
  const auto later = [&]() -> awaitable<void> {
    nothing();
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, later), 3U);
  EXPECT_GT(testing::shut_down_at_every_await(body, nothing), 3U);
}

}  // namespace bight::temporary_test
