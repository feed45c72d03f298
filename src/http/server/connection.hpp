// One connection of a server: reads requests, calls the handler, writes responses.
#pragma once
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/core/callback_handle.hpp>
#include <bight/core/detail/watchdog.hpp>
#include <bight/core/task.hpp>
#include <bight/http/date.hpp>
#include <bight/http/server.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1/request_parser.hpp"
#include "http/server/exchange.hpp"

namespace bight::http::detail {

/// Objects that no connection needs now.
template <class T>
class spare_objects {
 public:
  explicit spare_objects(std::size_t most) { kept_.reserve(most); }
  /// Null if there is none.
  std::unique_ptr<T> take() noexcept {
    if (kept_.empty()) return nullptr;
    auto object = std::move(kept_.back());
    kept_.pop_back();
    return object;
  }
  void give(std::unique_ptr<T> object) noexcept {
    if (object && kept_.size() != kept_.capacity()) kept_.push_back(std::move(object));
  }

 private:
  std::vector<std::unique_ptr<T>> kept_;
};

class server_connection;

/// A connection that goes on with another protocol.
struct upgraded_connection {
  upgrade_handler talk;  ///< Empty if it does not.
  net::stream stream;
  unique_function<void()> on_stop;
};

/// What the connections of a server share.
struct server_state {
  handler handle;
  server_options options;
  date_cache dates;
  spare_objects<char[]> slabs{16};
  spare_objects<h1::request_parser> parsers{256};
  std::vector<server_connection*> open;
  std::vector<upgraded_connection*> upgraded;
  std::string output;  // the response that is being rendered, until a connection has sent it
  std::uint64_t requests = 0;
  bool stopping = false;
};

/// Logs the exception that is being handled.
void log_failure(std::string_view what);
server_response internal_error();

class background_work;

class server_connection final : public server_exchange {
 public:
  server_connection(server_state& shared, net::stream s, bight::detail::task_base& task,
                    background_work& work);
  ~server_connection() override;

  /// Serves a connection until it ends. Never throws but cancelled_error.
  static awaitable<void> serve(server_state& shared, net::stream s);
  /// The server begins to stop: closes it if it waits for a request and has not received a part of one.
  void begin_stop();

  const request_head& head() const noexcept override { return request_head_; }
  std::optional<std::uint64_t> body_size() const noexcept override { return parser_->body_size(); }
  void limit_body(std::uint64_t bytes) noexcept override;
  awaitable<std::string_view> read_body() override;
  headers_view trailers() const noexcept override { return parser_->trailers(); }
  awaitable<void> inform(status code, const http::headers& fields) override;
  void cancel_on_disconnect() override;
  void close_connection() noexcept override { close_after_ = true; }
  net::endpoint remote_endpoint() const override;
  net::connection_info connection() const override;
  bool stopping() const noexcept override { return shared_.stopping; }
  void on_stop(unique_function<void()> stopped) override { on_stop_ = std::move(stopped); }
  server_response error_response() override;
  std::string_view protocol() const noexcept override {
    return parser_->version() == h1::version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
  }

 private:
  class body_sender;
  enum class next { more, request, refused };

  std::string_view pending() const noexcept { return {data_ + begin_, end_ - begin_}; }
  awaitable<void> serve_requests();
  static awaitable<upgraded_connection> serve_http(server_state& shared, net::stream s,
                                                   background_work& work);
  static awaitable<void> run_upgraded(server_state& shared, upgraded_connection upgraded);
  awaitable<void> serve_and_end();
  awaitable<void> end_by_hearing_out(std::chrono::nanoseconds limit);
  void expect_head();
  next parse_head();
  std::span<std::byte> room();
  void take_slab();
  void receive_rest();
  void rest() noexcept;
  awaitable<void> receive_body();
  void begin_request() noexcept;
  awaitable<void> answer();
  awaitable<void> respond(server_request& request, server_response& response);
  awaitable<server_response> call_handler(server_request& request);
  awaitable<void> watch_client();
  awaitable<void> end_watch();
  upgraded_connection take_upgraded();
  bool body_is_done() noexcept;
  awaitable<void> finish_body();
  awaitable<void> refuse(http::status code, std::string_view why);
  std::string_view render(server_response& response);
  bool send_at_once(std::string_view whole);
  awaitable<void> send(server_response& response, std::string_view whole);
  void flush_later();
  void flush_now() noexcept;
  awaitable<void> flush_corked();
  awaitable<void> send_file(const file_range& file);
  awaitable<void> send_stream(http::body& body);
  awaitable<void> write_within_limit(std::string_view first, std::string_view second);
  bool render_head(server_response& r, bool no_body);
  bool bodiless(const server_response& r) const noexcept;
  void set_framing(server_response& r, std::optional<std::uint64_t> length, bool no_body);
  std::string why_refused() const;
  bool must_continue() noexcept;
  void start_body_timer(clock::time_point now);

  server_state& shared_;
  background_work& work_;
  bight::detail::task_base& task_;
  net::stream stream_;
  std::unique_ptr<char[]> slab_;  // in use instead of little_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t pinned_ = 0;                      // the head of the request that is being answered ends here
  std::size_t piece_ = 0;                       // of the body, still to be consumed
  std::size_t unsent_from_ = 0;                 // of the response that is being sent
  std::unique_ptr<h1::request_parser> parser_;  // while there is something of a request
  request_head request_head_;
  std::string head_;    // of a response that waits for the client
  std::string corked_;  // responses to send with the next one
  callback_handle flush_soon_;
  bight::detail::watchdog* stop_ = nullptr;              // ends the wait for a request
  upgrade_handler talk_;                                 // once upgraded
  unique_function<void()> on_stop_;                      // of a response without an end, or an upgraded one
  std::optional<task<void>> watch_;                      // of a client that may go away
  mutable std::unique_ptr<const net::endpoint> remote_;  // once asked for
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_sent_ = 0;
  bight::detail::watchdog watchdog_;
  std::chrono::nanoseconds body_wait_{};  // for the client, since the head
  std::exception_ptr handler_error_;
  boost::system::error_code client_error_;  // how the client was lost, while a handler or body source runs
  bool flush_is_due_ = false;
  bool idle_ = true;
  bool close_after_ = false;
  bool body_ended_ = true;
  bool body_refused_ = false;
  bool cancel_on_disconnect_ = false;
  bool response_begun_ = false;
  bool continue_sent_ = false;
  bool chunked_ = false;      // the response being sent
  bool has_content_ = false;  // ... is not all in one piece of text
  std::array<char, 512> little_;
  char* data_ = little_.data();
  std::size_t capacity_ = little_.size();
};

}  // namespace bight::http::detail
