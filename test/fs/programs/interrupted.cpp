// interrupted BACKEND FOLDER: uses files while a signal comes every 200 us, and prints what was wrong and how
// many signals there were at the least.
#include <signal.h>
#include <sys/time.h>

#include <atomic>
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <iostream>
#include <string>

namespace {

using namespace bight;

std::atomic<unsigned> signals = 0;

// Without SA_RESTART: what a signal interrupts ends with EINTR.
bool start_storm() {
  struct sigaction action {};
  action.sa_handler = [](int) { signals.fetch_add(1, std::memory_order_relaxed); };
  const itimerval often{{0, 200}, {0, 200}};
  return ::sigaction(SIGALRM, &action, nullptr) == 0 && ::setitimer(ITIMER_REAL, &often, nullptr) == 0;
}

void expect(bool right, const char* what) {
  if (!right) std::cout << "wrong: " << what << '\n';
}

awaitable<void> use_parts(std::string path, std::string text) {
  const fs::open_options both{.read = true, .write = true, .create = true, .truncate = true};
  auto f = co_await fs::open(path, both);
  fs::writer out{f, {.buffer = 1000}};
  for (std::size_t i = 0; i < text.size(); i += 700)
    co_await out.write(std::string_view{text}.substr(i, 700));
  co_await out.flush();
  co_await f.sync_data();
  std::string got(text.size(), '?');
  const auto n = co_await f.read_at(0, std::as_writable_bytes(std::span{got}));
  expect(n == text.size() && got == text, "read_at");
  fs::reader in{f, {.buffer = 3000}};
  const auto all = co_await read_all(in);
  expect(all == text, "reader");
  fs::lines lines{f, {.buffer = 100}};
  std::size_t bytes = 0;
  auto line = co_await lines.next();
  while (line) {
    bytes += line->size() + 1;
    line = co_await lines.next();
  }
  expect(bytes == text.size(), "lines");
  co_await f.truncate(10);
  const auto size = co_await f.size();
  expect(size == 10, "truncate");
  co_await f.lock();
  co_await f.close();
}

awaitable<void> use_wholes(std::string folder, std::string text) {
  const fs::atomic_options quick{.sync = false};
  co_await fs::write_file_atomically(folder + "/whole", text, quick);
  co_await fs::copy_file(folder + "/whole", folder + "/copy");
  co_await fs::write_file(folder + "/whole", "short");
  const auto got = co_await fs::read_file(folder + "/copy");
  expect(got == text, "read_file");
  auto scratch = co_await fs::make_temporary_directory(folder);
  co_await fs::rename(folder + "/copy", scratch.path() / "copy");
  const auto listed = co_await fs::list_directory(scratch.path());
  expect(listed.size() == 1, "list_directory");
  co_await scratch.remove();
}

awaitable<void> use_files(fs::backend wanted, std::string folder) {
  fs::use_backend(wanted);
  std::string text;
  for (int i = 0; i != 3000; ++i) text += std::to_string(i) + '\n';
  constexpr unsigned enough = 300;
  while (signals.load(std::memory_order_relaxed) < enough)
    co_await gather(use_parts(folder + "/a", text), use_parts(folder + "/b", text), use_wholes(folder, text));
  std::cout << enough << " signals\n";
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 || !start_storm()) return 2;
  const auto wanted = std::string{arguments[1]} == "threads" ? fs::backend::threads : fs::backend::uring;
  return run_main(use_files, wanted, std::string{arguments[2]});
}
