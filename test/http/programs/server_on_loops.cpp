// server_on_loops THREADS [OPTION...] [ENDPOINT...]: run_server, with a handler that says on which loop it
// is. Prints "made N" and "gone N" for each loop's handler, and "ready ENDPOINT...". Options: "fd=N" for a
// listening descriptor, "grace=MS", "share", "tls=CERTIFICATE,KEY", "reload=CERTIFICATE,KEY" for a
// certificate that takes turns with that one, "fails" and "hangs" for what make_handler does on loop 1,
// "fails-when-ready".
#include <sys/resource.h>

#include <atomic>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace bight;

std::atomic<int> loops_made = 0;
std::atomic<int> loops_blocked = 0;
std::atomic<int> work_begun = 0;
int threads = 0;

void say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock{mutex};
  std::cout << line << std::endl;
}

int number(std::string_view text) {
  int n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

// What a handler keeps, such as connections to a database.
class resource {
 public:
  explicit resource(int number) : number_(number) { say("made " + std::to_string(number_)); }
  resource(const resource&) = delete;
  resource& operator=(const resource&) = delete;
  ~resource() {
    const bool here = std::this_thread::get_id() == thread_;
    say((here ? "gone " : "gone on another thread ") + std::to_string(number_));
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
  std::thread::id thread_ = std::this_thread::get_id();
};

// Lasts until every loop is in it: a loop that is blocked accepts nothing.
std::string block(const resource& mine) {
  say("blocked " + std::to_string(mine.number()));
  ++loops_blocked;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (loops_blocked < threads && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return std::to_string(mine.number());
}

awaitable<http::server_response> work() {
  ++work_begun;
  co_await sleep(std::chrono::milliseconds{2});
  http::body_producer pieces = [](http::body_writer& out) -> awaitable<void> {
    const std::string half(50'000, 'x');
    co_await out.write(half);
    co_await sleep(std::chrono::milliseconds{2});
    co_await out.write(half);
  };
  co_return http::server_response{200, http::body::produce(std::move(pieces))};
}

awaitable<http::server_response> hang() {
  say("hanging");
  co_await sleep(forever);
  co_return http::server_response{200};
}

// The resident memory of this process, in KiB.
std::string memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::to_string(number(line.substr(line.find_first_of("123456789"))));
  return "0";
}

net::tls_server_options identity(std::string_view text) {
  const auto comma = text.find(',');
  return {std::string{text.substr(0, comma)}, std::string{text.substr(comma + 1)}};
}

// Certificates that a program renews while it serves, much more often than programs do.
awaitable<void> reload(net::tls_server_context context, std::string one, std::string other) {
  while (true) {
    co_await sleep(std::chrono::milliseconds{3});
    context.reload(identity(other));
    std::swap(one, other);
  }
}

struct renewal {
  std::optional<net::tls_server_context> context;
  std::string first;
  std::string second;
};

awaitable<http::router> make_site(std::string how, const renewal& certificates) {
  auto mine = std::make_shared<resource>(loops_made++);
  co_await sleep(std::chrono::milliseconds{1});
  if (mine->number() == 0 && !certificates.second.empty())
    spawn(reload, *certificates.context, certificates.first, certificates.second).detach();
  if (mine->number() == 1 && how == "fails") throw std::runtime_error("no database");
  if (mine->number() == 1 && how == "hangs") {
    say("hanging");
    co_await sleep(forever);
  }
  http::router site;
  site.get("/", [mine] { return std::to_string(mine->number()); });
  site.get("/block", [mine] { return block(*mine); });
  site.get("/work", work);
  site.get("/hang", hang);
  site.get("/memory", memory);
  co_return site;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  threads = number(arguments[1]);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::string how;
  renewal certificates;
  http::run_server_options options;
  options.listen.clear();
  options.server.limits.max_connections = 20'000;
  options.threads = static_cast<std::size_t>(threads);
  for (int i = 2; i != count; ++i) {
    const std::string_view word = arguments[i];
    if (word.starts_with("fd="))
      options.descriptors.push_back(number(word.substr(3)));
    else if (word.starts_with("grace="))
      options.stop_timeout = std::chrono::milliseconds{number(word.substr(6))};
    else if (word.starts_with("tls="))
      certificates.first = word.substr(4);
    else if (word.starts_with("reload="))
      certificates.second = word.substr(7);
    else if (word == "share")
      options.socket.reuse_port = true;
    else if (const auto where = net::endpoint::parse(word))
      options.listen.push_back(*where);
    else
      how = word;
  }
  if (!certificates.first.empty())
    options.server.tls = certificates.context.emplace(identity(certificates.first));
  options.on_ready = [&how](const std::vector<net::endpoint>& bound) {
    if (how == "fails-when-ready") throw std::runtime_error("not today");
    std::string line = "ready";
    for (const auto& e : bound) line += " " + e.to_string();
    say(line);
  };
  const int status = http::run_server(std::move(options), [&] { return make_site(how, certificates); });
  if (work_begun != 0) say("begun " + std::to_string(work_begun));
  return status;
}
