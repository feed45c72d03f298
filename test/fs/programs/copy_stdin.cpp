// copy_stdin: copies standard input to standard output, line by line, and counts on standard error.
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <string>

namespace {

bight::awaitable<void> copy() {
  auto in = bight::fs::standard_input();
  auto out = bight::fs::standard_output();
  auto error = bight::fs::standard_error();
  bight::line_reader lines{in};
  int count = 0;
  auto line = co_await lines.next();
  while (line) {
    ++count;
    *line += '\n';
    co_await out.write(*line);
    line = co_await lines.next();
  }
  co_await out.flush();
  const auto text = std::to_string(count) + " lines\n";
  co_await error.write(text);
  co_await error.flush();
}

}  // namespace

int main() { return bight::run_main(copy); }
