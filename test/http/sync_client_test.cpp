// Requests without coroutines.
#include <bight/http/sync_client.hpp>

#include <gtest/gtest.h>
#include <bight/core/run.hpp>
#include <bight/http/error.hpp>
#include <bight/http/json.hpp>
#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/nginx.hpp"
#include "support/peers.hpp"

namespace bight::http::sync_client_test {

using test::nginx;
using test::nginx_options;

class sync_client_nginx : public test::with_peers<nginx> {};

TEST_F(sync_client_nginx, gets_pages_over_one_kept_connection) {
  nginx_options options;
  options.server = "add_header X-Connection $connection always;\n";
  const nginx server{options};
  server.put("page.txt", "hello");
  server.put("number.json", "[42]");
  sync_client c;
  auto first = c.get(server.url("/page.txt")).send();
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(first.text(), "hello");
  auto second = c.get(server.url("/number.json")).query("x", 1).header("X-A", "b").send();
  second.raise_for_status();
  EXPECT_EQ(from_json<std::vector<int>>(second.bytes()).at(0), 42);
  EXPECT_EQ(first.headers().get("X-Connection"), second.headers().get("X-Connection"));
  EXPECT_EQ(c.connections(), 1U);
  auto missing = c.get(server.url("/none")).send();
  EXPECT_THROW(missing.raise_for_status(), status_error);
}

TEST_F(sync_client_nginx, reads_pieces_and_saves_files) {
  const nginx server;
  const std::string big(300'000, 'x');
  server.put("big.bin", big);
  sync_client c;
  auto r = c.get(server.url("/big.bin")).send();
  std::size_t size = 0;
  for (auto piece = r.read_piece(); !piece.empty(); piece = r.read_piece()) size += piece.size();
  EXPECT_EQ(size, big.size());
  const auto file = std::filesystem::temp_directory_path() / "bight_sync_client_test.bin";
  auto again = c.get(server.url("/big.bin")).send();
  EXPECT_EQ(again.save_to(file), big.size());
  EXPECT_EQ(std::filesystem::file_size(file), big.size());
  std::filesystem::remove(file);
}

TEST_F(sync_client_nginx, notices_that_the_server_closed_the_connection_between_calls) {
  nginx_options options;
  options.server = "keepalive_requests 1;\n";
  const nginx server{options};
  server.put("a", "a");
  sync_client c;
  for (int i = 0; i != 5; ++i) {
    auto r = c.post(server.url("/a")).text("x").send();
    EXPECT_EQ(r.status(), 405);
    r.bytes();
  }
}

TEST(sync_client, errors_are_thrown_by_send) {
  sync_client c;
  EXPECT_THROW(static_cast<void>(c.get("no url").send()), boost::system::system_error);
  EXPECT_THROW(static_cast<void>(c.get("http://127.0.0.1:1/").send()), boost::system::system_error);
}

TEST(sync_client, says_clearly_that_it_is_not_for_coroutines) {
  sync_client c;
  std::string text;
  const auto inside = [&]() -> awaitable<void> {
    try {
      static_cast<void>(c.get("http://127.0.0.1:1/").send());
    } catch (const std::logic_error& e) { text = e.what(); }
    co_return;
  };
  run(inside);
  EXPECT_EQ(text,
            "bight: http::sync_client blocks, and this thread runs a loop: use http::client and co_await");
}

}  // namespace bight::http::sync_client_test
