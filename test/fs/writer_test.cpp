// Writing through a buffer.
#include <bight/fs/writer.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"
#include "support/log_capture.hpp"

namespace bight::writer_test {

using boost::system::system_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_writer : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_writer, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

ASYNC_TEST_P(fs_writer, writes_what_it_gets) {
  param.use();
  for (const std::size_t buffer : {1U, 3U, 10U, 4096U}) {
    const auto path = self.folder.file("a");
    auto f = co_await fs::open(path, fs::writing);
    fs::writer out{f, {.buffer = buffer}};
    std::string text;
    for (std::size_t i = 0; i != 50; ++i) {
      const std::string piece(i % 13, static_cast<char>('a' + i % 26));
      co_await out.write(piece);
      text += piece;
      EXPECT_EQ(out.position(), text.size());
      EXPECT_LE(out.buffered(), buffer);
    }
    co_await out.close();
    EXPECT_FALSE(f.is_open());
    EXPECT_EQ(test::read_file(path), text) << buffer;
    co_await out.close();
  }
}

ASYNC_TEST_P(fs_writer, keeps_what_is_not_flushed) {
  param.use();
  const auto path = self.folder.write("a", "0123456789");
  auto f = co_await fs::open(path, fs::updating);
  fs::writer out{f, {.offset = 2}};
  co_await out.write("abc");
  EXPECT_EQ(out.buffered(), 3U);
  EXPECT_EQ(out.position(), 5U);
  EXPECT_EQ(test::read_file(path), "0123456789");
  co_await out.flush();
  EXPECT_EQ(out.buffered(), 0U);
  EXPECT_EQ(test::read_file(path), "01abc56789");
  co_await out.flush();
  co_await out.write("d");
  co_await out.flush();
  EXPECT_EQ(test::read_file(path), "01abcd6789");
  EXPECT_TRUE(f.is_open());
}

ASYNC_TEST_P(fs_writer, appends) {
  param.use();
  const auto path = self.folder.write("a", "one ");
  auto f = co_await fs::open(path, fs::appending);
  fs::writer out{f};
  co_await out.write("two");
  EXPECT_EQ(out.position(), 3U) << "what it took, wherever the end was";
  co_await out.flush();
  EXPECT_EQ(out.position(), 3U);
  co_await out.close();
  EXPECT_EQ(test::read_file(path), "one two");
}

ASYNC_TEST_P(fs_writer, writes_nothing_twice_after_an_error) {
  const auto all = param.use();
  const auto path = self.folder.file("a");
  auto f = co_await fs::open(path, fs::appending);
  fs::writer out{f};
  const std::string text = "0123456789abcdefghij";
  co_await out.write(text);
  all->faults.largest = 3;
  int calls = 0;
  all->faults.error = [&] { return ++calls == 3 ? ENOSPC : 0; };
  int failures = 0;
  while (out.buffered() != 0) {
    try {
      co_await out.close();
    } catch (const system_error& e) {
      EXPECT_THAT(e.what(), HasSubstr("write '" + path + "': No space left on device"));
      EXPECT_TRUE(f.is_open());
      EXPECT_EQ(out.buffered(), text.size() - 6);
      ++failures;
    }
  }
  EXPECT_EQ(failures, 1);
  EXPECT_FALSE(f.is_open());
  EXPECT_EQ(test::read_file(path), text);
}

ASYNC_TEST_P(fs_writer, says_what_it_loses) {
  param.use();
  const auto path = self.folder.file("a");
  const test::log_capture log;
  {
    auto f = co_await fs::open(path, fs::writing);
    fs::writer out{f};
    co_await out.write("text");
  }
  EXPECT_THAT(log.lines(), ElementsAre("bight: fs::writer: 4 bytes of '" + path + "' were never flushed"));
  EXPECT_EQ(test::read_file(path), "");
}

ASYNC_TEST_P(fs_writer, is_used_by_one_task_at_a_time) {
  param.use();
  auto f = co_await fs::open(self.folder.file("a"), fs::writing);
  fs::writer out{f};
  co_await out.write("text");
  auto flushing = spawn([&] { return out.flush(); });
  co_await yield();
  EXPECT_FALSE(flushing.done());
  try {
    co_await out.write("more");
    ADD_FAILURE();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::writer");
  }
  co_await flushing;
  const std::string large(1U << 20U, 'x');  // passes by the buffer
  auto writing = spawn([&]() -> awaitable<void> { co_await out.write(large); });
  co_await yield();
  EXPECT_FALSE(writing.done());
  EXPECT_EQ(out.buffered(), 0U);
  try {
    co_await out.close();
    ADD_FAILURE();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::writer");
  }
  co_await writing;
  co_await f.truncate(4);
  co_await out.write("more");
  co_await out.close();
  const auto all = test::read_file(self.folder.file("a"));
  EXPECT_EQ(all.substr(0, 4), "text");
  EXPECT_EQ(all.substr(4 + large.size()), "more");
  EXPECT_THROW(fs::writer{f}, system_error);
  auto g = co_await fs::open(self.folder.file("a"), fs::writing);
  EXPECT_THROW((fs::writer{g, {.buffer = 0}}), std::invalid_argument);
}

ASYNC_TEST_P(fs_writer, takes_nothing_once_the_file_is_closed) {
  param.use();
  const test::log_capture log;
  const auto path = self.folder.file("a");
  for (const bool by_writer : {true, false}) {
    auto f = co_await fs::open(path, fs::writing);
    fs::writer out{f};
    co_await out.write("text");
    co_await out.flush();
    if (by_writer) {
      co_await out.close();
    } else {
      co_await f.close();
    }
    for (const char* const text : {"", "abc"}) {
      const auto write = [&]() -> awaitable<void> { co_await out.write(text); };
      const auto error = co_await test::error_of(write(), EBADF);
      EXPECT_THAT(error, HasSubstr("write '" + path + "': Bad file descriptor"));
    }
    EXPECT_EQ(out.buffered(), 0U);
    EXPECT_EQ(out.position(), 4U);
  }
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_EQ(test::read_file(path), "text");
}

ASYNC_TEST_P(fs_writer, is_busy_until_it_is_closed) {
  param.use();
  const auto path = self.folder.file("a");
  for (const std::string text : {"", "text"}) {
    auto f = co_await fs::open(path, fs::writing);
    fs::writer out{f};
    co_await out.write(text);
    auto closing = spawn([&] { return out.close(); });
    co_await yield();
    CO_ASSERT_FALSE(closing.done());
    for (const bool by_close : {false, true}) {
      try {
        if (by_close) {
          co_await out.close();
        } else {
          co_await out.write("lost");
        }
        ADD_FAILURE();
      } catch (const std::logic_error& e) {
        EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::writer");
      }
    }
    co_await closing;
    EXPECT_EQ(test::read_file(path), text);
  }
}

ASYNC_TEST_P(fs_writer, reports_a_full_device) {
  param.use();
  const test::log_capture log;
  auto f = co_await fs::open("/dev/full", fs::writing);
  fs::writer out{f, {.buffer = 8}};
  co_await out.write("1234");
  try {
    co_await out.write("56789");
    ADD_FAILURE();
  } catch (const system_error& e) { EXPECT_EQ(e.code(), boost::system::errc::no_space_on_device); }
  EXPECT_EQ(out.position(), 4U);  // nothing of the second was taken
}

// Goes on after each cancellation where it was stopped: nothing is missing, nothing is there twice.
TEST_P(fs_writer, loses_nothing_by_a_cancellation) {
  const test::log_capture log;
  const auto path = folder.file("a");
  std::optional<fs::writer> out;
  std::string text;
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    text.clear();
    out.reset();
    std::filesystem::remove(path);
    auto f = co_await fs::open(path, fs::appending);
    out.emplace(f, fs::writer_options{.buffer = 16});
    for (std::size_t i = 0; i != 12; ++i) {
      const std::string next(i, static_cast<char>('a' + i));
      co_await out->write(next);
      text += next;
    }
    co_await out->flush();
  };
  const auto all_there = [&]() -> awaitable<void> {
    if (!out) co_return;
    EXPECT_EQ(out->position(), text.size());
    co_await out->flush();
    EXPECT_EQ(test::read_file(path), text);
    out.reset();
  };
  EXPECT_GT(testing::cancel_at_every_await(body, all_there), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [&] { out.reset(); }), 5U);
  for (const auto& line : log.lines()) EXPECT_THAT(line, HasSubstr("were never flushed"));
}

}  // namespace bight::writer_test
