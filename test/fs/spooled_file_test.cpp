// Data in memory, and in a file once it is too much.
#include <bight/fs/spooled_file.hpp>

#include <sys/stat.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"

namespace bight::spooled_file_test {

using boost::system::system_error;
using test::error_of;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class fs_spooled_file : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_spooled_file, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

awaitable<std::string> text_at(const fs::spooled_file& f, std::uint64_t offset, std::size_t size) {
  std::string text(size, '?');
  const auto n = co_await f.read_at(offset, std::as_writable_bytes(std::span{text}));
  text.resize(n);
  co_return text;
}
awaitable<std::string> text_of(const fs::spooled_file& f) {
  fs::spooled_reader in{f};
  co_return co_await read_all(in);
}

constexpr fs::spooled_options ten{.max_in_memory = 10};

ASYNC_TEST_P(fs_spooled_file, stays_in_memory_up_to_its_limit) {
  param.use();
  fs::spooled_file f{ten, "/no/such/folder"};
  co_await f.append("01234");
  co_await f.write_at(8, "89");
  const auto gap = co_await text_of(f);
  EXPECT_EQ(gap, std::string("01234\0\0\0"
                             "89",
                             10));
  co_await f.write_at(3, "abcde");
  co_await f.append("");
  const auto all = co_await text_of(f);
  EXPECT_EQ(all, "012abcde89");
  const auto part = co_await text_at(f, 8, 5);
  EXPECT_EQ(part, "89");
  const auto beyond = co_await text_at(f, 1'000, 5);
  EXPECT_EQ(beyond, "");
  co_await f.truncate(2);
  co_await f.truncate(4);
  const auto cut = co_await text_of(f);
  EXPECT_EQ(cut, std::string("01\0\0", 4));
  const auto size = co_await f.size();
  EXPECT_EQ(size, 4U);
  EXPECT_FALSE(f.rolled_over());
  try {
    co_await f.append("1234567");
    ADD_FAILURE();
  } catch (const system_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("make an anonymous file in '/no/such/folder'"));
  }
  EXPECT_FALSE(f.rolled_over());
  const auto same = co_await text_of(f);
  EXPECT_EQ(same, cut);
}

ASYNC_TEST_P(fs_spooled_file, rolls_over_to_a_file) {
  param.use();
  fs::spooled_file f{ten, self.folder.path()};
  co_await f.append("0123456789");
  EXPECT_FALSE(f.rolled_over());
  co_await f.append("a");
  EXPECT_TRUE(f.rolled_over());
  co_await f.append("b");
  co_await f.write_at(1, "xy");
  const auto all = co_await text_of(f);
  EXPECT_EQ(all, "0xy3456789ab");
  const auto size = co_await f.size();
  EXPECT_EQ(size, 12U);
  co_await f.truncate(3);
  EXPECT_TRUE(f.rolled_over());
  co_await f.append("!");
  const auto cut = co_await text_of(f);
  EXPECT_EQ(cut, "0xy!");
  co_await f.roll_over();
  EXPECT_THAT(self.folder.names(), IsEmpty());
}

ASYNC_TEST_P(fs_spooled_file, rolls_over_for_every_reason) {
  param.use();
  fs::spooled_file far{ten};
  co_await far.append("0");
  co_await far.write_at(100, "1");
  EXPECT_TRUE(far.rolled_over());
  const auto far_size = co_await far.size();
  EXPECT_EQ(far_size, 101U);
  fs::spooled_file longer{ten};
  co_await longer.truncate(11);
  EXPECT_TRUE(longer.rolled_over());
  const auto zeros = co_await text_of(longer);
  EXPECT_EQ(zeros, std::string(11, '\0'));
  fs::spooled_file asked{ten};
  co_await asked.append("text");
  co_await asked.roll_over();
  EXPECT_TRUE(asked.rolled_over());
  const auto same = co_await text_of(asked);
  EXPECT_EQ(same, "text");
  const fs::spooled_options none{.max_in_memory = 0};
  fs::spooled_file never{none};
  co_await never.append("");
  EXPECT_FALSE(never.rolled_over());
  co_await never.append("x");
  EXPECT_TRUE(never.rolled_over());
  fs::spooled_file most;
  co_await most.append(std::string(1U << 20U, 'x'));
  EXPECT_FALSE(most.rolled_over());
  co_await most.append("x");
  EXPECT_TRUE(most.rolled_over());
  const auto refused = co_await error_of(
      [](fs::spooled_file& s) -> awaitable<void> { co_await s.write_at(~std::uint64_t{0}, "x"); }(most),
      EFBIG);
  EXPECT_THAT(refused, HasSubstr("write '"));
}

ASYNC_TEST_P(fs_spooled_file, is_not_changed_by_nothing) {
  param.use();
  fs::spooled_file f{ten, self.folder.path()};
  co_await f.append("01234");
  for (const bool large : {false, true}) {
    if (large) co_await f.roll_over();
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{5'000'000}, ~std::uint64_t{0}}) {
      co_await f.write_at(offset, "");
      const auto size = co_await f.size();
      EXPECT_EQ(size, 5U) << offset;
      EXPECT_EQ(f.rolled_over(), large) << offset;
    }
    co_await f.append("");
  }
  co_await f.append("5");
  const auto text = co_await text_of(f);
  EXPECT_EQ(text, "012345");
  co_await f.publish(self.folder.file("a"));
  const auto nothing = [&]() -> awaitable<void> { co_await f.append(""); };
  const auto closed = co_await error_of(nothing(), EBADF);
  EXPECT_THAT(closed, HasSubstr("write '(spooled)'"));
}

ASYNC_TEST_P(fs_spooled_file, has_readers_that_go_on) {
  param.use();
  auto f = std::make_unique<fs::spooled_file>(ten, self.folder.path());
  co_await f->append("0123456789");
  fs::spooled_reader in{*f, 2};
  std::array<std::byte, 4> four;
  auto n = co_await in.read_some(four);
  EXPECT_EQ(n, 4U);
  EXPECT_EQ(in.position(), 6U);
  co_await f->append("abc");
  const auto rest = co_await read_all(in);
  EXPECT_EQ(rest, "6789abc");
  co_await f->append("d");
  const auto more = co_await read_all(in);
  EXPECT_EQ(more, "d");
  in.seek(9);
  f.reset();
  const auto again = co_await read_all(in);
  EXPECT_EQ(again, "9abcd");
}

// Where the end is after a write that came to grief is asked of the file.
ASYNC_TEST_P(fs_spooled_file, goes_on_after_an_error) {
  const auto all = param.use();
  fs::spooled_file f{ten, self.folder.path()};
  co_await f.append("01234");
  all->faults.error = [] { return EIO; };
  const auto write = [&]() -> awaitable<void> { co_await f.append("56789abc"); };
  const auto failed = co_await error_of(write(), EIO);
  EXPECT_THAT(failed, HasSubstr("write '" + self.folder.path()));
  EXPECT_FALSE(f.rolled_over());
  all->faults.error = nullptr;
  co_await f.append("56789abc");
  all->faults.largest = 2;
  int calls = 0;
  all->faults.error = [&] { return ++calls == 2 ? ENOSPC : 0; };
  const auto half = co_await error_of(write(), ENOSPC);
  EXPECT_THAT(half, HasSubstr("write '"));
  all->faults = {};
  const auto size = co_await f.size();
  EXPECT_EQ(size, 15U);
  co_await f.append("!");
  const auto text = co_await text_of(f);
  EXPECT_EQ(text, "0123456789abc56!");
}

ASYNC_TEST_P(fs_spooled_file, becomes_a_file) {
  param.use();
  const auto path = self.folder.write("a", "old");
  for (const bool large : {false, true}) {
    const fs::spooled_options options{.max_in_memory = 10, .permissions = 0600};
    fs::spooled_file f{options, self.folder.path()};
    const std::string text(large ? 11 : 10, 'x');
    co_await f.append(text);
    EXPECT_EQ(f.rolled_over(), large);
    const fs::publish_options fresh{.replace = false};
    const auto there = co_await error_of(f.publish(path, fresh), EEXIST);
    EXPECT_THAT(there, HasSubstr("make '" + path + "'"));
    const auto other = self.folder.file(large ? "large" : "small");
    co_await f.publish(other);
    EXPECT_EQ(test::read_file(other), text);
    struct stat about {};
    CO_ASSERT_EQ(::stat(other.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0600U);
    const auto reading = co_await error_of(text_of(f), EBADF);
    EXPECT_THAT(reading, HasSubstr("read '(spooled)'"));
    const auto again = co_await error_of(f.publish(other), EBADF);
    EXPECT_THAT(again, HasSubstr("publish '(spooled)'"));
  }
  EXPECT_THAT(self.folder.names(), ElementsAre("a", "large", "small"));
}

ASYNC_TEST_P(fs_spooled_file, is_changed_by_one_task_at_a_time) {
  param.use();
  fs::spooled_file f{ten, self.folder.path()};
  co_await f.append("01234");
  auto rolling = spawn([&] { return f.roll_over(); });
  co_await yield();
  CO_ASSERT_FALSE(rolling.done());
  try {
    co_await f.append("5");
    ADD_FAILURE();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "bight: concurrent use by two tasks: fs::spooled_file");
  }
  const auto meanwhile = co_await text_of(f);
  EXPECT_EQ(meanwhile, "01234");
  co_await rolling;
  auto moved = std::move(f);
  co_await moved.append("5");
  const auto all = co_await text_of(moved);
  EXPECT_EQ(all, "012345");
}

TEST_P(fs_spooled_file, is_cancelled_and_left_behind_anywhere) {
  const auto path = folder.file("a");
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    fs::spooled_file f{ten, folder.path()};
    co_await f.append("0123456789");
    co_await f.append("abc");
    co_await f.truncate(12);
    const auto text = co_await text_of(f);
    EXPECT_EQ(text, "0123456789ab");
    co_await f.publish(path);
  };
  const auto all_or_nothing = [&] {
    const auto names = folder.names();
    EXPECT_THAT(names, AnyOf(IsEmpty(), ElementsAre("a")));
    EXPECT_EQ(names.empty() ? "" : test::read_file(path), names.empty() ? "" : "0123456789ab");
  };
  const auto later = [&]() -> awaitable<void> {
    all_or_nothing();
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, later), 5U);
  EXPECT_GT(testing::shut_down_at_every_await(body, all_or_nothing), 5U);
}

}  // namespace bight::spooled_file_test
