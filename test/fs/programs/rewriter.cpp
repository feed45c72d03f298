// rewriter write|copy FOLDER FIRST: replaces FOLDER/state again and again, by write_file_atomically or by
// copies of FOLDER/from0 and FOLDER/from1, and prints a line with each number, from FIRST on, until it is
// killed. What is written says its number, its size, and ends with its number again.
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <string>

namespace {

using namespace bight;

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(0);  // nobody listens any more
}

std::string content(unsigned long number) {
  constexpr unsigned long sizes[] = {0, 300'000, 1, 5'000, 1'500'000, 70'000, 4'096};
  const auto size = sizes[number % std::size(sizes)];
  const auto letter = static_cast<char>('a' + number % 26);
  return std::to_string(number) + ' ' + std::to_string(size) + ' ' + std::string(size, letter) + ' ' +
         std::to_string(number) + '\n';
}

awaitable<void> rewrite(std::string how, std::string folder, unsigned long number) {
  for (;; ++number) {
    if (how == "write") {
      const auto text = content(number);
      const fs::atomic_options options{.sync = number % 2 == 0};
      co_await fs::write_file_atomically(folder + "/state", text, options);
    } else {
      co_await fs::copy_file(folder + "/from" + std::to_string(number % 2), folder + "/state");
    }
    say(std::to_string(number) + '\n');
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  return run_main(rewrite, std::string{arguments[1]}, std::string{arguments[2]},
                  std::stoul(std::string{arguments[3]}));
}
