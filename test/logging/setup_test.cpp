// setup: text and JSON lines, a file that is reopened, and a queue that is full.
#include <bight/logging/setup.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <bight/core/log.hpp>
#include <bight/logging/logger.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program.hpp"

namespace bight::setup_test {

using logging::logger;
using logging::setup;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream in{test::read_file(path)};
  std::vector<std::string> all;
  std::string line;
  while (std::getline(in, line)) all.push_back(line);
  return all;
}

class logging_setup : public ::testing::Test {
 protected:
  logging_setup() { options.output = folder.file("log"); }
  void TearDown() override { logging::set_level(log_level::info); }

  test::scratch_folder folder;
  logging::setup_options options;
};

TEST_F(logging_setup, writes_text_with_time_and_level) {
  {
    const setup log{options};
    const logger orders{"orders"};
    orders.info("order stored", "id", 17);
    orders.debug("not enabled");
    bight::log(log_level::warning, "bight: a step took 2 s");  // of the library
  }
  const auto all = lines_of(options.output);
  ASSERT_THAT(all, SizeIs(2));
  const std::string time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z ";
  EXPECT_THAT(all[0], MatchesRegex(time + "info    orders: order stored id=17"));
  EXPECT_THAT(all[1], MatchesRegex(time + "warning bight: a step took 2 s"));
}

TEST_F(logging_setup, writes_json_lines_that_are_json_whatever_is_logged) {
  options.format = logging::log_format::json_lines;
  {
    const setup log{options};
    const logger l{"web"};
    l.info("two\nlines \"quoted\" \\ \x01 bad: \xff\xc3", "key \"k\"", "v\x80", "n", 1.5, "b", false, "nan",
           0.0 / 0.0);
  }
  const auto all = lines_of(options.output);
  ASSERT_THAT(all, SizeIs(1));
  const auto o = boost::json::parse(all[0]).as_object();
  EXPECT_EQ(o.at("level"), "info");
  EXPECT_EQ(o.at("logger"), "web");
  EXPECT_EQ(o.at("message"), "two\nlines \"quoted\" \\ \x01 bad: \xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(o.at("key \"k\""), "v\xef\xbf\xbd");
  EXPECT_EQ(o.at("n"), 1.5);
  EXPECT_EQ(o.at("b"), false);
  EXPECT_EQ(o.at("nan"), "nan");
  EXPECT_EQ(o.begin()->key(), "time");
}

TEST_F(logging_setup, flush_waits_until_all_is_written) {
  setup log{options};
  const logger l{"test"};
  for (int i = 0; i != 1000; ++i) l.info("message", "i", i);
  log.flush();
  EXPECT_THAT(lines_of(options.output), SizeIs(1000));
  EXPECT_EQ(log.dropped(), 0U);
}

TEST_F(logging_setup, reopen_continues_in_a_new_file_and_loses_nothing) {
  setup log{options};
  const logger l{"test"};
  for (int i = 0; i != 500; ++i) l.info("old");
  std::filesystem::rename(options.output, options.output + ".1");
  for (int i = 0; i != 500; ++i) l.info("old");  // to the file that has been renamed
  log.reopen();
  for (int i = 0; i != 100; ++i) l.info("new");
  log.flush();
  EXPECT_THAT(lines_of(options.output + ".1"), SizeIs(1000));
  EXPECT_THAT(lines_of(options.output), SizeIs(100));
  EXPECT_THAT(test::read_file(options.output), Not(HasSubstr("old")));
}

TEST_F(logging_setup, a_file_that_cannot_be_reopened_keeps_the_old_one) {
  std::filesystem::create_directory(folder.file("d"));
  options.output = folder.file("d/log");
  setup log{options};
  const logger l{"test"};
  std::filesystem::rename(folder.file("d"), folder.file("moved"));
  EXPECT_THROW(log.reopen(), boost::system::system_error);
  l.info("still here");
  log.flush();
  EXPECT_THAT(test::read_file(folder.file("moved/log")), HasSubstr("still here"));
}

TEST_F(logging_setup, a_full_queue_drops_messages_and_says_how_many) {
  options.max_queued = 4;
  options.output = folder.file("pipe");
  ASSERT_EQ(::mkfifo(options.output.c_str(), 0600), 0);
  std::string read;
  {
    std::thread reader{[&] {
      std::ifstream in{options.output};
      std::this_thread::sleep_for(std::chrono::milliseconds{50});  // meanwhile the pipe is full
      std::ostringstream all;
      all << in.rdbuf();
      read = all.str();
    }};
    {
      const setup log{options};
      const logger l{"test"};
      const std::string text(1000, 'x');
      for (int i = 0; i != 1000; ++i) l.info(text);  // more than a pipe holds
      EXPECT_GT(log.dropped(), 0U);
    }
    reader.join();
  }
  EXPECT_THAT(read, HasSubstr(" messages were dropped\n"));
}

TEST_F(logging_setup, many_threads_write_whole_lines) {
  options.max_queued = 100'000;
  {
    const setup log{options};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
      threads.emplace_back([t] {
        const logger l{"thread-" + std::to_string(t)};
        for (int i = 0; i != 500; ++i) l.info("message", "i", i);
      });
    for (auto& t : threads) t.join();
  }
  const auto all = lines_of(options.output);
  EXPECT_THAT(all, SizeIs(2000));
  for (const auto& line : all) EXPECT_THAT(line, HasSubstr(": message i="));
}

TEST_F(logging_setup, restores_the_hook_and_refuses_a_second_one) {
  std::vector<std::string> before;
  const auto previous = set_log_handler([&](log_level, std::string_view text) { before.emplace_back(text); });
  {
    const setup log{options};
    EXPECT_THROW(setup{options}, std::logic_error);
    bight::log(log_level::info, "inside");
  }
  bight::log(log_level::info, "after");
  logger{"test"}.info("after, too");
  set_log_handler(previous);
  EXPECT_THAT(before, ::testing::ElementsAre("after", "test: after, too"));
  EXPECT_THAT(lines_of(options.output), SizeIs(1));
}

TEST_F(logging_setup, names_a_file_that_cannot_be_opened) {
  options.output = "/nonexistent/app.log";
  std::string said;
  try {
    const setup log{options};
  } catch (const boost::system::system_error& e) { said = e.what(); }
  EXPECT_THAT(said, HasSubstr("log to /nonexistent/app.log: No such file"));
}

}  // namespace bight::setup_test
