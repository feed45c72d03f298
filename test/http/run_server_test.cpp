// run_server: a server on several loops, as a program that signals end.
#include <bight/http/run_server.hpp>

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <bight/core/command.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/core/task.hpp>
#include <bight/http/router.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/http_peer.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::http::run_server_test {

using namespace std::chrono_literals;
using test::peer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

const std::string here = "127.0.0.1:0";

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

// The program test/http/programs/server_on_loops.cpp.
class program {
 public:
  explicit program(const std::vector<std::string>& arguments)
      : program(command(BIGHT_PROGRAM_SERVER_ON_LOOPS).args(arguments)) {}
  template <std::same_as<command> Command>  // a braced list is arguments
  explicit program(Command c)
      : child_(c.output(stdio::pipe()).error(stdio::to_output())), in_(child_.output()) {}

  // What follows `start` in the next line that begins with it.
  awaitable<std::string> line(std::string start) {
    while (true) {
      auto next = co_await in_.read_line();
      if (!next) throw std::runtime_error("no line '" + start + "' from the program");
      said_.push_back(*next);
      if (next->starts_with(start)) co_return next->substr(start.size());
    }
  }
  // The one endpoint that it listens on.
  awaitable<net::endpoint> ready() {
    const auto where = co_await line("ready ");
    co_return net::endpoint::parse(where).value();
  }
  void signal(int number) { child_.send_signal(number); }
  // Reads what is left of its output, and returns how it ended.
  awaitable<exit_status> end() {
    while (true) {
      auto next = co_await in_.read_line();
      if (!next) break;
      said_.push_back(std::move(*next));
    }
    co_return co_await child_.wait();
  }
  awaitable<exit_status> stop(int number = SIGTERM) {
    signal(number);
    return end();
  }
  std::multiset<std::string> said() const { return {said_.begin(), said_.end()}; }
  std::string text() const {
    std::string all;
    for (const auto& l : said_) all += l + '\n';
    return all;
  }

 private:
  subprocess child_;
  reader in_;
  std::vector<std::string> said_;
};

awaitable<peer> connect_to(net::endpoint where) {
  auto s = co_await net::connect(where);
  co_return peer{std::move(s)};
}

// The loop that answers on a new connection.
awaitable<std::string> loop_behind(net::endpoint where) {
  auto p = co_await connect_to(where);
  co_await p.send(get("/"));
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.status(), 200);
  co_return answer.body;
}

// Blocks one loop after the other by a request: each is accepted by a loop that is not blocked yet.
awaitable<std::set<std::string>> block_all(program& server, net::endpoint where, int count) {
  std::vector<peer> peers;
  for (int i = 0; i != count; ++i) {
    peers.push_back(co_await connect_to(where));
    co_await peers.back().send(get("/block"));
    co_await server.line("blocked ");
  }
  std::set<std::string> loops;
  for (auto& p : peers) {
    const auto answer = co_await p.read_message();
    loops.insert(answer.body);
  }
  co_return loops;
}

ASYNC_TEST(run_server, serves_one_port_on_all_loops) {
  program server{{"3", here}};
  const auto where = co_await server.ready();
  EXPECT_NE(where.port(), 0);
  std::set<std::string> loops;
  for (int i = 0; i != 1000 && loops.size() != 3; ++i) loops.insert(co_await loop_behind(where));
  EXPECT_THAT(loops, ElementsAre("0", "1", "2"));
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
}

ASYNC_TEST(run_server, makes_a_handler_on_each_loop_and_destroys_it_there) {
  for (const int number : {SIGTERM, SIGINT}) {
    program server{{"3", here}};
    co_await server.ready();
    EXPECT_THAT(server.said(), IsSupersetOf({"made 0", "made 1", "made 2"}));
    const auto status = co_await server.stop(number);
    EXPECT_EQ(status, exit_status::with_code(0));
    EXPECT_THAT(server.said(), IsSupersetOf({"gone 0", "gone 1", "gone 2"}));
    EXPECT_EQ(server.said().size(), 7U) << server.text();
  }
}

ASYNC_TEST(run_server, listens_on_several_addresses_on_one_loop) {
  const test::scratch_folder folder;
  const auto path = "unix:" + folder.file("socket");
  program server{{"1", here, path, here}};
  const auto line = co_await server.line("ready ");
  const auto first = line.substr(0, line.find(' '));
  const auto last = line.substr(line.rfind(' ') + 1);
  EXPECT_EQ(line, first + " " + path + " " + last);
  EXPECT_NE(first, last);
  for (const auto& text : {first, path, last}) {
    const auto where = net::endpoint::parse(text).value();
    const auto loop = co_await loop_behind(where);
    EXPECT_EQ(loop, "0");
  }
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
}

ASYNC_TEST(run_server, a_port_in_use_is_status_1_and_named) {
  net::listener taken{net::endpoint{net::ip_address::loopback(), 0}};
  const auto where = taken.local_endpoint().to_string();
  for (const std::string threads : {"1", "3"}) {
    program server{{threads, here, where}};
    const auto status = co_await server.end();
    EXPECT_EQ(status, exit_status::with_code(1));
    EXPECT_THAT(server.text(), HasSubstr("run_server: listen on " + where + ": Address already in use"));
    EXPECT_EQ(server.said().count("gone 0"), 1U) << server.text();
    EXPECT_THAT(server.text(), Not(HasSubstr("ready 1")));
  }
}

// SO_REUSEPORT alone would let both listen, and each would get half of the connections.
ASYNC_TEST(run_server, does_not_share_a_port_with_another_process_unless_told_to) {
  program first{{"2", here}};
  const auto where = co_await first.ready();
  program second{{"2", where.to_string()}};
  auto status = co_await second.end();
  EXPECT_EQ(status, exit_status::with_code(1));
  EXPECT_THAT(second.text(), HasSubstr("Address already in use"));
  status = co_await first.stop();
  EXPECT_EQ(status, exit_status::with_code(0));

  program old{{"2", "share", where.to_string()}};
  co_await old.ready();
  program next{{"2", "share", where.to_string()}};
  const auto same = co_await next.ready();
  EXPECT_EQ(same, where);
  status = co_await old.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
  const auto loop = co_await loop_behind(where);
  EXPECT_THAT(loop, ::testing::AnyOf("0", "1"));
  co_await next.stop();
}

ASYNC_TEST(run_server, serves_a_unix_socket_on_all_loops_and_removes_its_file) {
  const test::scratch_folder folder;
  program server{{"3", "unix:" + folder.file("socket")}};
  const auto where = co_await server.ready();
  EXPECT_EQ(where.path(), folder.file("socket"));
  const auto loops = co_await block_all(server, where, 3);
  EXPECT_THAT(loops, ElementsAre("0", "1", "2"));
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
  EXPECT_FALSE(std::filesystem::exists(folder.file("socket")));
}

// A service manager's socket, as descriptor 3 of the program.
class passed_socket {
 public:
  passed_socket() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (::listen(socket_, 16) != 0) throw std::runtime_error("listen failed");
  }
  passed_socket(const passed_socket&) = delete;
  passed_socket& operator=(const passed_socket&) = delete;
  ~passed_socket() { ::close(socket_); }

  command start(const std::string& variables, const std::vector<std::string>& arguments) const {
    command c("sh", "-c", "export " + variables + "; exec \"$0\" \"$@\" 3<&0 0</dev/null",
              BIGHT_PROGRAM_SERVER_ON_LOOPS);
    c.args(arguments).input(stdio::to(socket_));
    return c;
  }

 private:
  int socket_;
};

ASYNC_TEST(run_server, serves_sockets_of_a_service_manager_instead_of_its_addresses) {
  const passed_socket passed;
  for (int i = 0; i != 2; ++i) {  // the socket outlives the program
    program server{passed.start("LISTEN_PID=$$ LISTEN_FDS=1", {"3", here})};
    const auto any = co_await server.ready();
    EXPECT_EQ(any.address(), net::ip_address{});
    const auto loops = co_await block_all(server, net::endpoint(net::ip_address::loopback(), any.port()), 3);
    EXPECT_THAT(loops, ElementsAre("0", "1", "2"));
    const auto status = co_await server.stop();
    EXPECT_EQ(status, exit_status::with_code(0));
  }
}

ASYNC_TEST(run_server, serves_a_given_descriptor_besides_its_addresses) {
  const passed_socket passed;
  program server{passed.start("A=B", {"2", here, "fd=3"})};
  const auto line = co_await server.line("ready ");
  for (const auto& text : {line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)}) {
    const auto where = net::endpoint::parse(text).value();
    const auto loop = co_await loop_behind(net::endpoint(net::ip_address::loopback(), where.port()));
    EXPECT_THAT(loop, ::testing::AnyOf("0", "1"));
  }
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
}

ASYNC_TEST(run_server, says_which_descriptor_does_not_listen) {
  program server{{"2", "fd=0"}};
  const auto status = co_await server.end();
  EXPECT_EQ(status, exit_status::with_code(1));
  EXPECT_THAT(server.text(), HasSubstr("listen on descriptor 0"));
}

// What clients count that send one request after the other on their connections until the server closes them.
struct client_count {
  int whole = 0;
  int cut = 0;     // responses that ended early
  int reset = 0;   // connections that did not end by a FIN after a response that announced it
  int rounds = 1;  // responses to each client until it counts as busy
  int busy = 0;
  event all_busy;  // and not a look at `busy` now and then: the clock of the test may stand still for long
};

// The arguments of a server with a certificate.
std::vector<std::string> with_tls() {
  const auto identity = test::certificates::instance().good();
  return {"2", here, "tls=" + identity.file + "," + identity.key};
}

awaitable<peer> connect_to(net::endpoint where, bool tls) {
  auto s = co_await net::connect(where);
  if (!tls) co_return peer{std::move(s)};
  static const auto trusted =
      net::tls_client_context::from_ca_file(test::certificates::instance().authority());
  auto secure = co_await net::tls_connect(std::move(s), "localhost", trusted);
  co_return peer{std::move(secure)};
}

constexpr int busy_connections = 64;

awaitable<void> keep_asking(net::endpoint where, bool tls, client_count& count) {
  auto p = co_await connect_to(where, tls);
  int mine = 0;
  while (true) {
    try {
      co_await p.send(get("/work"));
    } catch (const boost::system::system_error&) { co_return; }  // it was idle, and has been closed
    const auto answer = co_await p.read_message();
    if (answer.empty()) {  // likewise: what is sent too late is not read
      if (!p.buffered().empty()) ++count.cut;
      co_return;
    }
    ++(answer.body.ends_with("\r\n0\r\n\r\n") && answer.body.size() > 100'000 ? count.whole : count.cut);
    if (++mine == count.rounds && ++count.busy == busy_connections) count.all_busy.set();
    if (answer.field("Connection") == "close") break;
  }
  co_await p.read_to_end();
  if (p.failed()) ++count.reset;
}

awaitable<void> stop_while_64_connections_are_busy(std::vector<std::string> arguments, bool tls) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int runs = 3;
#else
  constexpr int runs = 20;
#endif
  constexpr std::chrono::seconds enough{40};  // on a machine that is busy with other things
  const auto began = std::chrono::steady_clock::now();
  for (int run = 0; run != runs; ++run) {
    if (run > 2 && std::chrono::steady_clock::now() - began > enough) break;
    program server{arguments};
    const auto where = co_await server.ready();
    client_count count;
    count.rounds = 1 + run % 2;
    std::vector<task<void>> clients;
    for (int i = 0; i != busy_connections; ++i)
      clients.push_back(spawn(keep_asking, where, tls, std::ref(count)));
    co_await count.all_busy.wait();
    server.signal(SIGTERM);
    const auto begun = co_await server.line("begun ");
    const auto status = co_await server.end();
    EXPECT_EQ(status, exit_status::with_code(0));
    for (auto& c : clients) co_await c;
    EXPECT_EQ(count.cut, 0);
    EXPECT_EQ(count.reset, 0);
    EXPECT_EQ(std::to_string(count.whole), begun);
  }
}

ASYNC_TEST(run_server, a_signal_cuts_no_response_of_64_busy_connections) {
  std::vector<std::string> arguments{"2", here};
  co_await stop_while_64_connections_are_busy(std::move(arguments), false);
}

class run_server_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

ASYNC_TEST_F(run_server_tls, a_signal_cuts_no_response_of_64_busy_connections) {
  co_await stop_while_64_connections_are_busy(with_tls(), true);
}

// What clients of a server saw that changes its certificate all the time.
struct renewal_count {
  std::set<std::string> certificates;
  int answers = 0;
  bool enough = false;
};

awaitable<void> ask_on_new_connections(net::endpoint where, net::tls_client_context trusted,
                                       renewal_count& count, int connections) {
  for (int i = 0; i != connections; ++i) {
    auto plain = co_await net::connect(where);
    auto secure = co_await net::tls_connect(std::move(plain), "localhost", trusted);
    const auto info = secure.connection();
    if (info.certificate) count.certificates.insert(info.certificate->pem);
    peer p{std::move(secure)};
    for (int n = 0; n != 2; ++n) {
      co_await p.send(get("/"));
      const auto answer = co_await p.read_message();
      EXPECT_EQ(answer.status(), 200);
      ++count.answers;
    }
  }
}

awaitable<void> ask_on_one_connection(net::endpoint where, net::tls_client_context trusted,
                                      renewal_count& count) {
  auto plain = co_await net::connect(where);
  auto secure = co_await net::tls_connect(std::move(plain), "localhost", trusted);
  peer p{std::move(secure)};
  while (!count.enough) {
    co_await p.send(get("/"));
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.status(), 200);
    if (answer.status() != 200) co_return;
  }
}

ASYNC_TEST_F(run_server_tls, certificates_that_change_under_load_lose_nothing) {
  auto& made = test::certificates::instance();
  const auto one = made.good();
  const auto other = made.server_only();
  const auto trusted = net::tls_client_context::from_ca_file(made.authority());
  program server{{"2", here, "tls=" + one.file + "," + one.key, "reload=" + other.file + "," + other.key}};
  const auto where = co_await server.ready();
  constexpr int workers = 16;
  constexpr int connections = 12;
  renewal_count count;
  std::vector<task<void>> keeping;
  std::vector<task<void>> opening;
  for (int i = 0; i != 4; ++i)
    keeping.push_back(spawn(ask_on_one_connection, where, trusted, std::ref(count)));
  for (int i = 0; i != workers; ++i)
    opening.push_back(spawn(ask_on_new_connections, where, trusted, std::ref(count), connections));
  for (auto& t : opening) co_await t;
  count.enough = true;
  for (auto& t : keeping) co_await t;
  EXPECT_EQ(count.answers, 2 * workers * connections);
  EXPECT_EQ(count.certificates.size(), 2U);
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
}

ASYNC_TEST(run_server, after_the_stop_timeout_handlers_are_cancelled) {
  program server{{"2", "grace=50", here}};
  const auto where = co_await server.ready();
  auto p = co_await connect_to(where);
  co_await p.send(get("/hang"));
  co_await server.line("hanging");
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
  EXPECT_THAT(server.said(), IsSupersetOf({"gone 0", "gone 1"}));
}

ASYNC_TEST(run_server, a_second_signal_ends_it_at_once) {
  program server{{"2", here}};
  const auto where = co_await server.ready();
  auto busy = co_await connect_to(where);
  co_await busy.send(get("/hang"));
  co_await server.line("hanging");
  server.signal(SIGTERM);
  co_await server.line("gone ");  // the other loop
  const auto status = co_await server.stop(SIGTERM);
  EXPECT_EQ(status, exit_status::with_code(128 + SIGTERM));
}

ASYNC_TEST(run_server, an_error_of_make_handler_is_status_1_and_logged) {
  program server{{"3", "fails", here}};
  const auto status = co_await server.end();
  EXPECT_EQ(status, exit_status::with_code(1));
  EXPECT_THAT(server.text(), HasSubstr("bight: http::run_server: no database\n"));
  EXPECT_THAT(server.text(), Not(HasSubstr("ready 1")));
}

ASYNC_TEST(run_server, an_error_of_on_ready_is_status_1_and_logged) {
  program server{{"3", "fails-when-ready", here}};
  const auto status = co_await server.end();
  EXPECT_EQ(status, exit_status::with_code(1));
  EXPECT_THAT(server.text(), HasSubstr("bight: http::run_server: not today\n"));
  EXPECT_THAT(server.said(), IsSupersetOf({"gone 0", "gone 1", "gone 2"}));
}

ASYNC_TEST(run_server, a_signal_cancels_make_handler) {
  program server{{"2", "hangs", here}};
  co_await server.line("hanging");
  const auto status = co_await server.stop();
  EXPECT_EQ(status, exit_status::with_code(0));
  EXPECT_THAT(server.text(), Not(HasSubstr("run_server")));
}

ASYNC_TEST(run_server, is_for_main_and_not_for_a_loop) {
  EXPECT_THROW(run_server(net::endpoint(net::ip_address::loopback(), 0), [] { return router{}; }),
               boost::system::system_error);
  co_return;
}

// What make_handler may be.
awaitable<router> a_coroutine() { co_return router{}; }
static_assert(detail::handler_factory<decltype(&a_coroutine)>);
static_assert(detail::handler_factory<router (*)()>);
static_assert(detail::handler_factory<handler (*)()>);
static_assert(detail::handler_factory<awaitable<handler> (*)()>);
static_assert(detail::handler_factory<std::string (*(*)())(server_request&)>);
static_assert(!detail::handler_factory<std::string (*)()>);
static_assert(!detail::handler_factory<awaitable<server_response> (*)(server_request&)>);
static_assert(!detail::handler_factory<router>);

// ---- serve_sharded ----------------------------------------------------------------------------------------

// A server on two loops beside this one.
class beside {
 public:
  awaitable<net::endpoint> start() {
    run_server_options options{net::endpoint{net::ip_address::loopback(), 0}};
    options.threads = 2;
    options.activation = false;
    options.on_ready = [this, home = loop::current().handle()](const std::vector<net::endpoint>& where) {
      home.call_soon_threadsafe([this, at = where.front()] {
        where_ = at;
        ready_.set();
      });
    };
    auto make = [] {
      return [](server_request& request) -> awaitable<server_response> {
        if (request.path() == "/slow") co_await sleep(200ms);
        co_return server_response{200, std::string(100'000, 'x')};
      };
    };
    running = spawn([options, make] { return serve_sharded(options, make); });
    co_await ready_.wait();
    co_return where_;
  }
  task<void> running;

 private:
  event ready_;
  net::endpoint where_;
};

ASYNC_TEST(serve_sharded, is_a_task_whose_cancellation_completes_the_requests_in_progress) {
  beside server;
  const auto where = co_await server.start();
  auto slow = co_await connect_to(where);
  auto idle = co_await connect_to(where);
  co_await idle.send(get("/"));
  const auto first = co_await idle.read_message();
  EXPECT_EQ(first.status(), 200);
  co_await slow.send(get("/slow"));
  co_await sleep(50ms);
  server.running.cancel();
  const auto answer = co_await slow.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body.size(), 100'000U);
  co_await server.running.wait();
  EXPECT_TRUE(server.running.cancelled());
}

ASYNC_TEST(serve_sharded, throws_what_a_loop_throws) {
  net::listener taken{net::endpoint{net::ip_address::loopback(), 0}};
  run_server_options options{taken.local_endpoint()};
  options.threads = 2;
  options.activation = false;
  auto make = [] {
    return [](server_request&) -> awaitable<server_response> { co_return server_response{200}; };
  };
  std::string text;
  try {
    auto serving = serve_sharded(options, make);
    co_await std::move(serving);
  } catch (const exception_group& e) { text = e.what(); }
  EXPECT_THAT(text, HasSubstr("Address already in use"));
}

}  // namespace bight::http::run_server_test
