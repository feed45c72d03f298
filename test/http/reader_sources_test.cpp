// One reader for every source: TCP, a pipe in memory, a file, a program's output, and a source of one's own.
// It stands here because no other room sees both streams and files.
#include <bight/core/reader.hpp>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/net.hpp>
#include <bight/testing/async_test.hpp>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::reader_sources_test {

constexpr std::string_view text = "HELLO\r\nlength;0123456789rest\nlast";

// A byte_source as a user writes one: a byte at a time.
class one_by_one final : public byte_source {
 public:
  explicit one_by_one(std::string_view all) noexcept : left_(all) {}
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    co_await yield();
    if (left_.empty()) co_return 0;
    buffer[0] = static_cast<std::byte>(left_.front());
    left_.remove_prefix(1);
    co_return 1;
  }

 private:
  std::string_view left_;
};

// What each test reads from its source.
awaitable<void> expect_text(byte_source& source) {
  reader in{source};
  const auto line = co_await in.read_line();
  EXPECT_EQ(line, "HELLO");
  const auto field = co_await in.read_until(";");
  EXPECT_EQ(field, "length;");
  const std::string ahead{co_await in.peek(4)};
  EXPECT_EQ(ahead, "0123");
  const auto digits = co_await in.read_exactly(10);
  EXPECT_EQ(digits, "0123456789");
  line_reader lines{in};
  const auto rest = co_await lines.next();
  EXPECT_EQ(rest, "rest");
  const auto last = co_await lines.next();
  EXPECT_EQ(last, "last");
  const auto end = co_await lines.next();
  EXPECT_EQ(end, std::nullopt);
}

ASYNC_TEST(reader_sources, a_tcp_stream) {
  auto [client, server] = co_await test::tcp_pair();
  co_await test::write_and_finish(client, text);
  co_await expect_text(server);
}

ASYNC_TEST(reader_sources, a_pipe_in_memory) {
  auto [client, server] = net::memory_pipe();
  co_await test::write_and_finish(client, text);
  co_await expect_text(server);
}

ASYNC_TEST(reader_sources, a_file) {
  const test::scratch_folder folder;
  const auto file = co_await fs::open(folder.write("text", text));
  fs::reader source{file};
  co_await expect_text(source);
}

ASYNC_TEST(reader_sources, the_output_of_a_program) {
  command print("printf", "%s", std::string{text});
  print.output(stdio::pipe());
  subprocess child{print};
  co_await expect_text(child.output());
  const auto status = co_await child.wait();
  EXPECT_TRUE(status.success());
}

ASYNC_TEST(reader_sources, a_source_of_the_users) {
  one_by_one source{text};
  co_await expect_text(source);
}

}  // namespace bight::reader_sources_test
