// A file as a byte_source.
#include <bight/fs/reader.hpp>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/fs_backends.hpp"

namespace bight::reader_test {

using ::testing::HasSubstr;

class fs_reader : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_reader, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i != count; ++i) text += std::to_string(i) + '\n';
  return text;
}

ASYNC_TEST_P(fs_reader, reads_everything) {
  param.use();
  const auto text = numbers(100'000);
  auto f = co_await fs::open(self.folder.write("a", text));
  fs::reader in{f};
  const auto all = co_await read_all(in);
  EXPECT_EQ(all, text);
  EXPECT_EQ(in.position(), text.size());
}

ASYNC_TEST_P(fs_reader, gives_the_same_with_any_sizes) {
  param.use();
  const auto text = numbers(300);
  auto f = co_await fs::open(self.folder.write("a", text));
  for (const std::size_t buffer : {1U, 7U, 64U, 5000U}) {
    for (const std::size_t piece : {1U, 5U, 100U}) {
      fs::reader in{f, {.offset = 3, .buffer = buffer}};
      std::string got;
      std::string room(piece, '?');
      while (true) {
        EXPECT_EQ(in.position(), 3 + got.size());
        const auto n = co_await in.read_some(std::as_writable_bytes(std::span{room}));
        if (n == 0) break;
        got.append(room, 0, n);
      }
      EXPECT_EQ(got, text.substr(3)) << buffer << ' ' << piece;
    }
  }
}

ASYNC_TEST_P(fs_reader, seeks) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "0123456789"));
  fs::reader in{f};
  std::array<std::byte, 2> two;
  co_await read_exactly(in, two);
  EXPECT_EQ(in.position(), 2U);
  in.seek(8);
  co_await read_exactly(in, two);
  EXPECT_EQ(two[0], std::byte{'8'});
  const auto end = co_await in.read_some(two);
  EXPECT_EQ(end, 0U);
  in.seek(0);
  co_await read_exactly(in, two);
  EXPECT_EQ(two[0], std::byte{'0'});
}

ASYNC_TEST_P(fs_reader, sees_what_a_file_grows_by) {
  param.use();
  const auto path = self.folder.write("a", "one");
  auto f = co_await fs::open(path);
  fs::reader in{f};
  const auto first = co_await read_all(in);
  std::ofstream{path, std::ios::app} << "two";
  const auto second = co_await read_all(in);
  EXPECT_EQ(first + second, "onetwo");
}

ASYNC_TEST_P(fs_reader, loses_nothing_by_an_error) {
  const auto all = param.use();
  auto f = co_await fs::open(self.folder.write("a", "text"));
  fs::reader in{f};
  all->faults.error = [] { return EIO; };
  try {
    static_cast<void>(co_await read_all(in));
    ADD_FAILURE();
  } catch (const boost::system::system_error& e) { EXPECT_THAT(e.what(), HasSubstr("read '")); }
  all->faults.error = nullptr;
  const auto text = co_await read_all(in);
  EXPECT_EQ(text, "text");
  EXPECT_THROW((fs::reader{f, {.buffer = 0}}), std::invalid_argument);
  co_await f.close();
  EXPECT_THROW(fs::reader{f}, boost::system::system_error);
}

ASYNC_TEST_P(fs_reader, is_used_by_one_task_at_a_time) {
  param.use();
  auto f = co_await fs::open(self.folder.write("a", "text"));
  fs::reader in{f};
  std::array<std::byte, 2> two;
  auto first = spawn([&]() -> awaitable<void> { static_cast<void>(co_await in.read_some(two)); });
  co_await yield();
  if (!first.done()) {
    try {
      static_cast<void>(co_await in.read_some(two));
      ADD_FAILURE();
    } catch (const std::logic_error& e) {
      EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::reader");
    }
  }
  co_await first;
  const auto rest = co_await read_all(in);
  EXPECT_EQ(rest, "xt");
}

ASYNC_TEST_P(fs_reader, outlives_the_file_object) {
  param.use();
  std::optional<fs::file> f;
  f.emplace(co_await fs::open(self.folder.write("a", "text")));
  fs::reader in{*f};
  f.reset();
  const auto text = co_await read_all(in);
  EXPECT_EQ(text, "text");
}

TEST_P(fs_reader, loses_nothing_by_a_cancellation) {
  const auto text = numbers(10);
  const auto path = folder.write("a", text);
  std::optional<fs::reader> in;
  std::string got;
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    got.clear();
    in.reset();
    auto f = co_await fs::open(path);
    in.emplace(f, fs::reader_options{.buffer = 4});
    std::array<std::byte, 3> room;
    while (true) {
      const auto n = co_await in->read_some(room);
      if (n == 0) break;
      got.append(reinterpret_cast<const char*>(room.data()), n);
    }
  };
  const auto nothing_lost = [&]() -> awaitable<void> {
    if (!in) co_return;
    got += co_await read_all(*in);
    EXPECT_EQ(got, text);
    in.reset();
  };
  EXPECT_GT(testing::cancel_at_every_await(body, nothing_lost), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 5U);
}

}  // namespace bight::reader_test
