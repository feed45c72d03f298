// One connection of a server: reads requests, calls the handler, writes responses.
#pragma once
#include <bight/core/awaitable.hpp>
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

#include "http/h1/request_parser.hpp"
#include "http/server/exchange.hpp"

namespace bight::http::detail {

/// What the connections of a server share.
struct server_state {
  handler handle;
  server_options options;
  date_cache dates;
  std::uint64_t requests = 0;
  bool stopping = false;
};

class background_work;

/// A connection that goes on with another protocol.
struct upgraded_connection {
  upgrade_handler talk;  ///< Empty if it does not.
  net::stream stream;
  unique_function<void()> on_stop;
};

class server_connection final : public server_exchange {
 public:
  server_connection(server_state& shared, net::stream s, bight::detail::task_base& task,
                    background_work& work);

  /// Serves until the connection ends. Never throws but cancelled_error.
  awaitable<void> run();
  /// After `run`: what it has become. The HTTP connection is not needed any more.
  upgraded_connection take_upgraded();
  /// The server begins to stop: closes it if it waits for a request and has not received a part of one.
  void begin_stop() noexcept;

  const request_head& head() const noexcept override { return request_head_; }
  std::optional<std::uint64_t> body_size() const noexcept override { return parser_.body_size(); }
  void limit_body(std::uint64_t bytes) noexcept override;
  awaitable<std::string_view> read_body() override;
  headers_view trailers() const noexcept override { return parser_.trailers(); }
  awaitable<void> inform(status code, const http::headers& fields) override;
  void cancel_on_disconnect() override;
  void close_connection() noexcept override { close_after_ = true; }
  net::endpoint remote_endpoint() const override;
  net::connection_info connection() const override;
  bool stopping() const noexcept override { return shared_.stopping; }
  void on_stop(unique_function<void()> stopped) override { on_stop_ = std::move(stopped); }
  std::string_view protocol() const noexcept override {
    return parser_.version() == h1::version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
  }

 private:
  class body_sender;
  enum class next { request, refused, closed };

  std::string_view pending() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  awaitable<void> serve_requests();
  awaitable<next> read_head();
  std::span<std::byte> room() noexcept;
  awaitable<void> receive_body();
  void begin_request() noexcept;
  awaitable<void> answer();
  awaitable<void> respond(server_request& request, server_response& response, std::exception_ptr& error);
  awaitable<server_response> call_handler(server_request& request, std::exception_ptr& error);
  server_response error_response();
  awaitable<void> watch_client();
  awaitable<void> end_watch();
  bool body_is_done() noexcept;
  awaitable<void> finish_body();
  awaitable<void> refuse(http::status code, std::string_view why);
  std::string_view render(server_response& response);
  bool send_at_once(std::string_view whole);
  awaitable<void> send(server_response& response, std::string_view whole);
  awaitable<void> send_file(const file_range& file);
  awaitable<void> send_stream(http::body& body);
  awaitable<void> write_within_limit(std::string_view first, std::string_view second);
  bool render_head(server_response& r, bool no_body);
  bool bodiless(const server_response& r) const noexcept;
  void set_framing(server_response& r, std::optional<std::uint64_t> length, bool no_body);
  std::string why_refused() const;
  bool has_input() noexcept;
  bool must_continue() noexcept;
  void start_body_timer(clock::time_point now);

  server_state& shared_;
  background_work& work_;
  net::stream stream_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t pinned_ = 0;       // the head of the request that is being answered ends here
  std::size_t piece_ = 0;        // of the body, still to be consumed
  std::size_t unsent_from_ = 0;  // of the response that is being sent
  h1::request_parser parser_;
  request_head request_head_;
  std::string head_;                 // of the response
  upgrade_handler talk_;             // once upgraded
  unique_function<void()> on_stop_;  // of an upgraded connection, or a response without an end
  std::optional<task<void>> watch_;  // of a client that may go away
  mutable std::unique_ptr<const net::endpoint> remote_;  // once asked for
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_sent_ = 0;
  bight::detail::watchdog watchdog_;
  std::chrono::nanoseconds body_wait_{};    // for the client, since the head
  boost::system::error_code client_error_;  // how the client was lost, while a handler or body source runs
  bool idle_ = true;
  bool close_after_ = false;
  bool body_ended_ = true;
  bool body_refused_ = false;
  bool cancel_on_disconnect_ = false;
  bool response_begun_ = false;
  bool continue_sent_ = false;
  bool chunked_ = false;      // the response being sent
  bool has_content_ = false;  // ... is not all in one piece of text
};

}  // namespace bight::http::detail
