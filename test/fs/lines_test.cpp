// The lines of a file.
#include <bight/fs/lines.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_backends.hpp"

namespace bight::lines_test {

using boost::system::system_error;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_lines : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_lines, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

using strings = std::vector<std::string>;

awaitable<strings> lines_of(std::filesystem::path path, fs::lines_options options = {}) {
  auto f = co_await fs::open(std::move(path));
  fs::lines all{f, options};
  strings got;
  auto line = co_await all.next();
  while (line) {
    got.emplace_back(*line);
    line = co_await all.next();
  }
  line = co_await all.next();
  EXPECT_EQ(line, std::nullopt);
  co_return got;
}

ASYNC_TEST_P(fs_lines, are_what_is_between_line_ends) {
  param.use();
  const auto usual = co_await lines_of(self.folder.write("a", "one\ntwo\n\nfour\n"));
  EXPECT_THAT(usual, ElementsAre("one", "two", "", "four"));
  const auto open_end = co_await lines_of(self.folder.write("b", "one\n\r\nthree"));
  EXPECT_THAT(open_end, ElementsAre("one", "\r", "three"));
  const auto nothing = co_await lines_of(self.folder.write("c", ""));
  EXPECT_THAT(nothing, IsEmpty());
  const auto empty_line = co_await lines_of(self.folder.write("d", "\n"));
  EXPECT_THAT(empty_line, ElementsAre(""));
  const auto with_nul = co_await lines_of(self.folder.write("e", std::string("a\0b\nc", 5)));
  EXPECT_THAT(with_nul, ElementsAre(std::string("a\0b", 3), "c"));
}

ASYNC_TEST_P(fs_lines, may_end_with_a_carriage_return) {
  param.use();
  const fs::lines_options crlf{.crlf = true};
  const auto got = co_await lines_of(self.folder.write("a", "one\r\ntwo\n\r\n\r\r\nlast\r"), crlf);
  EXPECT_THAT(got, ElementsAre("one", "two", "", "\r", "last\r"));
  const fs::lines_options three{.max_line = 3, .crlf = true, .buffer = 1};
  const auto exact = co_await lines_of(self.folder.write("b", "one\r\ntwo\r\n"), three);
  EXPECT_THAT(exact, ElementsAre("one", "two"));
}

ASYNC_TEST_P(fs_lines, are_the_same_with_any_buffer) {
  param.use();
  strings lines;
  std::string text;
  for (std::size_t i = 0; i != 120; ++i) {
    lines.emplace_back(i * 7 % 61, static_cast<char>('a' + i % 26));
    text += lines.back() + '\n';
  }
  const auto path = self.folder.write("a", text);
  for (std::size_t buffer = 1; buffer < 80; buffer += 3) {
    const fs::lines_options options{.max_line = 60, .buffer = buffer};
    const auto got = co_await lines_of(path, options);
    EXPECT_EQ(got, lines) << buffer;
  }
  const fs::lines_options later{.offset = text.size() - lines.back().size() - 1};
  const auto last = co_await lines_of(path, later);
  EXPECT_THAT(last, ElementsAre(lines.back()));
}

ASYNC_TEST_P(fs_lines, come_many_at_a_time) {
  param.use();
  const auto path = self.folder.write("a", "one\ntwo\n\nfour\nfive\nsix");
  auto f = co_await fs::open(path);
  fs::lines all{f};
  const auto three = co_await all.next_lines(3);
  EXPECT_THAT(three, ElementsAre("one", "two", ""));
  const auto four = co_await all.next();
  EXPECT_EQ(four, "four");
  const auto rest = co_await all.next_lines(100);
  EXPECT_THAT(rest, ElementsAre("five"));  // "six" may go on
  const auto six = co_await all.next_lines(100);
  EXPECT_THAT(six, ElementsAre("six"));
  for (int i = 0; i != 2; ++i) {
    const auto none = co_await all.next_lines(100);
    EXPECT_THAT(none, IsEmpty());
  }
  try {
    static_cast<void>(co_await all.next_lines(0));
    ADD_FAILURE();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "bight: fs::lines: next_lines: the number of lines is 0");
  }
}

ASYNC_TEST_P(fs_lines, come_many_at_a_time_with_any_buffer) {
  param.use();
  strings lines;
  std::string text;
  for (std::size_t i = 0; i != 120; ++i) {
    lines.emplace_back(i * 7 % 61, static_cast<char>('a' + i % 26));
    text += lines.back() + "\r\n";
  }
  const auto path = self.folder.write("a", text);
  for (std::size_t buffer = 1; buffer < 300; buffer += 13) {
    auto f = co_await fs::open(path);
    const fs::lines_options options{.max_line = 60, .crlf = true, .buffer = buffer};
    fs::lines all{f, options};
    strings got;
    auto some = co_await all.next_lines(buffer);
    while (!some.empty()) {
      EXPECT_LE(some.size(), buffer);
      got.insert(got.end(), some.begin(), some.end());
      some = co_await all.next_lines(buffer);
    }
    EXPECT_EQ(got, lines) << buffer;
  }
}

ASYNC_TEST_P(fs_lines, come_up_to_one_that_is_too_long) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "1\n12345\n123456\n1\n"));
  const fs::lines_options five{.max_line = 5};
  fs::lines all{f, five};
  const auto some = co_await all.next_lines(10);
  EXPECT_THAT(some, ElementsAre("1", "12345"));
  for (int i = 0; i != 2; ++i) {
    try {
      static_cast<void>(co_await all.next_lines(10));
      ADD_FAILURE();
    } catch (const system_error& e) { EXPECT_EQ(e.code(), errc::limit_exceeded); }
  }
}

ASYNC_TEST_P(fs_lines, are_refused_when_they_are_too_long) {
  param.use();
  const auto ended = self.folder.write("a", "12345\n123456\n1\n");
  const auto open_end = self.folder.write("b", "12345\n123456");
  const auto endless = self.folder.write("c", "12345\n" + std::string(1U << 20U, 'x'));
  for (const auto& path : {ended, open_end, endless}) {
    for (const std::size_t buffer : {std::size_t{1}, std::size_t{4096}}) {
      auto f = co_await fs::open(path);
      const fs::lines_options five{.max_line = 5, .buffer = buffer};
      fs::lines all{f, five};
      const auto first = co_await all.next();
      EXPECT_EQ(first, "12345");
      for (int i = 0; i != 2; ++i) {
        try {
          static_cast<void>(co_await all.next());
          ADD_FAILURE();
        } catch (const system_error& e) {
          EXPECT_EQ(e.code(), errc::limit_exceeded);
          EXPECT_THAT(e.what(), AllOf(HasSubstr(path), HasSubstr("a line exceeds 5 bytes")));
        }
      }
    }
  }
}

ASYNC_TEST_P(fs_lines, go_on_after_an_error) {
  const auto all = param.use();
  auto f = co_await fs::open(self.folder.write("a", "one\ntwo\nthree\n"));
  const fs::lines_options small{.buffer = 5};
  fs::lines lines{f, small};
  const auto one = co_await lines.next();
  EXPECT_EQ(one, "one");
  all->faults.error = [] { return EIO; };
  try {
    static_cast<void>(co_await lines.next());
    ADD_FAILURE();
  } catch (const system_error& e) { EXPECT_THAT(e.what(), HasSubstr("read '" + f.path().string())); }
  all->faults.error = nullptr;
  const auto two = co_await lines.next();
  EXPECT_EQ(two, "two");
}

ASYNC_TEST_P(fs_lines, go_on_after_a_cancellation) {
  param.use();
  const auto path = self.folder.write("a", "one\ntwo\nthree\n");
  strings got;
  auto f = co_await fs::open(path);
  const fs::lines_options small{.buffer = 2};
  fs::lines lines{f, small};
  while (true) {
    auto reading = spawn([&]() -> awaitable<bool> {
      const auto line = co_await lines.next();
      if (line) got.emplace_back(*line);
      co_return line.has_value();
    });
    co_await yield();
    reading.cancel();
    co_await reading.wait();
    if (reading.cancelled()) {
      const auto line = co_await lines.next();
      if (!line) break;
      got.emplace_back(*line);
    } else {
      const bool more = co_await reading;
      if (!more) break;
    }
  }
  EXPECT_THAT(got, ElementsAre("one", "two", "three"));
}

ASYNC_TEST_P(fs_lines, are_read_by_one_task_at_a_time) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "one\ntwo\n"));
  fs::lines lines{f};
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await lines.next()); });
  co_await yield();
  if (!first.done()) {
    try {
      static_cast<void>(co_await lines.next());
      ADD_FAILURE();
    } catch (const std::logic_error& e) {
      EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::lines");
    }
  }
  co_await first;
  const auto second = co_await wait_for(lines.next(), std::chrono::seconds{10});
  EXPECT_EQ(second, "two");
}

ASYNC_TEST_P(fs_lines, need_a_buffer_and_an_open_file) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "one\n"));
  EXPECT_THROW((fs::lines{f, {.buffer = 0}}), std::invalid_argument);
  fs::lines lines{f};
  co_await f.close();
  EXPECT_THROW(fs::lines{f}, system_error);
  try {
    static_cast<void>(co_await lines.next());
    ADD_FAILURE();
  } catch (const system_error& e) { EXPECT_EQ(e.code(), boost::system::errc::bad_file_descriptor); }
}

// Lines that are in memory use the loop's budget up like anything else.
ASYNC_TEST_P(fs_lines, let_others_run) {
  param.use();
  std::string text;
  for (int i = 0; i != 10'000; ++i) text += "x\n";
  auto f = co_await fs::open(self.folder.write("a", text));
  fs::lines lines{f};
  int turns = 0;
  bool stop = false;
  auto other = spawn([&]() -> awaitable<void> {
    while (!stop) {
      ++turns;
      co_await yield();
    }
  });
  int count = 0;
  auto line = co_await lines.next();
  while (line) {
    ++count;
    line = co_await lines.next();
  }
  stop = true;
  co_await other;
  EXPECT_EQ(count, 10'000);
  EXPECT_GE(turns, 20);
}

TEST_P(fs_lines, are_cancelled_and_left_behind_anywhere) {
  const auto path = folder.write("a", "one\ntwo\nthree\nfour\n");
  const fs::lines_options small{.buffer = 3};
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    auto got = co_await lines_of(path, small);
    EXPECT_EQ(got.size(), 4U);
    auto f = co_await fs::open(path);
    fs::lines all{f, small};
    std::size_t count = 0;
    auto some = co_await all.next_lines(2);
    while (!some.empty()) {
      count += some.size();
      some = co_await all.next_lines(2);
    }
    EXPECT_EQ(count, 4U);
  };
  EXPECT_GT(testing::cancel_at_every_await(body, []() -> awaitable<void> { co_return; }), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 5U);
}

}  // namespace bight::lines_test
