// Directories of 100,000 entries, and trees that change under those who go through them.
#include <bight/fs.hpp>

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>
#include <thread>

#include "support/fs_errors.hpp"
#include "support/program.hpp"

namespace bight::many_test {

using bight::detail::unique_fd;
using test::error_of;
using test::read_file;
using test::scratch_folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t many = 100'000;

// Names of one file: that is what many files are to a directory.
void fill(const std::string& folder, std::size_t from = 0, std::size_t to = many) {
  std::filesystem::create_directories(folder);
  const unique_fd here{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  constexpr std::size_t most_links = 30'000;  // of a file, on file systems that count
  std::string first;
  for (auto i = from; i != to; ++i) {
    const auto name = "file-" + std::to_string(i);
    if ((i - from) % most_links == 0) {
      const unique_fd made{::openat(here.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
      if (!made) throw std::runtime_error("no file " + name);
      first = name;
    } else if (::linkat(here.get(), first.c_str(), here.get(), name.c_str(), 0) != 0) {
      throw std::runtime_error("no link " + name);
    }
  }
}

// A task that is ready all the time: how often it ran is how many turns the loop made.
class turns {
 public:
  turns() : counting_(spawn([this] { return count(); })) {}
  turns(const turns&) = delete;
  turns& operator=(const turns&) = delete;
  ~turns() = default;

  std::size_t so_far() const noexcept { return turns_; }
  awaitable<void> stop() {
    stop_ = true;
    co_await counting_.wait();
  }

 private:
  awaitable<void> count() {
    while (!stop_) {
      ++turns_;
      co_await yield();
    }
  }
  std::size_t turns_ = 0;
  bool stop_ = false;
  task<void> counting_;
};

ASYNC_TEST(fs_many, are_walked_a_few_at_a_time) {
  const scratch_folder folder{test::memory_folder()};
  fill(folder.path());
  turns others;
  std::vector<bool> seen(many);
  std::size_t count = 0;
  std::size_t longest = 0;  // entries in one turn of the loop
  std::size_t in_turn = 0;
  std::size_t turn = 0;
  const auto memory = ::mallinfo2().uordblks;
  std::size_t most_memory = 0;
  fs::walk walk{folder.path()};
  auto entry = co_await walk.next();
  while (entry) {
    in_turn = others.so_far() == std::exchange(turn, others.so_far()) ? in_turn + 1 : 1;
    longest = std::max(longest, in_turn);
    const auto number = std::stoul(entry->path.filename().string().substr(5));
    EXPECT_FALSE(seen.at(number));
    seen.at(number) = true;
    if (++count % 1000 == 0) most_memory = std::max(most_memory, ::mallinfo2().uordblks);
    entry = co_await walk.next();
  }
  co_await others.stop();
  EXPECT_EQ(count, many);
  EXPECT_LE(longest, 2 * 256U);  // what is read at a time, once from before the turn
  EXPECT_GE(others.so_far(), many / 256);
  EXPECT_LT(most_memory, memory + (2U << 20U));
}

ASYNC_TEST(fs_many, are_listed_up_to_a_limit_off_the_loop) {
  const scratch_folder folder{test::memory_folder()};
  fill(folder.path());
  turns others;
  const auto all = co_await fs::list_directory(folder.path());
  EXPECT_EQ(all.size(), many);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto& a, const auto& b) { return a.path.native() < b.path.native(); }));
  EXPECT_GE(others.so_far(), 10U);
  fill(folder.path(), many, many + 1);
  const auto over =
      co_await error_of(fs::list_directory(folder.path()), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(over, HasSubstr("list directory '" + folder.path() + "': more than 100000 entries"));
  const auto few =
      co_await error_of(fs::list_directory(folder.path(), 10), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(few, HasSubstr("more than 10 entries"));
  co_await others.stop();
}

ASYNC_TEST(fs_many, are_removed_off_the_loop) {
  const scratch_folder folder{test::memory_folder()};
  fill(folder.file("d"));
  turns others;
  const auto count = co_await fs::remove_all(folder.file("d"));
  EXPECT_EQ(count, many + 1);
  EXPECT_GE(others.so_far(), 10U);
  auto d = co_await fs::make_temporary_directory(folder.path());
  fill(d.path().string());
  const auto before = others.so_far();
  co_await d.remove();
  EXPECT_GE(others.so_far() - before, 10U);
  co_await others.stop();
  EXPECT_THAT(folder.names(), IsEmpty());
}

// Each name is removed by one of them, and none finds that an error.
ASYNC_TEST(fs_many, are_removed_by_several_at_a_time) {
  const scratch_folder folder{test::memory_folder()};
  constexpr std::size_t folders = 50;
  constexpr std::size_t files = 100;
  for (std::size_t i = 0; i != folders; ++i) fill(folder.file("d/sub" + std::to_string(i)), 0, files);
  std::vector<awaitable<std::uint64_t>> removals;
  for (int i = 0; i != 4; ++i) removals.push_back(fs::remove_all(folder.file("d")));
  const auto counts = co_await gather(std::move(removals));
  std::uint64_t sum = 0;
  for (const auto n : counts) sum += n;
  EXPECT_EQ(sum, folders * (files + 1) + 1);
  EXPECT_THAT(folder.names(), IsEmpty());
}

// A thread that exchanges a directory for a link to another one as often as it can.
class exchanger {
 public:
  exchanger(std::string directory, std::string link)
      : thread_([this, d = std::move(directory), l = std::move(link)] {
          while (!stop_.load(std::memory_order_relaxed)) {
            if (::renameat2(AT_FDCWD, d.c_str(), AT_FDCWD, l.c_str(), RENAME_EXCHANGE) == 0) ++exchanges_;
          }
        }) {}
  exchanger(const exchanger&) = delete;
  exchanger& operator=(const exchanger&) = delete;
  ~exchanger() {
    stop_ = true;
    thread_.join();
  }
  std::size_t exchanges() const noexcept { return exchanges_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> exchanges_ = 0;
  std::thread thread_;
};

class fs_exchanged : public ::testing::Test {
 public:
  fs_exchanged() {
    folder.write("outside/secret", "stays");
    EXPECT_EQ(::symlink("../outside", folder.file("link").c_str()), 0);
  }
  scratch_folder folder{test::memory_folder()};
};

ASYNC_TEST_F(fs_exchanged, directories_do_not_lead_a_walk_elsewhere) {
  folder.write("tree/x/inside", "");
  const exchanger swaps{folder.file("tree/x"), folder.file("link")};
  std::size_t links = 0;
  std::size_t directories = 0;
  while (links < 20 || directories < 20 || swaps.exchanges() < 1000) {
    fs::walk walk{folder.file("tree")};
    auto entry = co_await walk.next();
    while (entry) {
      EXPECT_NE(entry->path.filename(), "secret");
      links += entry->kind == fs::file_kind::symlink;
      directories += entry->kind == fs::file_kind::directory;
      entry = co_await walk.next();
    }
  }
}

// It may give up: the other has a processor of its own, and may be faster each time.
ASYNC_TEST_F(fs_exchanged, directories_do_not_lead_remove_all_elsewhere) {
  std::size_t exchanges = 0;
  for (int i = 0; i != 200 || exchanges == 0; ++i) {
    folder.write("tree/x/inside", "");
    std::filesystem::remove(folder.file("link"));
    if (::symlink(folder.file("outside").c_str(), folder.file("link").c_str()) != 0) ADD_FAILURE();
    {
      const exchanger swaps{folder.file("tree/x"), folder.file("link")};
      while (std::filesystem::exists(folder.file("tree")))
        static_cast<void>(co_await error_of(fs::remove_all(folder.file("tree")), ENOTEMPTY));
      exchanges += swaps.exchanges();
    }
    EXPECT_EQ(read_file(folder.file("outside/secret")), "stays");
    std::filesystem::remove_all(folder.file("link"));
  }
}

}  // namespace bight::many_test
