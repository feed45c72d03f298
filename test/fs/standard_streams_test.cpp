// What a program is started with, and what else is open: read and written without blocking the loop.
#include <bight/fs/standard_streams.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bight/core.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <bight/testing.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>

#include "support/fs_backends.hpp"
#include "support/fs_errors.hpp"
#include "support/log_capture.hpp"
#include "support/program.hpp"

namespace bight::standard_streams_test {

using namespace std::chrono_literals;
using detail::unique_fd;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct two_ends {
  unique_fd reading;
  unique_fd writing;
};

two_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

two_ends make_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

bool is_nonblocking(const unique_fd& fd) { return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0; }

void put(const unique_fd& to, std::string_view text) {
  ASSERT_EQ(::write(to.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// What is there now.
std::string take(const unique_fd& from) {
  int size = 0;
  std::string text(1U << 20U, '\0');
  pollfd ready{from.get(), POLLIN, 0};
  while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
    const auto n = ::read(from.get(), text.data() + size, text.size() - static_cast<std::size_t>(size));
    if (n <= 0) break;
    size += static_cast<int>(n);
  }
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string long_text(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i != size; ++i) text[i] = static_cast<char>('a' + i * i % 23);
  return text;
}

// How a pipe is used, from the best way to the last.
struct pipe_way {
  const char* name;
  bool nowait;
  bool reopened;
  two_ends (*make)() = make_pipe;

  void use() const {
    const auto all = test::fs_ways[0].use();
    all->nowait_streams = nowait;
    all->reopened_streams = reopened;
  }
  friend std::ostream& operator<<(std::ostream& out, const pipe_way& w) { return out << w.name; }
};

class fs_streams : public ::testing::TestWithParam<pipe_way> {};
INSTANTIATE_TEST_SUITE_P(ways, fs_streams,
                         ::testing::Values(pipe_way{"nowait", true, true}, pipe_way{"reopened", false, true},
                                           pipe_way{"thread", false, false},
                                           pipe_way{"socket", true, true, make_sockets}),
                         [](const auto& how) { return std::string{how.param.name}; });

// ---- reading -----------------------------------------------------------------------------------

ASYNC_TEST_P(fs_streams, read_to_the_end) {
  param.use();
  auto ends = param.make();
  fs::input_stream in{ends.reading.get(), "it"};
  line_reader lines{in};
  put(ends.writing, "one\ntw");
  const auto one = co_await lines.next();
  EXPECT_EQ(one, "one");
  auto next = spawn([&]() -> awaitable<std::optional<std::string>> { return lines.next(); });
  for (int i = 0; i != 3; ++i) co_await yield();
  EXPECT_FALSE(next.done());
  EXPECT_FALSE(is_nonblocking(ends.reading));
  put(ends.writing, "o\nthree");
  ends.writing = {};
  const auto two = co_await next;
  EXPECT_EQ(two, "two");
  const auto three = co_await lines.next();
  EXPECT_EQ(three, "three");
  const auto end = co_await lines.next();
  EXPECT_EQ(end, std::nullopt);
  EXPECT_FALSE(is_nonblocking(ends.reading));
}

ASYNC_TEST_P(fs_streams, a_cancelled_read_has_taken_nothing) {
  param.use();
  auto ends = param.make();
  fs::input_stream in{ends.reading.get(), "it"};
  std::array<std::byte, 10> buffer{};
  for (int turns = 0; turns != 4; ++turns) {
    auto reading = spawn([&]() -> awaitable<std::size_t> { return in.read_some(buffer); });
    for (int i = 0; i != turns; ++i) co_await yield();
    reading.cancel();
    co_await reading.wait();
    EXPECT_TRUE(reading.cancelled());
  }
  put(ends.writing, "abc");
  const auto n = co_await in.read_some(buffer);
  EXPECT_EQ(n, 3U);
}

ASYNC_TEST_P(fs_streams, two_tasks_may_not_read_at_a_time) {
  param.use();
  auto ends = param.make();
  fs::input_stream in{ends.reading.get(), "it"};
  std::array<std::byte, 10> buffer{};
  auto reading = spawn([&]() -> awaitable<std::size_t> { return in.read_some(buffer); });
  co_await yield();
  bool refused = false;
  try {
    static_cast<void>(co_await in.read_some(buffer));
  } catch (const std::logic_error&) { refused = true; }
  EXPECT_TRUE(refused);
  reading.cancel();
  co_await reading.wait();
}

// ---- writing -----------------------------------------------------------------------------------

// Three times what the pipe and the buffers hold, to a reader that comes late.
ASYNC_TEST_P(fs_streams, a_slow_reader_stops_the_writer_and_not_the_loop) {
  param.use();
  auto ends = param.make();
  const auto text = long_text(1'500'000);
  const fs::output_options small{.buffer = 10'000};
  fs::output_stream out{ends.writing.get(), "it", small};
  std::size_t written = 0;
  auto write = [&]() -> awaitable<void> {
    const std::string_view all = text;
    std::size_t step = 1;
    while (written != all.size()) {
      const auto piece = all.substr(written, step);
      co_await out.write(piece);
      written += piece.size();
      step = step % 30'000 + 997;
    }
    co_await out.flush();
  };
  auto writing = spawn(write);
  std::size_t before = 1;
  while (before != written) {  // until it stands still
    before = written;
    for (int i = 0; i != 1000; ++i) co_await yield();
  }
  EXPECT_FALSE(writing.done());
  EXPECT_LT(written, text.size());
  EXPECT_FALSE(is_nonblocking(ends.writing));
  fs::input_stream in{ends.reading.get(), "the other side"};
  auto reading = spawn([&]() -> awaitable<std::string> { return read_all(in); });
  co_await writing;
  EXPECT_EQ(out.buffered(), 0U);
  EXPECT_FALSE(is_nonblocking(ends.writing));
  { const fs::output_stream gone = std::move(out); }
  ends.writing = {};
  const auto& got = co_await reading;
  EXPECT_TRUE(got == text);
}

ASYNC_TEST_P(fs_streams, nobody_who_reads_is_an_error_and_no_signal) {
  param.use();
  auto ends = param.make();
  fs::output_stream out{ends.writing.get(), "it", {.flush = fs::flushing::when_full}};
  ends.reading = {};
  co_await out.write("abc");
  const auto error = co_await test::error_of(out.flush(), EPIPE);
  EXPECT_THAT(error, HasSubstr("write 'it': Broken pipe"));
  EXPECT_EQ(out.buffered(), 3U);
  const auto again = co_await test::error_of(out.flush(), EPIPE);
  EXPECT_EQ(again, error);
}

ASYNC_TEST_P(fs_streams, an_error_on_the_way_is_told_by_the_next_write) {
  param.use();
  auto ends = param.make();
  const fs::output_options soon{.flush = fs::flushing::soon};
  fs::output_stream out{ends.writing.get(), "it", soon};
  ends.reading = {};
  co_await out.write("abc");
  co_await sleep(200ms);
  const auto write = [&]() -> awaitable<void> { co_await out.write("def"); };
  const auto error = co_await test::error_of(write(), EPIPE);
  EXPECT_THAT(error, HasSubstr("write 'it'"));
  EXPECT_EQ(out.buffered(), 3U) << "of def nothing was taken";
}

ASYNC_TEST_P(fs_streams, a_cancelled_flush_keeps_the_rest) {
  param.use();
  auto ends = param.make();
  const auto text = long_text(400'000);
  const fs::output_options large{.flush = fs::flushing::when_full, .buffer = 1'000'000};
  fs::output_stream out{ends.writing.get(), "it", large};
  co_await out.write(text);
  for (int i = 0; i != 5; ++i) {
    auto flushing = spawn([&]() -> awaitable<void> { return out.flush(); });
    for (int turn = 0; turn != i; ++turn) co_await yield();
    flushing.cancel();
    co_await flushing.wait();
    EXPECT_TRUE(flushing.cancelled());
  }
  EXPECT_GT(out.buffered(), 0U);
  fs::input_stream in{ends.reading.get(), "the other side"};
  auto reading = spawn([&]() -> awaitable<std::string> { return read_all(in); });
  co_await out.flush();
  { const fs::output_stream gone = std::move(out); }
  ends.writing = {};
  const auto& got = co_await reading;
  EXPECT_TRUE(got == text);
}

// Of what is larger than the buffer a part may have gone, and who goes on there loses nothing.
ASYNC_TEST_P(fs_streams, a_cancelled_large_write_tells_how_much_it_took) {
  param.use();
  auto ends = param.make();
  const auto text = long_text(900'000);
  const fs::output_options small{.flush = fs::flushing::when_full, .buffer = 1000};
  fs::output_stream out{ends.writing.get(), "it", small};
  co_await out.write("begin");
  EXPECT_EQ(out.position(), 5U);
  auto writing = spawn([&]() -> awaitable<void> { co_await out.write(text); });
  pollfd room{ends.writing.get(), POLLOUT, 0};
  while (::poll(&room, 1, 0) == 1) co_await yield();
  writing.cancel();
  co_await writing.wait();
  CO_ASSERT_TRUE(writing.cancelled());
  EXPECT_EQ(out.buffered(), 0U);
  const auto taken = out.position();
  CO_ASSERT_GT(taken, 5U);
  CO_ASSERT_LT(taken, 5U + text.size());
  auto got = take(ends.reading);
  EXPECT_EQ(got.size(), taken);
  fs::input_stream in{ends.reading.get(), "the other side"};
  auto reading = spawn([&]() -> awaitable<std::string> { return read_all(in); });
  co_await out.write(std::string_view{text}.substr(taken - 5));
  EXPECT_EQ(out.position(), 5U + text.size());
  co_await out.flush();
  { const fs::output_stream gone = std::move(out); }
  ends.writing = {};
  const auto& rest = co_await reading;
  got += rest;
  EXPECT_TRUE(got == "begin" + text);
}

// Small writes are whole, whoever waits for room.
ASYNC_TEST_P(fs_streams, many_tasks_may_write) {
  param.use();
  auto ends = param.make();
  constexpr std::size_t tasks = 20;
  constexpr std::size_t lines = 300;
  const fs::output_options small{.flush = fs::flushing::when_full, .buffer = 1000};
  fs::output_stream out{ends.writing.get(), "it", small};
  auto write = [&](std::size_t number) -> awaitable<void> {
    const std::string line = std::string(number * 100, static_cast<char>('a' + number)) + '\n';
    for (std::size_t i = 0; i != lines; ++i) co_await out.write(line);
  };
  auto write_all = [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      for (std::size_t i = 0; i != tasks; ++i) group.spawn(write, i).detach();
      co_return;
    });
    co_await out.flush();
    const fs::output_stream gone = std::move(out);
    ends.writing = {};
  };
  auto writing = spawn(write_all);
  fs::input_stream in{ends.reading.get(), "the other side"};
  line_reader reader{in};
  std::array<std::size_t, tasks> found{};
  auto line = co_await reader.next();
  while (line) {
    const std::size_t number = line->empty() ? 0 : static_cast<std::size_t>(line->front() - 'a');
    EXPECT_EQ(*line, std::string(number * 100, static_cast<char>('a' + number)));
    ++found.at(number);
    line = co_await reader.next();
  }
  EXPECT_THAT(found, ::testing::Each(lines));
  co_await writing;
}

// ---- when it is handed over --------------------------------------------------------------------

ASYNC_TEST(fs_standard_streams, a_pipe_gets_it_at_once_and_then_after_the_interval) {
  auto ends = make_pipe();
  fs::output_stream out{ends.writing.get(), "it"};
  co_await out.write("a");
  EXPECT_EQ(take(ends.reading), "a");
  co_await out.write("b");
  co_await sleep(60ms);
  co_await out.write("c");
  EXPECT_EQ(take(ends.reading), "");
  co_await sleep(41ms);
  EXPECT_EQ(take(ends.reading), "bc");
  co_await out.write("d");
  EXPECT_EQ(take(ends.reading), "");
  co_await sleep(100ms);
  EXPECT_EQ(take(ends.reading), "d");
  co_await sleep(1h);
  co_await out.write("e");
  EXPECT_EQ(take(ends.reading), "e");
}

ASYNC_TEST(fs_standard_streams, lines_are_handed_over_when_they_end) {
  auto ends = make_pipe();
  const fs::output_options lines{.flush = fs::flushing::lines};
  fs::output_stream out{ends.writing.get(), "it", lines};
  co_await out.write("no end");
  co_await sleep(1h);
  EXPECT_EQ(take(ends.reading), "");
  co_await out.write(", end\nand");
  EXPECT_EQ(take(ends.reading), "no end, end\nand");
}

ASYNC_TEST(fs_standard_streams, the_destructor_hands_over_what_nobody_must_wait_for) {
  auto ends = make_pipe();
  const test::log_capture log;
  {
    fs::output_stream out{ends.writing.get(), "it", {.flush = fs::flushing::when_full}};
    co_await out.write("all of it");
  }
  EXPECT_EQ(take(ends.reading), "all of it");
  EXPECT_THAT(log.lines(), IsEmpty());
  const auto capacity = static_cast<std::size_t>(::fcntl(ends.writing.get(), F_GETPIPE_SZ));
  {
    fs::output_stream out{
        ends.writing.get(), "it", {.flush = fs::flushing::when_full, .buffer = capacity + 7}};
    co_await out.write(std::string(capacity + 7, 'x'));
  }
  EXPECT_EQ(take(ends.reading).size(), capacity);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("7 bytes of 'it' were never flushed")));
}

// ---- terminals ---------------------------------------------------------------------------------

struct terminal {
  terminal() {
    int master = -1;
    int slave = -1;
    if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("openpty");
    user = unique_fd{master};
    program = unique_fd{slave};
  }
  unique_fd user;
  unique_fd program;
};

ASYNC_TEST(fs_standard_streams, a_terminal_is_read_line_by_line) {
  for (const bool reopened : {true, false}) {
    test::fs_ways[0].use()->reopened_streams = reopened;
    terminal t;
    fs::input_stream in{t.program.get(), "terminal"};
    line_reader lines{in};
    auto next = spawn([&]() -> awaitable<std::optional<std::string>> { return lines.next(); });
    put(t.user, "hal");
    for (int i = 0; i != 3; ++i) co_await yield();
    EXPECT_FALSE(next.done());
    put(t.user, "lo\n");
    const auto line = co_await next;
    EXPECT_EQ(line, "hallo");
    put(t.user, "\x04");  // Ctrl-D
    const auto end = co_await lines.next();
    EXPECT_EQ(end, std::nullopt);
    EXPECT_FALSE(is_nonblocking(t.program));
  }
}

ASYNC_TEST(fs_standard_streams, a_terminal_gets_lines_and_may_be_slow) {
  for (const bool reopened : {true, false}) {
    test::fs_ways[0].use()->reopened_streams = reopened;
    terminal t;
    fs::output_stream out{t.program.get(), "terminal"};
    co_await out.write("hello\n");
    co_await out.flush();
    EXPECT_EQ(take(t.user), "hello\r\n");
    const std::string text = long_text(300'000);
    bool written = false;
    auto write = [&]() -> awaitable<void> {
      co_await out.write(text);
      co_await out.flush();
      written = true;
    };
    auto writing = spawn(write);
    for (int i = 0; i != 100; ++i) co_await yield();
    EXPECT_FALSE(written);
    EXPECT_FALSE(is_nonblocking(t.program));
    fs::input_stream screen{t.user.get(), "screen"};
    std::string got(text.size(), '\0');
    co_await read_exactly(screen, std::as_writable_bytes(std::span{got}));
    EXPECT_TRUE(got == text);
    co_await writing;
    EXPECT_FALSE(is_nonblocking(t.program));
    EXPECT_FALSE(is_nonblocking(t.user));
  }
}

// ---- files and devices -------------------------------------------------------------------------

unique_fd open_file(const std::string& path, int flags) {
  return unique_fd{::open(path.c_str(), flags | O_CLOEXEC)};
}

ASYNC_TEST(fs_standard_streams, a_file_is_read_where_it_stands_and_nothing_ahead) {
  const test::scratch_folder folder;
  const auto file = open_file(folder.write("a", "0123456789"), O_RDONLY);
  for (const bool in_place : {true, false}) {
    test::fs_ways[0].use()->inline_reads = in_place;
    ::lseek(file.get(), 3, SEEK_SET);
    fs::input_stream in{file.get(), "a"};
    std::string text(4, '?');
    co_await read_exactly(in, std::as_writable_bytes(std::span{text}));
    EXPECT_EQ(text, "3456");
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 7) << "whoever has the file goes on here";
    const auto rest = co_await read_all(in);
    EXPECT_EQ(rest, "789");
  }
}

ASYNC_TEST(fs_standard_streams, a_file_is_written_where_it_stands) {
  const test::scratch_folder folder;
  const auto path = folder.write("a", "0123456789");
  const auto file = open_file(path, O_WRONLY);
  put(file, "ab");
  {
    fs::output_stream out{file.get(), "a"};
    co_await out.write("cd\n");
    co_await sleep(1h);
    EXPECT_EQ(test::read_file(path), "ab23456789") << "in one piece with what follows";
    co_await out.flush();
    EXPECT_EQ(test::read_file(path), "abcd\n56789");
    put(file, "!");
    co_await out.write("e");
    co_await out.write(std::string(200'000, 'f'));
    co_await out.flush();
  }
  EXPECT_EQ(test::read_file(path), "abcd\n!e" + std::string(200'000, 'f'));
  fs::output_stream more{open_file(path, O_WRONLY | O_APPEND).get(), "a"};
  put(file, "g");
  co_await more.write("h");
  co_await more.flush();
  EXPECT_THAT(test::read_file(path), ::testing::EndsWith("fgh"));
}

ASYNC_TEST(fs_standard_streams, devices_are_files) {
  const auto null = open_file("/dev/null", O_RDWR);
  fs::input_stream nothing{null.get(), "null"};
  const auto none = co_await read_all(nothing);
  EXPECT_EQ(none, "");
  fs::output_stream away{null.get(), "null"};
  co_await away.write(std::string(200'000, 'x'));
  co_await away.flush();
  fs::output_stream full{open_file("/dev/full", O_WRONLY).get(), "full"};
  co_await full.write("abc");
  const auto error = co_await test::error_of(full.flush(), ENOSPC);
  EXPECT_THAT(error, HasSubstr("write 'full': No space left on device"));
  EXPECT_EQ(full.buffered(), 3U);
  fs::input_stream zero{open_file("/dev/zero", O_RDONLY).get(), "zero"};
  std::string zeros(10, '?');
  co_await read_exactly(zero, std::as_writable_bytes(std::span{zeros}));
  EXPECT_EQ(zeros, std::string(10, '\0'));
}

// ---- what cannot be ----------------------------------------------------------------------------

template <class Make>
[[nodiscard]] std::string error_of_making(Make make, int error) {
  try {
    static_cast<void>(make());
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code().value(), error) << e.what();
    return e.what();
  }
  return "no error";
}

ASYNC_TEST(fs_standard_streams, what_is_not_open_or_has_no_bytes_is_an_error) {
  const auto pipe = make_pipe();
  const unique_fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  const auto folder = open_file("/", O_RDONLY);
  const auto in = [](int fd) { return [fd] { return std::make_unique<fs::input_stream>(fd, "it"); }; };
  const auto out = [](int fd) { return [fd] { return std::make_unique<fs::output_stream>(fd, "it"); }; };
  EXPECT_THAT(error_of_making(in(-1), EBADF), HasSubstr("read 'it': Bad file descriptor"));
  EXPECT_THAT(error_of_making(out(-1), EBADF), HasSubstr("write 'it': Bad file descriptor"));
  EXPECT_THAT(error_of_making(in(pipe.writing.get()), EBADF), HasSubstr("read 'it'"));
  EXPECT_THAT(error_of_making(out(pipe.reading.get()), EBADF), HasSubstr("write 'it'"));
  EXPECT_THAT(error_of_making(in(epoll.get()), EBADF), HasSubstr("read 'it'"));
  EXPECT_THAT(error_of_making(out(epoll.get()), EBADF), HasSubstr("write 'it'"));
  EXPECT_THAT(error_of_making(in(folder.get()), EISDIR), HasSubstr("read 'it': Is a directory"));
  EXPECT_THROW(fs::output_stream(pipe.writing.get(), "it", {.buffer = 0}), std::invalid_argument);
  co_return;
}

TEST(fs_standard_streams, need_a_loop) {
  const auto pipe = make_pipe();
  try {
    const fs::input_stream in{pipe.reading.get(), "it"};
    ADD_FAILURE();
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::wrong_loop); }
}

}  // namespace bight::standard_streams_test
