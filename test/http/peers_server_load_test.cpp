// The server and the programs that make load: wrk, h2load, ab. Nothing is measured: every response must be
// right.
#include <bight/http/server.hpp>

#include <bight/testing/async_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.hpp"
#include "support/http_served.hpp"
#include "support/peer_site.hpp"
#include "support/peers.hpp"

namespace bight::http::peers_server_load_test {

using test::find_program;
using test::peer_notes;
using test::run_client;
using test::scratch_folder;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class wrk_program {
 public:
  static std::string missing() { return test::missing_program("wrk"); }
};
class h2load_program {
 public:
  static std::string missing() { return test::missing_program("h2load"); }
};
class ab_program {
 public:
  static std::string missing() { return test::missing_program("ab"); }
};
class peers_server_wrk : public test::with_peers<wrk_program> {};
class peers_server_h2load : public test::with_peers<h2load_program> {};
class peers_server_ab : public test::with_peers<ab_program> {};

class site {
 public:
  site() : notes(std::make_shared<peer_notes>()), server(test::peer_site(notes, folder.path())) {}

  scratch_folder folder;
  std::shared_ptr<peer_notes> notes;
  test::running server;
};

ASYNC_TEST_F(peers_server_wrk, gets_only_good_responses) {
  site s;
  std::vector<std::string> command{find_program("wrk"), "-t1", "-c16", "-d1s", s.server.url("/hello")};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("requests in"), Not(HasSubstr("Socket errors")), Not(HasSubstr("Non-2xx"))));
  EXPECT_GT(s.notes->requests.size(), 100U);
}

ASYNC_TEST_F(peers_server_wrk, gets_pipelined_responses_in_order) {
  site s;
  const auto script = s.folder.write("pipeline.lua", R"(
local batch, next_one, failures = 4, 0, 0
request = function()
  local all = {}
  for i = 1, batch do all[i] = wrk.format("POST", "/echo", nil, "number " .. i) end
  return table.concat(all)
end
response = function(status, headers, body)
  next_one = next_one % batch + 1
  if status ~= 200 or body ~= "POST /echo\nnumber " .. next_one then error("response " .. body) end
end
)");
  std::vector<std::string> command{find_program("wrk"),  "-t1", "-c1", "-d1s", "-s", script,
                                   s.server.url("/echo")};
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out + result.err, AllOf(HasSubstr("requests in"), Not(HasSubstr("Socket errors")),
                                             Not(HasSubstr("Non-2xx")), Not(HasSubstr("number"))));
  EXPECT_GT(s.notes->requests.size(), 100U);
}

ASYNC_TEST_F(peers_server_h2load, gets_as_many_responses_as_it_has_sent_requests) {
  site s;
  std::vector<std::string> command{find_program("h2load"), "--h1", "-n", "2000", "-c", "20"};
  command.push_back(s.server.url("/hello"));
  const auto result = co_await run_client(std::move(command));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("2000 succeeded, 0 failed, 0 errored, 0 timeout"),
                                HasSubstr("2000 2xx, 0 3xx, 0 4xx, 0 5xx")));
  EXPECT_EQ(s.notes->requests.size(), 2000U);
}

// It speaks HTTP/1.0.
ASYNC_TEST_F(peers_server_ab, gets_keep_alive_if_it_asks_for_it) {
  site s;
  std::vector<std::string> kept{find_program("ab"),    "-q", "-k", "-n", "1000", "-c", "10",
                                s.server.url("/hello")};
  const auto with_keep_alive = co_await run_client(std::move(kept));
  EXPECT_THAT(with_keep_alive.out,
              AllOf(ContainsRegex("Complete requests: +1000\n"), ContainsRegex("Failed requests: +0\n"),
                    ContainsRegex("Keep-Alive requests: +1000\n"), Not(HasSubstr("Non-2xx"))));
  std::vector<std::string> closed{find_program("ab"), "-q", "-n", "200", "-c", "10", s.server.url("/hello")};
  const auto without = co_await run_client(std::move(closed));
  EXPECT_THAT(without.out, AllOf(ContainsRegex("Complete requests: +200\n"),
                                 ContainsRegex("Failed requests: +0\n"), Not(HasSubstr("Non-2xx"))));
}

ASYNC_TEST_F(peers_server_ab, uploads) {
  site s;
  const auto file = s.folder.write("body", std::string(20'000, 'x'));
  std::vector<std::string> command{find_program("ab"), "-q", "-k", "-n", "200", "-c", "5", "-p", file, "-T"};
  command.insert(command.end(), {"application/octet-stream", s.server.url("/count")});
  const auto result = co_await run_client(std::move(command));
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("Complete requests: +200\n"), ContainsRegex("Failed requests: +0\n"),
                    ContainsRegex("Document Length: +12 bytes"), Not(HasSubstr("Non-2xx"))));
}

}  // namespace bight::http::peers_server_load_test
