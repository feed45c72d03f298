// Counterparts of aiofiles programs, see docs/from-asyncio.md.
#include <bight/core.hpp>
#include <bight/fs.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace fs = bight::fs;

bight::awaitable<void> read_file() {
  const auto contents = co_await fs::read_text("example.txt");
  std::cout << contents;
}

bight::awaitable<void> write_file() { co_await fs::write_text("example.txt", "Hello, async world!\n"); }

bight::awaitable<void> read_lines() {
  const auto f = co_await fs::open("example.txt");
  fs::text_lines lines{f};
  auto line = co_await lines.next();
  while (line) {
    std::cout << *line << '\n';
    line = co_await lines.next();
  }
}

bight::awaitable<std::size_t> size_of(std::filesystem::path name) {
  const auto content = co_await fs::read_file(std::move(name));
  co_return content.size();
}

bight::awaitable<void> read_several() {
  const std::vector<std::string> files{"example.txt", "no such file.txt"};
  std::vector<bight::awaitable<std::size_t>> work;
  for (const auto& name : files) work.push_back(size_of(name));
  const auto results = co_await bight::gather_settled(std::move(work));
  for (std::size_t i = 0; i != files.size(); ++i) {
    if (results[i])
      std::cout << files[i] << ": " << *results[i] << " bytes\n";
    else
      std::cout << bight::describe(results[i].error()) << '\n';
  }
}

bight::awaitable<void> program() {
  const auto folder = co_await fs::make_temporary_directory();
  std::filesystem::current_path(folder.path());
  co_await write_file();
  co_await read_file();
  co_await read_lines();
  co_await read_several();
  std::filesystem::current_path("/");
}

int main() { return bight::run_main(program); }
