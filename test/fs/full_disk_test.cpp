// A disk that is full, and one that may not be written to: real ones.
#include <bight/fs.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>

#include "support/fs_errors.hpp"
#include "support/log_capture.hpp"
#include "support/small_disk.hpp"

namespace bight::full_disk_test {

using test::error_of;
using test::read_file;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class fs_full_disk : public test::small_disk {};
INSTANTIATE_TEST_SUITE_P(ways, fs_full_disk, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

// No two parts of it are the same.
std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

ASYNC_TEST_P(fs_full_disk, stops_write_at) {
  param.use();
  const auto text = numbers(2 * test::small_disk::size);
  auto f = co_await fs::open(self.file("a"), fs::writing);
  const auto error = co_await error_of(f.write_at(0, text), ENOSPC);
  EXPECT_THAT(error, HasSubstr("write '" + self.file("a") + "': No space left on device"));
  const auto written = read_file(self.file("a"));
  EXPECT_GT(written.size(), 0U);
  EXPECT_EQ(written, text.substr(0, written.size()));  // a part from the beginning
  co_await f.truncate(0);
  co_await f.write_at(0, "enough");
  co_await f.close();
  EXPECT_EQ(read_file(self.file("a")), "enough");
}

// What could not be written is kept, and goes where it belongs when there is room.
ASYNC_TEST_P(fs_full_disk, keeps_what_a_writer_has) {
  param.use();
  constexpr std::size_t buffer = 10'000;
  for (const std::size_t piece : {1'000U, 9'999U, 25'000U}) {
    std::filesystem::remove(self.file("a"));
    self.fill(100'000);
    auto f = co_await fs::open(self.file("a"), fs::writing);
    fs::writer out{f, {.buffer = buffer}};
    const auto text = numbers(400'000);
    std::size_t failures = 0;
    while (out.position() != text.size()) {
      const auto before = out.position();
      const auto next = std::string_view{text}.substr(before, piece);
      const auto write = [&]() -> awaitable<void> { co_await out.write(next); };
      const auto error = co_await error_of(write(), ENOSPC);
      if (error == "no error") continue;
      EXPECT_THAT(error, HasSubstr("write '" + self.file("a") + "'"));
      if (piece < buffer) {
        EXPECT_EQ(out.position(), before);  // nothing was taken
      }
      const auto again = co_await error_of(out.flush(), ENOSPC);
      EXPECT_THAT(again, HasSubstr("No space left"));
      if (++failures == 3) self.make_room();
    }
    EXPECT_EQ(failures, 3U);
    co_await out.close();
    EXPECT_TRUE(read_file(self.file("a")) == text) << piece;
  }
}

ASYNC_TEST_P(fs_full_disk, keeps_a_writer_open_until_its_data_is_written) {
  param.use();
  self.fill();
  auto f = co_await fs::open(self.file("a"), fs::writing);
  fs::writer out{f};
  const auto text = numbers(50'000);
  co_await out.write(text);
  for (int i = 0; i != 2; ++i) {
    const auto error = co_await error_of(out.close(), ENOSPC);
    EXPECT_THAT(error, HasSubstr("write '"));
    EXPECT_TRUE(f.is_open());
    EXPECT_EQ(out.buffered(), text.size());
  }
  self.make_room();
  co_await out.close();
  EXPECT_FALSE(f.is_open());
  EXPECT_TRUE(read_file(self.file("a")) == text);
}

// What the buffer holds is kept by the stream, and of more than that `position` tells where to go on.
ASYNC_TEST_P(fs_full_disk, loses_nothing_of_an_output_stream) {
  param.use();
  constexpr std::size_t buffer = 10'000;
  const auto text = numbers(400'000);
  for (const std::size_t piece : {1'000U, 10'001U, 300'000U}) {
    std::filesystem::remove(self.file("a"));
    self.fill(100'000);
    const detail::unique_fd fd{::open(self.file("a").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    fs::output_stream out{fd.get(), "a", {.buffer = buffer}};
    std::size_t failures = 0;
    while (out.position() != text.size()) {
      const auto before = out.position();
      const auto next = std::string_view{text}.substr(before, piece);
      const auto write = [&]() -> awaitable<void> { co_await out.write(next); };
      const auto error = co_await error_of(write(), ENOSPC);
      if (error == "no error") {
        EXPECT_EQ(out.position(), before + next.size());
        continue;
      }
      EXPECT_THAT(error, HasSubstr("write 'a': No space left on device"));
      EXPECT_EQ(std::filesystem::file_size(self.file("a")), out.position() - out.buffered());
      if (piece < buffer) { EXPECT_EQ(out.position(), before) << "nothing was taken"; }
      if (++failures == 3) self.make_room();
    }
    EXPECT_EQ(failures, 3U);
    co_await out.flush();
    EXPECT_TRUE(read_file(self.file("a")) == text) << piece;
  }
}

ASYNC_TEST_P(fs_full_disk, stops_write_file) {
  param.use();
  self.fill(8192);
  const auto text = numbers(100'000);
  const auto error = co_await error_of(fs::write_file(self.file("a"), text), ENOSPC);
  EXPECT_THAT(error, HasSubstr("write '" + self.file("a") + "': No space left on device"));
  EXPECT_EQ(read_file(self.file("a")), text.substr(0, 8192));
  self.make_room();
  co_await fs::write_file(self.file("a"), text);
  EXPECT_TRUE(read_file(self.file("a")) == text);
}

ASYNC_TEST_P(fs_full_disk, leaves_the_old_file_to_write_file_atomically) {
  param.use();
  const auto path = self.write("a", "old");
  const auto text = numbers(100'000);
  for (const std::size_t but : {0U, 4096U, 65'536U}) {
    self.fill(but);
    const auto error = co_await error_of(fs::write_file_atomically(path, text), ENOSPC);
    EXPECT_THAT(error, HasSubstr("write '" + path + "': No space left on device"));
    EXPECT_EQ(read_file(path), "old");
    EXPECT_THAT(self.names(), ElementsAre("a", "ballast"));
    EXPECT_EQ(self.room(), but);  // what was written before is given back
  }
  self.make_room();
  co_await fs::write_file_atomically(path, text);
  EXPECT_TRUE(read_file(path) == text);
  EXPECT_THAT(self.names(), ElementsAre("a"));
}

ASYNC_TEST_P(fs_full_disk, leaves_the_old_file_to_copy_file) {
  param.use();
  const auto text = numbers(300'000);
  const auto path = self.write("a", "old");
  const auto other_file_system = self.folder.write("from", text);
  const auto same_file_system = self.write("from", text);
  self.fill(100'000);
  for (const auto& from : {other_file_system, same_file_system}) {
    const auto error = co_await error_of(fs::copy_file(from, path), ENOSPC);
    EXPECT_THAT(error, HasSubstr("'" + from + "' to '" + path + "': No space left on device"));
    EXPECT_EQ(read_file(path), "old");
    EXPECT_THAT(self.names(), ElementsAre("a", "ballast", "from"));
  }
  self.make_room();
  for (const auto& from : {other_file_system, same_file_system}) {
    self.write("a", "old");
    co_await fs::copy_file(from, path);
    EXPECT_TRUE(read_file(path) == text);
  }
}

ASYNC_TEST_P(fs_full_disk, removes_temporary_files_all_the_same) {
  param.use();
  self.fill(8192);
  {
    auto f = co_await fs::make_temporary_file(self.file(""));
    const auto error = co_await error_of(f->write_at(0, numbers(100'000)), ENOSPC);
    EXPECT_THAT(error, HasSubstr("write '" + f.path().string() + "'"));
    EXPECT_EQ(self.room(), 0U);
  }
  EXPECT_THAT(self.names(), ElementsAre("ballast"));
  EXPECT_EQ(self.room(), 8192U);
}

// Names need room as well: of those there are 64.
ASYNC_TEST_P(fs_full_disk, has_no_room_for_names) {
  param.use();
  const auto path = self.write("a", "old");
  for (int i = 0; i != test::small_disk::inodes; ++i) {
    const auto one = self.file("d" + std::to_string(i));
    const auto error = co_await error_of(fs::make_directory(one), ENOSPC);
    EXPECT_THAT(error, AnyOf("no error", HasSubstr("make directory '" + one + "': No space left")));
  }
  const auto before = self.names();
  const auto file = co_await error_of(fs::make_temporary_file(self.file("")), ENOSPC);
  EXPECT_THAT(file, HasSubstr("make a temporary file in '" + self.file("") + "'"));
  const auto directory = co_await error_of(fs::make_temporary_directory(self.file("")), ENOSPC);
  EXPECT_THAT(directory, HasSubstr("make a temporary directory in '" + self.file("") + "'"));
  const auto atomic = co_await error_of(fs::write_file_atomically(path, "new"), ENOSPC);
  EXPECT_THAT(atomic, HasSubstr("write '" + path + "'"));
  const auto fresh = co_await error_of(fs::open(self.file("new"), fs::writing), ENOSPC);
  EXPECT_THAT(fresh, HasSubstr("open '" + self.file("new") + "'"));
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(self.names(), before);
  co_await fs::write_file(path, "new");  // makes none
  EXPECT_EQ(read_file(path), "new");
}

// A file that is larger than the disk is no contradiction, until it has data.
ASYNC_TEST_P(fs_full_disk, holds_files_that_are_larger) {
  param.use();
  constexpr std::uint64_t far = std::uint64_t{5} << 30U;
  const fs::open_options both{.read = true, .write = true, .create = true};
  auto f = co_await fs::open(self.file("a"), both);
  co_await f.truncate(far);
  self.fill(4096);
  co_await f.write_at(far / 2, "one page");
  const auto error = co_await error_of(f.write_at(far - 4, "end."), ENOSPC);
  EXPECT_THAT(error, HasSubstr("No space left"));
  const auto size = co_await f.size();
  EXPECT_EQ(size, far);
  std::array<char, 9> got{};
  const auto n = co_await f.read_at(far / 2, std::as_writable_bytes(std::span{got}.first<8>()));
  EXPECT_EQ(n, 8U);
  EXPECT_STREQ(got.data(), "one page");
  // Holes stay holes in a copy, or it would not fit.
  self.make_room();
  co_await fs::copy_file(self.file("a"), self.file("copy"));
  struct stat about {};
  EXPECT_EQ(::stat(self.file("copy").c_str(), &about), 0);
  EXPECT_EQ(about.st_size, static_cast<off_t>(far));
  EXPECT_LE(about.st_blocks * 512, 64 * 1024);
  auto copied = co_await fs::open(self.file("copy"));
  got = {};
  static_cast<void>(co_await copied.read_at(far / 2, std::as_writable_bytes(std::span{got}.first<8>())));
  EXPECT_STREQ(got.data(), "one page");
}

ASYNC_TEST_P(fs_full_disk, says_that_it_may_only_be_read) {
  param.use();
  self.write("a", "text");
  std::filesystem::create_directory(self.file("d"));
  const auto a = self.read_only("a");
  const auto b = self.read_only("b");
  const auto text = co_await fs::read_file(a);
  EXPECT_EQ(text, "text");
  std::vector<awaitable<std::string>> calls;
  calls.push_back(error_of(fs::open(a, fs::updating), EROFS));
  calls.push_back(error_of(fs::open(b, fs::writing), EROFS));
  calls.push_back(error_of(fs::write_file(a, "new"), EROFS));
  calls.push_back(error_of(fs::write_file_atomically(a, "new"), EROFS));
  calls.push_back(error_of(fs::write_file_atomically(b, "new"), EROFS));
  calls.push_back(error_of(fs::copy_file(self.file("a"), b), EROFS));
  calls.push_back(error_of(fs::make_directory(b), EROFS));
  calls.push_back(error_of(fs::remove(a), EROFS));
  calls.push_back(error_of(fs::remove_all(a), EROFS));
  calls.push_back(error_of(fs::remove_all(self.read_only("d")), EROFS));
  calls.push_back(error_of(fs::rename(a, b), EROFS));
  calls.push_back(error_of(fs::make_symlink("a", b), EROFS));
  calls.push_back(error_of(fs::make_link(a, b), EROFS));
  calls.push_back(error_of(fs::set_permissions(a, 0600), EROFS));
  calls.push_back(error_of(fs::make_temporary_file(self.read_only("")), EROFS));
  calls.push_back(error_of(fs::make_temporary_directory(self.read_only("")), EROFS));
  for (auto& call : calls) {
    const auto e = co_await std::move(call);
    EXPECT_THAT(e, HasSubstr(self.read_only("")));
    EXPECT_THAT(e, HasSubstr("Read-only file system"));
  }
  EXPECT_EQ(read_file(a), "text");
  EXPECT_THAT(self.names(), ElementsAre("a", "d"));
}

}  // namespace bight::full_disk_test
