// A program of a server and a queue worker, ended by SIGTERM while clients send; and its service manager.
#include <bight/service_http/admin_endpoint.hpp>

#include <signal.h>

#include <bight/core/command.hpp>
#include <bight/core/event.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/core/task.hpp>
#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_systemd.hpp"
#include "support/http_peer.hpp"
#include "support/program.hpp"

namespace bight::stop_under_load_test {

using namespace std::chrono_literals;
using test::peer;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::Not;

using names = std::set<std::string>;

names words_of(const std::string& text) {
  std::istringstream in{text};
  names all;
  std::string word;
  while (in >> word) all.insert(word);
  return all;
}

// The program test/service_http/programs/queue_service.cpp.
class queue_service {
 public:
  queue_service(const std::string& done_file, const std::string& work_us, const std::string& stop_ms,
                const std::vector<std::pair<std::string, std::string>>& variables = {})
      : child_(start(done_file, work_us, stop_ms, variables)), out_(child_.output()) {}

  awaitable<net::endpoint> ready() {
    auto line = co_await out_.read_line();
    if (!line || !line->starts_with("ready ")) throw std::runtime_error("the program is not ready");
    co_return net::endpoint::parse(line->substr(6)).value();
  }
  void terminate() { child_.terminate(); }
  struct end {
    exit_status status;
    std::string errors;
  };
  awaitable<end> ended() {
    auto errors = co_await read_all(child_.error());
    const auto status = co_await child_.wait();
    co_return end{status, std::move(errors)};
  }

 private:
  static command start(const std::string& done_file, const std::string& work_us, const std::string& stop_ms,
                       const std::vector<std::pair<std::string, std::string>>& variables) {
    command c(BIGHT_PROGRAM_QUEUE_SERVICE, "127.0.0.1:0", done_file, work_us, stop_ms);
    for (const auto& [name, value] : variables) c.env(name, value);
    c.output(stdio::pipe()).error(stdio::pipe());
    return c;
  }

  subprocess child_;
  reader out_;
};

// What clients count that post one item after the other until the server closes their connections.
struct client_count {
  names queued;   // answered with 202
  names unknown;  // sent on a connection that was closed without an answer
  int cut = 0;    // answers that ended early
  int sent = 0;
};

// Set when the clients have sent a number of items: the clock of the test may stand still while they do.
struct load {
  int wanted = 0;
  event reached;
};

awaitable<void> keep_posting(net::endpoint where, int number, client_count& count, load& asked) {
  auto s = co_await net::connect(where);
  peer p{std::move(s)};
  for (int i = 0;; ++i) {
    const auto name = "item-" + std::to_string(number) + "-" + std::to_string(i);
    const auto request = "POST /items/" + name + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    try {
      co_await p.send(request);
    } catch (const boost::system::system_error&) { co_return; }  // it was idle, and has been closed
    if (++count.sent == asked.wanted) asked.reached.set();
    const auto answer = co_await p.read_message();
    if (answer.empty()) {
      // Closed while idle, before it could read the request; what it has read it answers.
      if (!p.buffered().empty()) ++count.cut;
      count.unknown.insert(name);
      co_return;
    }
    if (answer.body.size() != 20'000) ++count.cut;
    if (answer.status() == 202) count.queued.insert(name);
    EXPECT_EQ(answer.status(), 202);
    if (answer.field("Connection") == "close") co_return;
  }
}

constexpr int clients = 16;

awaitable<client_count> load_until_stopped(queue_service& program, net::endpoint where, int at_least) {
  client_count count;
  load asked;
  asked.wanted = at_least;
  std::vector<task<void>> posting;
  for (int i = 0; i != clients; ++i)
    posting.push_back(spawn(keep_posting, where, i, std::ref(count), std::ref(asked)));
  co_await asked.reached.wait();
  program.terminate();
  for (auto& c : posting) co_await c;
  co_return count;
}

ASYNC_TEST(stop_under_load, cuts_no_request_and_finishes_every_queued_item_in_20_runs) {
  for (int run = 0; run != 20; ++run) {
    const test::scratch_folder folder;
    queue_service program{folder.file("done"), "500", "20000"};
    const auto where = co_await program.ready();
    const auto count = co_await load_until_stopped(program, where, clients * (2 + run));
    const auto end = co_await program.ended();
    EXPECT_EQ(end.status, exit_status::with_code(0)) << end.errors;
    EXPECT_EQ(count.cut, 0);
    const auto done = words_of(test::read_file(folder.file("done")));
    EXPECT_EQ(done, count.queued) << "run " << run;
    for (const auto& name : count.unknown)
      EXPECT_FALSE(done.contains(name)) << "done, but not answered: " << name;
  }
}

ASYNC_TEST(stop_under_load, names_what_is_unfinished_at_the_deadline) {
  const test::scratch_folder folder;
  queue_service program{folder.file("done"), "30000", "300"};
  const auto where = co_await program.ready();
  const auto count = co_await load_until_stopped(program, where, clients * 10);
  const auto end = co_await program.ended();
  EXPECT_EQ(end.status, exit_status::with_code(1));
  EXPECT_EQ(count.cut, 0);
  const std::string mark = "service 'worker' did not stop in time, within 0.3 s; unfinished: ";
  const auto at = end.errors.find(mark);
  CO_ASSERT_NE(at, end.errors.npos);
  const auto from = at + mark.size();
  const auto left = words_of(end.errors.substr(from, end.errors.find(';', from) - from));
  EXPECT_FALSE(left.empty());
  EXPECT_THAT(end.errors, HasSubstr("its tasks:\n  worker waits for"));
  auto all = words_of(test::read_file(folder.file("done")));
  for (const auto& name : left) EXPECT_FALSE(all.contains(name)) << "finished and named: " << name;
  all.insert(left.begin(), left.end());
  EXPECT_EQ(all, count.queued);
}

ASYNC_TEST(stop_under_load, a_service_manager_sees_ready_a_watchdog_that_is_not_fed_and_the_stop) {
  const test::scratch_folder folder;
  test::fake_systemd manager{folder.file("notify")};
  queue_service program{folder.file("done"),
                        "500",
                        "20000",
                        {{"NOTIFY_SOCKET", manager.address()}, {"WATCHDOG_USEC", "100000"}}};
  const auto where = co_await program.ready();
  auto ending = spawn([&] { return program.ended(); });  // time is real while a task waits for the program
  std::vector<std::string> seen;
  const auto look = [&] {
    for (auto& text : manager.received()) seen.push_back(std::move(text));
    return seen.size();
  };
  co_await test::until([&] { return look() >= 5; });
  EXPECT_THAT(seen, Contains("READY=1\nSTATUS=running").Times(1));
  EXPECT_THAT(seen, Contains("WATCHDOG=1").Times(::testing::Ge(4)));

  auto s = co_await net::connect(where);
  peer p{std::move(s)};
  co_await p.send("POST /block HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  co_await sleep(200ms);  // until the loop of the program is blocked
  look();
  seen.clear();
  co_await sleep(500ms);
  look();
  EXPECT_THAT(seen, ::testing::IsEmpty()) << "the watchdog was fed by a program that hangs";
  const auto answer = co_await p.read_message();
  EXPECT_EQ(answer.status(), 204);
  co_await test::until([&] { return look() >= 2; });

  program.terminate();
  const auto end = co_await std::move(ending);
  EXPECT_EQ(end.status, exit_status::with_code(0)) << end.errors;
  look();
  EXPECT_THAT(seen, Contains("STOPPING=1\nSTATUS=stopping").Times(1));
}

}  // namespace bight::stop_under_load_test
