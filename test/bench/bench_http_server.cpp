// bench_http_server --port P [--body BYTES] [--routes N] [--middleware N] [--files FOLDER] [--tls] [--threads
// N]: answers every path on 127.0.0.1, with deadlines, limits and Date on; with --routes, through a router of
// N routes, one of which is "/"; with --middleware, through the first N of an access log in memory, metrics
// and security headers; with --files, with the files of a folder; with --tls, with a certificate that the
// openssl program makes; with --threads, on N loops. SIGINT or SIGTERM ends it and prints the report.
// bench_http_server --port P --idle N [--tls]: the memory that N idle connections take in a server of its
// own. bench_http_server --routes N --requests M: the cost of a router of N routes alone, without a server: a
// literal path and one with a parameter, and the same calls to the handler itself.
#include <signal.h>
#include <sys/wait.h>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/net.hpp>

#include <array>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report.hpp"

namespace {

using namespace std::chrono_literals;
using bight::awaitable;
namespace http = bight::http;
namespace net = bight::net;

http::router make_routes(long count, const std::function<http::handler()>& answer) {
  http::router routes;
  routes.get("/", answer());
  for (long i = 1; i < count; ++i) {
    const auto name = "/api/resource" + std::to_string(i / 4);
    if (i % 4 == 0) routes.get(name, answer());
    if (i % 4 == 1) routes.get(name + "/{id:int}", answer());
    if (i % 4 == 2) routes.post(name + "/{id:int}/items", answer());
    if (i % 4 == 3) routes.get(name + "/{id:int}/items/{item}", answer());
  }
  return routes;
}

awaitable<http::server_response> nothing(http::server_request&) { co_return http::server_response{204}; }

awaitable<void> call(const char* name, http::handler handle, std::string target, long requests) {
  const bench::stopwatch watch;
  for (long i = 0; i < requests; ++i) {
    http::server_request request{http::method::get, target};
    auto work = handle(request);
    static_cast<void>(co_await std::move(work));
  }
  watch.report(name, requests);
}

awaitable<void> route_only(long routes, long requests) {
  const auto answer = [] { return http::handler{nothing}; };
  const auto literal = "/api/resource" + std::to_string(routes / 8);
  co_await call("http_handler", nothing, literal, requests);
  co_await call("http_router_literal", make_routes(routes, answer), literal, requests);
  co_await call("http_router_parameter", make_routes(routes, answer), literal + "/7", requests);
  co_await call("http_router_two_parameters", make_routes(routes, answer), literal + "/7/items/x", requests);
}

// Lines are collected as for a file that is written now and then.
http::access_log_options into(std::string& lines) {
  constexpr std::size_t enough = 64 * 1024;
  http::access_log_options options;
  options.sink = [&lines](std::string_view line) {
    if (lines.size() > enough) lines.clear();
    lines.append(line).append("\n");
  };
  return options;
}

struct options {
  long port = 0;
  std::size_t body = 1024;
  long routes = 0;
  long requests = 0;
  long middleware = 0;
  long idle = 0;
  std::size_t threads = 1;
  std::string files;
  bool tls = false;
};

bool parse(int argc, char** argv, options& o) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tls") {
      o.tls = true;
      continue;
    }
    if (++i == argc) return false;
    const long number = std::atol(argv[i]);
    if (name == "--port")
      o.port = number;
    else if (name == "--body")
      o.body = static_cast<std::size_t>(number);
    else if (name == "--routes")
      o.routes = number;
    else if (name == "--requests")
      o.requests = number;
    else if (name == "--middleware")
      o.middleware = number;
    else if (name == "--idle")
      o.idle = number;
    else if (name == "--threads")
      o.threads = static_cast<std::size_t>(number);
    else if (name == "--files")
      o.files = argv[i];
    else
      return false;
  }
  return (o.routes > 0 && o.requests > 0) || (o.port > 0 && o.port < 65536);
}

// The state of one loop.
struct loop_state {
  long requests = 0;
  std::string lines;
  bight::metrics metrics;
};

class site {
 public:
  explicit site(const options& o) : options_(o), body_(o.body, 'x') {}

  // Called on each loop.
  http::handler make() {
    auto& mine = add_loop();
    const auto answer = [&]() -> http::handler {
      return [this, &mine](http::server_request&) -> awaitable<http::server_response> {
        ++mine.requests;
        http::server_response r{200, body_};
        r.headers().append(http::header_id::content_type, "application/octet-stream");
        co_return r;
      };
    };
    std::vector<http::middleware> around;
    if (options_.middleware > 0) around.push_back(http::access_log(into(mine.lines)));
    if (options_.middleware > 1) around.push_back(http::request_metrics(mine.metrics));
    if (options_.middleware > 2) around.push_back(http::security_headers());
    auto inner = options_.routes > 0 ? http::handler{make_routes(options_.routes, answer)} : answer();
    if (!options_.files.empty()) inner = counted(mine, http::static_files(options_.files));
    if (around.empty()) return inner;
    return http::compose(std::move(around), std::move(inner));
  }
  long requests() const {
    long sum = 0;
    for (const auto& l : loops_) sum += l->requests;
    return sum;
  }

 private:
  loop_state& add_loop() {
    const std::lock_guard lock{mutex_};
    return *loops_.emplace_back(std::make_unique<loop_state>());
  }
  static http::handler counted(loop_state& mine, http::handler inner) {
    return [&mine, h = std::move(inner)](http::server_request& request) mutable {
      ++mine.requests;
      return h(request);
    };
  }

  options options_;
  std::string body_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<loop_state>> loops_;
};

// In a folder that is removed at once: the server has read them by then.
net::tls_server_context make_certificate() {
  char folder[] = "/tmp/bench_http_server.XXXXXX";
  if (!::mkdtemp(folder)) std::exit(1);
  const std::string at = folder;
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
      at + "/key -out " + at + "/certificate 2>/dev/null";
  if (std::system(command.c_str()) != 0) {
    std::fputs("bench_http_server: --tls needs the openssl program\n", stderr);
    std::exit(1);
  }
  const net::tls_server_options files{at + "/certificate", at + "/key"};
  const net::tls_server_context context{files};
  std::filesystem::remove_all(at);
  return context;
}

int serve(const options& o) {
  site pages{o};
  http::run_server_options settings{
      net::endpoint{net::ip_address::loopback(), static_cast<std::uint16_t>(o.port)}};
  settings.threads = o.threads;
  settings.server.limits.max_connections = 1U << 20U;
  if (o.tls) settings.server.tls = make_certificate();
  const bench::stopwatch watch;
  const int status = http::run_server(std::move(settings), [&pages] { return pages.make(); });
  if (pages.requests() != 0) watch.report("http_server", pages.requests());
  return status;
}

long resident_bytes_of(pid_t process) {
  std::ifstream statm{"/proc/" + std::to_string(process) + "/statm"};
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

awaitable<net::stream> connect_and_ask(std::uint16_t port, bool tls, net::tls_client_context context) {
  auto s = co_await net::connect(net::endpoint(net::ip_address::loopback(), port));
  if (tls) s = co_await net::tls_connect(std::move(s), "localhost", std::move(context));
  co_await s.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::array<std::byte, 16 * 1024> room;
  std::size_t received = 0;
  while (received < 1024) {
    const auto n = co_await s.read_some(room);
    if (n == 0) throw std::runtime_error("the server closed a connection");
    received += n;
  }
  co_return s;
}

awaitable<void> open_idle(const options& o, pid_t server) {
  const auto port = static_cast<std::uint16_t>(o.port);
  const auto context = net::tls_client_context::insecure();
  std::vector<net::stream> open;
  for (int i = 0; i != 100 && open.empty(); ++i) {  // until it listens
    try {
      open.push_back(co_await connect_and_ask(port, o.tls, context));
    } catch (const boost::system::system_error&) {}
    if (open.empty()) co_await bight::sleep(20ms);
  }
  const auto before = resident_bytes_of(server);
  const bench::stopwatch watch;
  for (long i = 0; i != o.idle; ++i) open.push_back(co_await connect_and_ask(port, o.tls, context));
  const auto bytes = static_cast<double>(resident_bytes_of(server) - before) / static_cast<double>(o.idle);
  watch.report(o.tls ? "http_server_idle_tls" : "http_server_idle", o.idle,
               ",\"resident_bytes_per_connection\":" + std::to_string(bytes));
}

int measure_idle(const options& o) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const pid_t server = ::fork();
  if (server == 0) std::exit(serve(o));
  const int status = bight::run_main(open_idle, std::cref(o), server);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  if (!parse(argc, argv, o)) {
    std::fputs(
        "usage: bench_http_server --port P [--body BYTES] [--routes N] [--middleware N] [--files FOLDER]\n"
        "                         [--tls] [--threads N]\n"
        "       bench_http_server --port P --idle N [--tls]\n"
        "       bench_http_server --routes N --requests M\n",
        stderr);
    return 2;
  }
  if (o.requests > 0) return bight::run_main(route_only, o.routes, o.requests);
  return o.idle > 0 ? measure_idle(o) : serve(o);
}
