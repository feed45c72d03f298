// Runs a fuzz target without a fuzzer: every file of the corpus folders named on the command line, then
// inputs mutated from them by a seeded generator, the same in every run, for at most two seconds.
// An input that crashes the target is left in the current folder as crash-<program>.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr int max_mutated = 50'000;
constexpr auto max_time = std::chrono::seconds(2);
constexpr std::size_t max_size = 16 * 1024;
constexpr std::string_view telling_bytes = "\0\r\n\t :;,=/\\?#[]<>&'\"%@{}0aZ\x7f\x80\xc3\xff"sv;

std::string current;     // the input that is running, for the signal handler
std::string crash_file;  // where it goes

void save_input(int signal) {
  const int file = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0) {
    if (::write(file, current.data(), current.size()) >= 0) ::close(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(std::string input) {
  current = std::move(input);
  // A copy of the exact size, so that a sanitizer sees a read beyond the end.
  const std::vector<std::uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

class mutator {
 public:
  explicit mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t rounds = 1 + below(6); rounds != 0; --rounds) mutate(text);
    if (text.size() > max_size) text.resize(max_size);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  char telling_byte() { return telling_bytes[below(telling_bytes.size())]; }
  char any_byte() { return static_cast<char>(random_() & 0xff); }

  void mutate(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 32) + 1);
    switch (below(7)) {
      case 0:
        text.insert(at, 1, telling_byte());
        break;
      case 1:
        text.insert(at, 1, any_byte());
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(below(text.size() + 1), text.substr(at, length));
        break;
      case 4:
        text.resize(at);
        break;
      case 5:
        splice(text, at);
        break;
      default:
        replace(text, at);
        break;
    }
  }

  void splice(std::string& text, std::size_t at) {
    const std::string& other = seeds_[below(seeds_.size())];
    const std::size_t from = below(other.size() + 1);
    text.insert(at, other, from, below(64));
  }

  void replace(std::string& text, std::size_t at) {
    if (at == text.size()) return;
    const auto bit = static_cast<char>(1U << below(8));
    text[at] = below(2) == 0 ? telling_byte() : static_cast<char>(text[at] ^ bit);
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_{20221222};
};

std::vector<std::string> read_corpus(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) continue;
    for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  crash_file = "crash-" + fs::path(argv[0]).filename().string();
  for (int signal : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS}) std::signal(signal, save_input);

  std::vector<std::string> seeds = read_corpus(argc, argv);
  const std::size_t files = seeds.size();
  for (const std::string& seed : seeds) run(seed);
  seeds.emplace_back();
  run(std::string());

  mutator mutations(seeds);
  const auto end = std::chrono::steady_clock::now() + max_time;
  int mutated = 0;
  for (; mutated != max_mutated && std::chrono::steady_clock::now() < end; ++mutated) run(mutations.next());
  std::printf("replayed %zu files and %d mutations\n", files, mutated);
  return 0;
}
