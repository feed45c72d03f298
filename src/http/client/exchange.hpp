// One request and its response on a leased connection.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/http/client.hpp>
#include <bight/http/request.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/client_exchange.hpp"
#include "http/client/pool.hpp"
#include "http/client/sending.hpp"
#include "http/coding/content_decoder.hpp"

namespace bight::http::detail {

/// How long a step of a request may take, and what its error says: the timeout of client_timeouts and what it
/// was for. The total timeout ends every step.
struct time_limit {
  std::chrono::nanoseconds timeout;
  const char* name;
  const char* doing;
};

class exchange final : public client_exchange {
 public:
  exchange(const client_timeouts& timeouts, const client_limits& limits, bool decode,
           clock::time_point deadline) noexcept
      : timeouts_(timeouts), limits_(limits), deadline_(deadline), decode_(decode) {}
  ~exchange() override;

  /// Sends `r` over `l`, with `head` as its rendered head, and receives the head of the response, which may
  /// come before the body has gone out. `last`: the head says that nothing comes after it on this connection.
  /// Once more with another lease if `died_unanswered()`. `r` stays where it is meanwhile; `head` is used
  /// before this function returns.
  awaitable<void> perform(http::request& r, lease l, std::string_view head, bool last);

  std::optional<std::string_view> next_piece() override;
  awaitable<void> receive() override;
  awaitable<void> drain(std::size_t limit) override;
  void hold_if_here() noexcept override;
  net::stream take_stream() override;

  /// `r` of perform() ends.
  void forget_request() noexcept { request_ = nullptr; }
  /// Waits for "100 Continue" before the body (RFC 9110 10.1.1). The head must ask for it.
  void expect(bool on) noexcept { expects_ = on; }
  bool expects() const noexcept { return expects_; }
  /// True if nothing of a response has come over a connection that was used before.
  bool died_unanswered() const noexcept { return died_unanswered_; }
  /// Waits until the request is not being sent any more, whatever became of it: its body may be sent again.
  awaitable<void> stop_sending();

 private:
  bool send_at_once(std::string_view& head, std::string_view& body);
  void begin(http::request& r, lease l, bool last);
  awaitable<void> send_and_receive(http::request& r, std::string head, std::size_t sent_of_text);
  awaitable<void> receive_answer();
  void start_sending(http::request& r, std::string_view head, std::size_t sent_of_text);
  awaitable<void> send_while_receiving(http::request& r, std::string_view head, std::size_t sent_of_text);
  awaitable<bool> answered_before_body(std::string_view& head);
  bool have_head();
  awaitable<void> receive_head();
  awaitable<std::size_t> receive(clock::time_point until, time_limit limit);
  std::optional<std::string_view> raw_piece();
  std::optional<std::string_view> decode_piece();
  void take_head();
  void make_decoder();
  void finish_message();
  void require_intact() const;
  std::string where() const { return request_ ? request_->url().redacted() : url.redacted(); }
  [[noreturn]] void fail(const boost::system::error_code& ec, std::string_view detail = {});
  [[noreturn]] void fail_parse();
  clock::time_point end_of(const time_limit& limit) const noexcept;
  time_limit waiting_for_response() const noexcept;
  [[noreturn]] void time_out(const time_limit& limit);

  const http::request* request_ = nullptr;  // until `forget_request`
  lease lease_;
  std::shared_ptr<sending> sending_;  // of a body that does not go out at once
  client_timeouts timeouts_;
  client_limits limits_;
  clock::time_point deadline_;
  coding::content_decoder decoder_;
  std::vector<char> decoded_;
  std::optional<std::string> held_;    // the body, once its connection is another's
  std::string_view held_piece_;        // what of it has not been read
  std::string_view raw_;               // received, and not decoded yet
  std::size_t piece_size_ = 0;         // consumed from the connection when the piece has been used
  boost::system::error_code unsent_;   // why the request went out in part only
  boost::system::error_code failure_;  // what broke the body: reading on must not look like its end
  bool decode_;
  bool expects_ = false;
  bool continue_ = false;       // the server has asked for the body
  bool body_withheld_ = false;  // the body has not been sent, because it is to be asked for
  bool last_ = false;           // on its connection
  bool ended_ = false;          // of a body that is decoded
  bool draining_decoder_ = false;
  bool died_unanswered_ = false;
};

}  // namespace bight::http::detail
