// Files: read whole or by line, and replaced atomically, without blocking the loop.
#include <bight/core.hpp>
#include <bight/fs.hpp>

#include <iostream>
#include <map>
#include <string>

namespace fs = bight::fs;

bight::awaitable<void> write_log(std::filesystem::path path) {
  auto log = co_await fs::open(path, fs::writing);
  fs::writer out{log};
  for (int i = 0; i != 100; ++i) co_await out.write("ok\nok\nerror\n");
  co_await out.close();
}

bight::awaitable<std::map<std::string, int>> count_lines(std::filesystem::path path) {
  std::map<std::string, int> counts;
  const auto log = co_await fs::open(path);
  fs::lines all{log};
  auto line = co_await all.next();
  while (line) {
    ++counts[std::string{*line}];
    line = co_await all.next();
  }
  co_return counts;
}

bight::awaitable<void> program() {
  const auto folder = co_await fs::make_temporary_directory();  // removed at the end
  const auto path = folder.path() / "service.log";
  co_await write_log(path);

  std::string report;
  const auto counts = co_await count_lines(path);
  for (const auto& [line, count] : counts) report += line + ": " + std::to_string(count) + '\n';
  co_await fs::write_file_atomically(folder.path() / "report.txt", report);

  const auto entries = co_await fs::list_directory(folder.path());
  for (const auto& entry : entries) std::cout << entry.path.filename().string() << '\n';
  const auto text = co_await fs::read_file(folder.path() / "report.txt");
  std::cout << text;
}

int main() { return bight::run_main(program); }
