// body: what it holds, how large it is, and whether it can be sent again.
#include <bight/http/body.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <bight/core/sleep.hpp>
#include <bight/fs/file.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace bight::http::body_test {

// Gives a text in pieces of three bytes.
class pieces final : public byte_source {
 public:
  explicit pieces(std::string text) : text_(std::move(text)) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    co_await yield();
    const auto n = std::min({buffer.size(), text_.size(), std::size_t{3}});
    std::memcpy(buffer.data(), text_.data(), n);
    text_.erase(0, n);
    co_return n;
  }

 private:
  std::string text_;
};

body_producer two_pieces() {
  return [](body_writer& out) -> awaitable<void> {
    co_await out.write("one ");
    co_await out.write(std::as_bytes(std::span{"two", 3}));
  };
}

ASYNC_TEST(body, is_nothing_at_first) {
  body b;
  EXPECT_TRUE(b.empty());
  EXPECT_EQ(b.size(), 0U);
  EXPECT_TRUE(b.replayable());
  const auto text = co_await b.collect();
  EXPECT_EQ(text, "");
}

ASYNC_TEST(body, of_text_knows_its_size_and_can_be_sent_again) {
  body b{"hello"};
  EXPECT_FALSE(b.empty());
  EXPECT_FALSE(body{""}.empty());
  EXPECT_EQ(b.size(), 5U);
  for (int i = 0; i != 2; ++i) {
    const auto text = co_await b.collect();
    EXPECT_EQ(text, "hello");
    EXPECT_TRUE(b.rewind());
  }
}

ASYNC_TEST(body, of_a_file_is_a_range_of_it) {
  const char name[] = "/tmp/bight-body-test-XXXXXX";
  std::string path{name};
  const int fd = ::mkstemp(path.data());
  ::unlink(path.c_str());
  EXPECT_EQ(::write(fd, "0123456789", 10), 10);
  body b = body::file(fd, 2, 5);
  EXPECT_EQ(b.size(), 5U);
  EXPECT_TRUE(b.replayable());
  for (int i = 0; i != 2; ++i) {
    const auto text = co_await b.collect();
    EXPECT_EQ(text, "23456");
  }
  b = body{};
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "the file is closed with the body";
}

ASYNC_TEST(body, of_a_file_that_has_shrunk_is_truncated) {
  body b = body::file(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0, 5);
  boost::system::error_code code;
  try {
    static_cast<void>(co_await b.collect());
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::truncated);
}

ASYNC_TEST(body, that_is_made_is_used_once) {
  body b = body::produce(two_pieces(), 7);
  EXPECT_EQ(b.size(), 7U);
  EXPECT_FALSE(b.replayable());
  EXPECT_TRUE(b.rewind()) << "nothing has been used yet";
  const auto text = co_await b.collect();
  EXPECT_EQ(text, "one two");
  EXPECT_FALSE(b.rewind());
  boost::system::error_code code;
  try {
    static_cast<void>(co_await b.collect());
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::bad_framing);
}

ASYNC_TEST(body, of_a_source_ends_with_it) {
  body b = body::from(pieces{"some bytes"});
  EXPECT_FALSE(b.size());
  const auto text = co_await b.collect();
  EXPECT_EQ(text, "some bytes");
}

ASYNC_TEST(body, that_can_be_made_again_is) {
  int made = 0;
  body b = body::again([&made] {
    ++made;
    return body::produce(two_pieces(), 7);
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(b.size(), 7U);
  EXPECT_TRUE(b.replayable());
  for (int i = 0; i != 3; ++i) {
    const auto text = co_await b.collect();
    EXPECT_EQ(text, "one two");
    EXPECT_TRUE(b.rewind());
  }
  EXPECT_EQ(made, 4);
}

ASYNC_TEST(body, collects_up_to_a_limit) {
  body fits = body::produce(two_pieces());
  const auto text = co_await fits.collect(7);
  EXPECT_EQ(text, "one two");
  body larger = body::produce(two_pieces());
  boost::system::error_code code;
  try {
    static_cast<void>(co_await larger.collect(6));
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::body_too_large);
}

}  // namespace bight::http::body_test
