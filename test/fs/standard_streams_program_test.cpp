// The standard streams of programs that others started: by pipes, shells, and with some of them closed.
#include <bight/fs/standard_streams.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <stdexcept>
#include <string>

#include "support/program.hpp"

namespace bight::standard_streams_program_test {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// The program under test is $0 of the script, and `folder` is where it runs.
awaitable<completed_process> shell(std::string script, std::string folder) {
  command what("/bin/sh", "-c", std::move(script), BIGHT_PROGRAM_COPY_STDIN);
  what.directory(std::move(folder));
  auto done = co_await run_process(what);
  co_return done;
}

ASYNC_TEST(fs_standard_streams_of_programs, are_pipes) {
  std::string text;
  for (int i = 0; i != 30'000; ++i) text += "line " + std::to_string(i) + '\n';
  const std::string program = BIGHT_PROGRAM_COPY_STDIN;
  const command copy(program);
  const auto done = co_await run_process(copy, text);
  EXPECT_TRUE(done.output == text);
  EXPECT_EQ(done.error, "30000 lines\n");
  EXPECT_EQ(done.status, exit_status::with_code(0));
}

ASYNC_TEST(fs_standard_streams_of_programs, are_files_with_an_offset_that_others_share) {
  const test::scratch_folder folder;
  folder.write("in", "header\na\nb\n");
  folder.write("out", "first\n");
  const auto where = folder.file(".");
  const auto done = co_await shell(
      R"({ echo before; { dd bs=7 count=1 of=/dev/null 2>/dev/null; "$0"; } < in; echo after; } >> out)",
      where);
  EXPECT_EQ(done.error, "2 lines\n");
  EXPECT_EQ(test::read_file(folder.file("out")), "first\nbefore\na\nb\nafter\n");
}

ASYNC_TEST(fs_standard_streams_of_programs, may_be_the_null_device) {
  const test::scratch_folder folder;
  const auto where = folder.file(".");
  const auto done = co_await shell(R"("$0" < /dev/null > /dev/null)", where);
  EXPECT_EQ(done.error, "0 lines\n");
  EXPECT_EQ(done.status, exit_status::with_code(0));
}

ASYNC_TEST(fs_standard_streams_of_programs, that_are_closed_are_errors) {
  const test::scratch_folder folder;
  const auto where = folder.file(".");
  const auto in = co_await shell(R"("$0" <&-)", where);
  EXPECT_THAT(in.error, HasSubstr("read 'standard input': Bad file descriptor"));
  EXPECT_EQ(in.status, exit_status::with_code(1));
  const auto out = co_await shell(R"(echo x | "$0" >&-)", where);
  EXPECT_THAT(out.error, HasSubstr("write 'standard output': Bad file descriptor"));
  EXPECT_EQ(out.status, exit_status::with_code(1));
}

ASYNC_TEST(fs_standard_streams_of_programs, that_nobody_reads_are_errors_and_no_signals) {
  const test::scratch_folder folder;
  folder.write("in", std::string(500'000, '\n'));
  const auto where = folder.file(".");
  const auto done = co_await shell(R"({ "$0" < in; echo "status $?" >&2; } | true)", where);
  EXPECT_THAT(done.error, HasSubstr("write 'standard output': Broken pipe"));
  EXPECT_THAT(done.error, EndsWith("status 1\n"));
}

// As Linux 5.9 and 5.10 do: reads that must not wait find the end where there is more.
ASYNC_TEST(fs_standard_streams_of_programs, find_the_end_of_a_file_where_it_is) {
  const test::scratch_folder folder;
  const auto path = folder.write("in", std::string(500'000, 'x'));
  const std::string program = BIGHT_PROGRAM_OTHER_KERNEL;
  const command what(program, "early-end", path);
  const auto done = co_await run_process(what);
  EXPECT_EQ(done.output, "500000 bytes\n") << done.error;
}

// As a shell does: the next program gets the same pipe, and must find it as it was.
ASYNC_TEST(fs_standard_streams_of_programs, are_left_as_they_were) {
  std::array<int, 2> ends{};
  CO_ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const detail::unique_fd reading{ends[0]};
  detail::unique_fd writing{ends[1]};
  const std::string program = BIGHT_PROGRAM_COPY_STDIN;
  command what(program);
  what.input(stdio::to(reading.get())).output(stdio::pipe()).error(stdio::null());
  subprocess copy(what);
  CO_ASSERT_EQ(::write(writing.get(), "one\n", 4), 4);
  line_reader lines{copy.output()};
  const auto one = co_await lines.next();
  EXPECT_EQ(one, "one");  // and it waits for more now
  EXPECT_EQ(::fcntl(reading.get(), F_GETFL) & O_NONBLOCK, 0);
  writing = {};
  static_cast<void>(co_await copy.wait());
  EXPECT_EQ(::fcntl(reading.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace bight::standard_streams_program_test
