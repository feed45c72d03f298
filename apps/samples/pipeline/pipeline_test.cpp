// Tests of the pipeline: nothing is lost when the input ends or Ctrl-C is pressed, and the queue is bounded.
#define PIPELINE_TEST
#include "main.cpp"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <algorithm>
#include <bight/testing.hpp>
#include <sstream>
#include <vector>

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

namespace {

// A folder with files, and one for the output.
class pipeline_test : public ::testing::Test {
 protected:
  static bight::awaitable<void> write(const std::filesystem::path& path, std::string text) {
    return fs::write_file(path, std::move(text));
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    std::sort(all.begin(), all.end());
    return all;
  }
};

class output {
 public:
  explicit output(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)),
        stream_(descriptor_, "output") {
    ::close(descriptor_);
  }
  fs::output_stream& stream() { return stream_; }

 private:
  int descriptor_;
  fs::output_stream stream_;
};

}  // namespace

ASYNC_TEST_F(pipeline_test, counts_every_file_and_reports_those_that_cannot_be_read) {
  const auto folder = co_await fs::make_temporary_directory();
  co_await write(folder.path() / "a", "one two\nthree\n");
  output out{folder.path() / "out"};
  const auto a = (folder.path() / "a").string();
  producer produce = [a](jobs& queue) -> bight::awaitable<void> {
    co_await queue.put(a);
    co_await queue.put(a + ".missing");
  };
  const auto done = co_await pipeline(produce, 2, out.stream());
  EXPECT_EQ(done, 2U);
  const auto text = co_await fs::read_file(folder.path() / "out");
  const auto lines = lines_of(text);
  CO_ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr(R"("lines":2,"words":3,"bytes":14,"error":null})"));
  EXPECT_THAT(lines[1], HasSubstr("No such file"));
}

ASYNC_TEST_F(pipeline_test, the_producer_waits_while_the_queue_is_full) {
  const auto folder = co_await fs::make_temporary_directory();
  output out{folder.path() / "out"};
  std::size_t largest = 0;
  producer produce = [&largest](jobs& queue) -> bight::awaitable<void> {
    for (int i = 0; i != 100; ++i) {
      co_await queue.put("/no/such/file");
      largest = std::max(largest, queue.size());
    }
  };
  const auto done = co_await pipeline(produce, 2, out.stream());
  EXPECT_EQ(done, 100U);
  EXPECT_LE(largest, 8U);
}

ASYNC_TEST_F(pipeline_test, ctrl_c_stops_the_producer_and_drains_the_queue) {
  const auto folder = co_await fs::make_temporary_directory();
  output out{folder.path() / "out"};
  producer produce = [](jobs& queue) -> bight::awaitable<void> {
    for (int i = 0; i != 5; ++i) co_await queue.put("/no/such/file");
    std::raise(SIGINT);
    co_await bight::sleep(bight::forever);
  };
  const auto done = co_await pipeline(produce, 2, out.stream());
  EXPECT_EQ(done, 5U);
}

ASYNC_TEST_F(pipeline_test, watches_a_folder) {
  const auto folder = co_await fs::make_temporary_directory();
  const auto elsewhere = co_await fs::make_temporary_directory();
  co_await write(folder.path() / "before", "x\n");
  output out{elsewhere.path() / "out"};
  producer produce = [&](jobs& queue) { return watch_folder(folder.path(), queue); };
  auto running = bight::spawn([&] { return pipeline(produce, 2, out.stream()); });
  std::string text;
  bool wrote = false;
  while (lines_of(text).size() < 2) {
    co_await bight::sleep(20ms);
    co_await out.stream().flush();
    text = co_await fs::read_file(elsewhere.path() / "out");
    if (text.empty() || wrote) continue;
    wrote = true;
    co_await write(folder.path() / "later", "x y\n");
  }
  std::raise(SIGTERM);
  const auto done = co_await running;
  EXPECT_GE(done, 2U);
  EXPECT_THAT(text, HasSubstr("/before"));
  EXPECT_THAT(text, HasSubstr("/later"));
}
