// Whole files as text.
#include <bight/fs/text.hpp>

#include <sys/stat.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"

namespace bight::text_test {

using test::error_of;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class fs_text : public test::each_way {};
INSTANTIATE_TEST_SUITE_P(ways, fs_text, ::testing::ValuesIn(test::fs_ways), test::name_of_way);

const std::string bom = "\xef\xbb\xbf";

// Some are looked through in place, others on a thread.
constexpr std::size_t sizes[] = {10, 300'000};

ASYNC_TEST_P(fs_text, is_read_with_line_ends_alike_and_without_a_byte_order_mark) {
  param.use();
  for (const auto size : sizes) {
    const std::string much(size, 'x');
    const auto path = self.folder.write("a", bom + "one\r\ntwo\rthree\n\xc3\xa4\r\n" + much);
    const auto usual = co_await fs::read_text(path);
    EXPECT_EQ(usual, "one\ntwo\nthree\n\xc3\xa4\n" + much);
    const fs::read_text_options exact{.universal_newlines = false, .skip_bom = false};
    const auto same = co_await fs::read_text(path, exact);
    EXPECT_EQ(same, bom + "one\r\ntwo\rthree\n\xc3\xa4\r\n" + much);
  }
  const auto nothing = co_await fs::read_text(self.folder.write("b", ""));
  EXPECT_EQ(nothing, "");
}

ASYNC_TEST_P(fs_text, is_utf8_when_it_is_read) {
  param.use();
  const auto path = self.folder.write("a", "good\xe2\x82 bad\xff");
  try {
    static_cast<void>(co_await fs::read_text(path));
    ADD_FAILURE();
  } catch (const fs::text_error& e) {
    EXPECT_EQ(e.code(), boost::system::errc::illegal_byte_sequence);
    EXPECT_EQ(e.offset(), 4U);
    EXPECT_EQ(e.bytes(), "\xe2\x82");
    EXPECT_THAT(e.what(), HasSubstr("read '" + path +
                                    "': bytes e2 82 at offset 4 are not UTF-8: invalid continuation byte"));
  }
  const fs::read_text_options replace{.errors = fs::text_errors::replace};
  const auto replaced = co_await fs::read_text(path, replace);
  EXPECT_EQ(replaced, "good\xef\xbf\xbd bad\xef\xbf\xbd");
  const fs::read_text_options keep{.errors = fs::text_errors::keep};
  const auto kept = co_await fs::read_text(path, keep);
  EXPECT_EQ(kept, "good\xe2\x82 bad\xff");
  const std::string much(300'000, 'x');
  const auto late = self.folder.write("b", much + "\xff");
  const auto text = co_await error_of(fs::read_text(late), EILSEQ);
  EXPECT_THAT(text, HasSubstr("byte ff at offset 300000 is not UTF-8: invalid start byte"));
  const auto much_replaced = co_await fs::read_text(late, replace);
  EXPECT_EQ(much_replaced, much + "\xef\xbf\xbd");
}

ASYNC_TEST_P(fs_text, is_read_up_to_a_limit) {
  param.use();
  const auto path = self.folder.write("a", "12345");
  const fs::read_text_options four{.max_size = 4};
  const auto over = co_await error_of(fs::read_text(path, four), make_error_code(errc::limit_exceeded));
  EXPECT_THAT(over, HasSubstr("read '" + path + "': more than 4 bytes"));
  const auto missing = co_await error_of(fs::read_text(self.folder.file("none")), ENOENT);
  EXPECT_THAT(missing, HasSubstr(self.folder.file("none")));
}

ASYNC_TEST_P(fs_text, is_written_as_it_is_unless_asked) {
  param.use();
  const auto path = self.folder.file("a");
  for (const auto size : sizes) {
    const auto text = "one\ntwo\r\n\xc3\xa4\n" + std::string(size, 'x');
    co_await fs::write_text(path, text);
    EXPECT_EQ(test::read_file(path), text);
    const fs::write_text_options dos{.crlf = true, .bom = true, .atomically = true};
    co_await fs::write_text(path, text, dos);
    EXPECT_EQ(test::read_file(path), bom + "one\r\ntwo\r\r\n\xc3\xa4\r\n" + std::string(size, 'x'));
    const fs::write_text_options marked{.bom = true};
    co_await fs::write_text(path, text, marked);
    EXPECT_EQ(test::read_file(path), bom + text);
  }
  co_await fs::write_text(path, "");
  EXPECT_EQ(test::read_file(path), "");
  const fs::write_text_options narrow{.permissions = 0600};
  co_await fs::write_text(self.folder.file("b"), "text", narrow);
  struct stat about {};
  CO_ASSERT_EQ(::stat(self.folder.file("b").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
}

ASYNC_TEST_P(fs_text, is_utf8_when_it_is_written) {
  param.use();
  const auto path = self.folder.write("a", "old");
  for (const bool atomically : {false, true}) {
    const fs::write_text_options strict{.atomically = atomically};
    const auto text = co_await error_of(fs::write_text(path, "new\xc3", strict), EILSEQ);
    EXPECT_THAT(text,
                HasSubstr("write '" + path + "': byte c3 at offset 3 is not UTF-8: unexpected end of data"));
    EXPECT_EQ(test::read_file(path), "old");
  }
  const fs::write_text_options replace{.errors = fs::text_errors::replace, .crlf = true};
  co_await fs::write_text(path, "new\n\xc3", replace);
  EXPECT_EQ(test::read_file(path), "new\r\n\xef\xbf\xbd");
  const fs::write_text_options keep{.errors = fs::text_errors::keep};
  co_await fs::write_text(path, "new\xc3", keep);
  EXPECT_EQ(test::read_file(path), "new\xc3");
  const auto nowhere = self.folder.file("no/folder");
  const auto missing = co_await error_of(fs::write_text(nowhere, "text"), ENOENT);
  EXPECT_THAT(missing, HasSubstr(nowhere));
}

TEST_P(fs_text, is_cancelled_and_left_behind_anywhere) {
  const std::string old(100'000, 'o');
  const std::string text(100'000, '\n');
  const auto path = folder.write("a", old);
  const auto body = [&]() -> awaitable<void> {
    GetParam().use();
    folder.write("a", old);
    const auto before = co_await fs::read_text(path);
    EXPECT_EQ(before, old);
    const fs::write_text_options dos{.crlf = true, .atomically = true};
    co_await fs::write_text(path, text, dos);
    const auto after = co_await fs::read_text(path);
    EXPECT_EQ(after, text);
  };
  const auto one_of_them = [&] {
    EXPECT_THAT(test::read_file(path).size(), AnyOf(old.size(), 2 * text.size()));
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  };
  const auto later = [&]() -> awaitable<void> {
    one_of_them();
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, later), 3U);
  EXPECT_GT(testing::shut_down_at_every_await(body, one_of_them), 3U);
}

}  // namespace bight::text_test
