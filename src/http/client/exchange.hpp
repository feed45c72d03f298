// One request and its response on a leased connection.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/http/client.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/request.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/pool.hpp"
#include "http/coding/content_decoder.hpp"

namespace bight::http::detail {

/// How long a step of a request may take, and what its error says.
struct patience {
  clock::time_point until;
  const char* doing;
};

class exchange {
 public:
  exchange(http::request what, const client_timeouts& timeouts, const client_limits& limits, bool decode,
           clock::time_point deadline) noexcept
      : request_(std::move(what)),
        timeouts_(timeouts),
        limits_(limits),
        deadline_(deadline),
        decode_(decode) {}

  /// Sends the request over `l`, with `head` as its rendered head, and receives the head of the response.
  /// `last`: the head says that nothing comes after it on this connection. Once more with another lease if
  /// `died_unanswered()`.
  awaitable<void> perform(lease l, std::string_view head, bool last);
  /// The next piece of the body, empty at the end.
  awaitable<std::string_view> read_some();
  awaitable<std::string> read_all();
  awaitable<void> drain(std::size_t limit);

  http::request& request() noexcept { return request_; }
  http::status status() const noexcept { return status_; }
  const http::headers& headers() const noexcept { return headers_; }
  const http::url& url() const noexcept { return request_.url(); }
  std::vector<http::url>& redirects() noexcept { return redirects_; }
  std::uint64_t size_hint() const noexcept { return size_hint_; }
  std::uint64_t received() const noexcept { return received_; }
  bool deviates() const noexcept { return deviates_; }
  /// True if nothing of a response has come over a connection that was used before.
  bool died_unanswered() const noexcept { return died_unanswered_; }

 private:
  bool send_at_once(std::string_view& head, std::string_view& body);
  awaitable<void> send(std::string_view head, std::string_view body);
  bool have_head();
  awaitable<std::size_t> receive(patience p);
  std::optional<std::string_view> raw_piece();
  std::optional<std::string_view> next_piece();
  std::optional<std::string_view> decode_piece();
  awaitable<void> receive_body();
  patience for_body() const noexcept;
  void take_head();
  void make_decoder();
  void finish_message();
  void require_intact() const;
  [[noreturn]] void fail(const boost::system::error_code& ec, std::string_view detail = {});
  [[noreturn]] void fail_parse();
  [[noreturn]] void time_out(const char* doing);

  http::request request_;
  lease lease_;
  client_timeouts timeouts_;
  client_limits limits_;
  clock::time_point deadline_;
  http::headers headers_;
  std::vector<http::url> redirects_;
  coding::content_decoder decoder_;
  std::vector<char> decoded_;
  std::string_view raw_;        // received, and not decoded yet
  std::size_t piece_size_ = 0;  // consumed from the connection when the piece has been used
  std::uint64_t size_hint_ = 0;
  std::uint64_t received_ = 0;
  boost::system::error_code unsent_;   // why the request went out in part only
  boost::system::error_code failure_;  // what broke the body: reading on must not look like its end
  http::status status_;
  bool decode_;
  bool last_ = false;  // on its connection
  bool deviates_ = false;
  bool ended_ = false;  // of a body that is decoded
  bool draining_decoder_ = false;
  bool died_unanswered_ = false;
};

}  // namespace bight::http::detail
