// The lines of a file as text.
#include <bight/fs/text_lines.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fs_backends.hpp"

namespace bight::text_lines_test {

using boost::system::system_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_text_lines : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_text_lines, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

using strings = std::vector<std::string>;

awaitable<strings> lines_of(std::filesystem::path path, fs::text_lines_options options = {}) {
  auto f = co_await fs::open(std::move(path));
  fs::text_lines all{f, options};
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

ASYNC_TEST_P(fs_text_lines, end_with_any_line_end) {
  param.use();
  const auto path = self.folder.write("a", "\xef\xbb\xbfone\r\ntwo\rthree\n\n\r\n\r\xc3\xa4");
  const auto usual = co_await lines_of(path);
  EXPECT_THAT(usual, ElementsAre("one", "two", "three", "", "", "", "\xc3\xa4"));
  const fs::text_lines_options exact{.universal_newlines = false, .skip_bom = false};
  const auto same = co_await lines_of(path, exact);
  EXPECT_THAT(same, ElementsAre("\xef\xbb\xbfone\r", "two\rthree", "", "\r", "\r\xc3\xa4"));
  const auto nothing = co_await lines_of(self.folder.write("b", "\xef\xbb\xbf"));
  EXPECT_THAT(nothing, IsEmpty());
  const auto ended = co_await lines_of(self.folder.write("c", "one\r"));
  EXPECT_THAT(ended, ElementsAre("one"));
}

ASYNC_TEST_P(fs_text_lines, are_the_same_with_any_buffer) {
  param.use();
  const auto path = self.folder.write(
      "a", "\xef\xbb\xbf\xf0\x9f\x98\x80 one\r\n\xff\xe2\x82\xac two\r\rfour \xe2\x82\n\xc3");
  for (std::size_t buffer = 1; buffer != 40; ++buffer) {
    const fs::text_lines_options options{.errors = fs::text_errors::replace, .buffer = buffer};
    const auto got = co_await lines_of(path, options);
    EXPECT_THAT(got, ElementsAre("\xf0\x9f\x98\x80 one", "\xef\xbf\xbd\xe2\x82\xac two", "",
                                 "four \xef\xbf\xbd", "\xef\xbf\xbd"));
    const fs::text_lines_options as_they_are{
        .offset = 3, .errors = fs::text_errors::keep, .universal_newlines = false, .buffer = buffer};
    const auto kept = co_await lines_of(path, as_they_are);
    EXPECT_THAT(kept, ElementsAre("\xf0\x9f\x98\x80 one\r", "\xff\xe2\x82\xac two\r\rfour \xe2\x82", "\xc3"));
  }
}

ASYNC_TEST_P(fs_text_lines, come_up_to_what_is_not_utf8) {
  param.use();
  const auto path = self.folder.write("a", "one\ntwo\nthr\xe2\x82 ee\nfour\n");
  const auto cut_off = self.folder.write("b", "one\ntwo\nthr\xe2\x82");
  for (const auto& p : {path, cut_off}) {
    for (const std::size_t buffer : {1U, 12U, 4096U}) {
      const auto f = co_await fs::open(p);
      const fs::text_lines_options options{.offset = 4, .buffer = buffer};
      fs::text_lines lines{f, options};
      const auto two = co_await lines.next();
      EXPECT_EQ(two, "two");
      for (int i = 0; i != 2; ++i) {
        try {
          static_cast<void>(co_await lines.next());
          ADD_FAILURE();
        } catch (const fs::text_error& e) {
          EXPECT_EQ(e.offset(), 11U);
          EXPECT_EQ(e.bytes(), "\xe2\x82");
          EXPECT_THAT(e.what(), HasSubstr("read '" + p + "': bytes e2 82 at offset 11 are not UTF-8: "));
        }
      }
    }
  }
}

ASYNC_TEST_P(fs_text_lines, come_many_at_a_time) {
  param.use();
  const auto f = co_await fs::open(self.folder.write("a", "one\rtwo\r\nthree\nfour\n\xff"));
  const fs::text_lines_options options{.buffer = 16};
  fs::text_lines lines{f, options};
  const auto some = co_await lines.next_lines(2);
  EXPECT_THAT(some, ElementsAre("one", "two"));
  const auto three = co_await lines.next();
  EXPECT_EQ(three, "three");
  const auto four = co_await lines.next_lines(2);
  EXPECT_THAT(four, ElementsAre("four"));
  try {
    static_cast<void>(co_await lines.next_lines(2));
    ADD_FAILURE();
  } catch (const fs::text_error& e) { EXPECT_EQ(e.offset(), 20U); }
}

ASYNC_TEST_P(fs_text_lines, are_refused_when_they_are_too_long) {
  param.use();
  // Six bytes before, five after.
  const auto f = co_await fs::open(self.folder.write("a",
                                                     "\xc3\xa4"
                                                     "123\r\n123456\r"));
  const fs::text_lines_options five{.max_line = 5};
  fs::text_lines lines{f, five};
  const auto first = co_await lines.next();
  EXPECT_EQ(first,
            "\xc3\xa4"
            "123");
  for (int i = 0; i != 2; ++i) {
    try {
      static_cast<void>(co_await lines.next());
      ADD_FAILURE();
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), errc::limit_exceeded);
      EXPECT_THAT(e.what(), HasSubstr("'" + f.path().string() + "': a line exceeds 5 bytes"));
    }
  }
}

ASYNC_TEST_P(fs_text_lines, go_on_after_an_error) {
  const auto all = param.use();
  auto f = co_await fs::open(self.folder.write("a", "one\ntwo\nthree\n"));
  const fs::text_lines_options small{.buffer = 5};
  fs::text_lines lines{f, small};
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

ASYNC_TEST_P(fs_text_lines, need_a_buffer_and_an_open_file) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "one\n"));
  try {
    const fs::text_lines_options none{.buffer = 0};
    const fs::text_lines lines(f, none);
    ADD_FAILURE();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "bight: fs::text_lines: the buffer size is 0");
  }
  fs::text_lines lines{f};
  co_await f.close();
  EXPECT_THROW(fs::text_lines{f}, system_error);
  try {
    static_cast<void>(co_await lines.next());
    ADD_FAILURE();
  } catch (const system_error& e) { EXPECT_EQ(e.code(), boost::system::errc::bad_file_descriptor); }
}

TEST_P(fs_text_lines, are_cancelled_and_left_behind_anywhere) {
  const auto path = folder.write("a",
                                 "one\r\ntwo\nthr\xe2\x82\xac"
                                 "ee\rfour\n");
  const fs::text_lines_options small{.buffer = 3};
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    auto got = co_await lines_of(path, small);
    EXPECT_THAT(got, ElementsAre("one", "two",
                                 "thr\xe2\x82\xac"
                                 "ee",
                                 "four"));
  };
  EXPECT_GT(testing::cancel_at_every_await(body, []() -> awaitable<void> { co_return; }), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 5U);
}

ASYNC_TEST_P(fs_text_lines, go_on_after_a_cancellation) {
  param.use();
  strings got;
  auto f = co_await fs::open(self.folder.write("a", "one\r\ntw\xc3\xa4\rthree\n"));
  const fs::text_lines_options small{.buffer = 2};
  fs::text_lines lines{f, small};
  bool more = true;
  while (more) {
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
      if (line) got.emplace_back(*line);
      more = line.has_value();
    } else {
      more = co_await reading;
    }
  }
  EXPECT_THAT(got, ElementsAre("one", "tw\xc3\xa4", "three"));
}

}  // namespace bight::text_lines_test
