// Processes that are killed in the middle of what must be all or nothing.
#include <bight/fs/write_file.hpp>

#include <sched.h>
#include <signal.h>

#include <random>
#include <regex>
#include <sstream>
#include <string>

#include "support/program.hpp"

namespace bight::kill_test {

using test::program;
using test::read_file;
using test::scratch_folder;
using ::testing::SizeIs;

// The number of what rewriter has written, or -1 if it is not entirely what it wrote.
long number_of(const std::string& text) {
  std::istringstream in{text};
  long number = -1;
  std::size_t size = 0;
  if (!(in >> number >> size) || in.get() != ' ') return -1;
  const auto begin = static_cast<std::size_t>(in.tellg());
  const auto expected =
      std::string(size, static_cast<char>('a' + number % 26)) + ' ' + std::to_string(number) + '\n';
  return text.substr(std::min(begin, text.size())) == expected ? number : -1;
}

class fs_killed : public ::testing::Test {
 public:
  // Starts it, lets it write a few times, and kills it at some moment of the next one.
  long run_and_kill(const char* how, long first) {
    ++kills;
    program writing{{BIGHT_PROGRAM_REWRITER, how, folder.path(), std::to_string(first)}};
    const long last = first + std::uniform_int_distribution{0L, 40L}(random_);
    writing.wait_for_line(std::to_string(last));
    const int moment = std::uniform_int_distribution{0, 60}(random_);
    for (int i = 0; i != moment; ++i) ::sched_yield();
    writing.signal(SIGKILL);
    EXPECT_EQ(writing.finish().status, 128 + SIGKILL);
    return last;
  }

  // What killed processes leave, beside `expected` files: one each at most, of the name that is documented.
  void expect_leftovers(std::size_t expected) const {
    static const std::regex temporary{R"(\.state\.[a-z2-7]{10}\.tmp)"};
    std::size_t left = 0;
    for (const auto& name : folder.names()) left += std::regex_match(name, temporary);
    EXPECT_THAT(folder.names(), SizeIs(left + expected));
    EXPECT_LE(left, kills);
  }

  const scratch_folder folder{test::memory_folder()};
  std::size_t kills = 0;

 private:
  std::mt19937 random_{std::random_device{}()};
};

TEST_F(fs_killed, atomic_writes_leave_the_old_file_or_the_new_one) {
  constexpr long all = 1000;
  constexpr std::size_t enough = 20;
  std::size_t unnoticed = 0;  // written, and killed before it could say so
  for (long next = 1; next <= all || kills < enough || unnoticed == 0;) {
    const long said = run_and_kill("write", next);
    const long found = number_of(read_file(folder.file("state")));
    ASSERT_GE(found, said) << "after " << kills << " kills";
    unnoticed += found > said;
    next = found + 1;
  }
  expect_leftovers(1);
}

TEST_F(fs_killed, copies_leave_the_old_file_or_the_new_one) {
  const auto zero = folder.write("from0", std::string(3U << 20U, 'o'));
  const auto one = folder.write("from1", std::string(123'457, 'i'));
  const auto texts = {read_file(zero), read_file(one)};
  for (long next = 1; next <= 150 || kills < 10;) {
    next = run_and_kill("copy", next) + 1;
    const auto found = read_file(folder.file("state"));
    ASSERT_TRUE(found == *texts.begin() || found == *(texts.end() - 1)) << found.size() << " bytes";
  }
  expect_leftovers(3);
}

}  // namespace bight::kill_test
