// The memory that a server allocates for a request: none, once it has answered a few.
#include <bight/http/server.hpp>

#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "support/child_process.hpp"
#include "support/http_peer.hpp"

namespace bight::http::server_allocations_test {

using test::peer;

class server_allocations : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  }
  awaitable<std::string> get(std::string path) {
    if (!peer_) {
      auto s = co_await net::connect(where_);
      peer_.emplace(std::move(s));
    }
    co_await peer_->send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
    const auto answer = co_await peer_->read_message();
    EXPECT_EQ(answer.status(), 200) << path;
    co_return answer.body;
  }
  // Allocations per request of a path, in hundredths.
  awaitable<int> hundredths(std::string path) {
    constexpr int requests = 500;
    for (int i = 0; i != 20; ++i) co_await get(path);
    co_await get("/count");
    const auto before = co_await get("/count");
    for (int i = 0; i != requests; ++i) co_await get(path);
    const auto after = co_await get("/count");
    const auto again = co_await get("/count");
    const int of_counting = std::stoi(again) - std::stoi(after);
    co_return (std::stoi(after) - std::stoi(before) - of_counting) * 100 / requests;
  }

 private:
  test::child_process program_{{BIGHT_PROGRAM_COUNTED_SITE}};
  net::endpoint where_{net::ip_address::loopback(),
                       static_cast<std::uint16_t>(std::stoi(program_.wait_for_line("port ")))};
  std::optional<peer> peer_;
};

ASYNC_TEST_F(server_allocations, a_text_response_takes_none) {
  const auto plain = co_await hundredths("/");
  EXPECT_EQ(plain, 0);
}

// The text of what is set, and the table of the fields or parameters.
ASYNC_TEST_F(server_allocations, a_header_field_or_a_path_parameter_takes_two) {
  const auto parameter = co_await hundredths("/items/7");
  EXPECT_LE(parameter, 200);
  const auto typed = co_await hundredths("/typed");
  EXPECT_LE(typed, 200);
}

ASYNC_TEST_F(server_allocations, the_handlers_own_string_is_all) {
  const auto large = co_await hundredths("/kib");
  EXPECT_EQ(large, 100);
}

}  // namespace bight::http::server_allocations_test
