// One end of a connection that speaks HTTP by hand, and a server that plays a script with it.
#pragma once
#include <algorithm>
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test {

/// The raw bytes of a message, head and body.
struct raw_message {
  std::string head;  ///< With the empty line at its end; empty if the connection ended before.
  std::string body;  ///< As sent: chunk framing included.

  bool empty() const noexcept { return head.empty(); }
  std::string start_line() const { return head.substr(0, head.find("\r\n")); }
  /// The status code of a response.
  int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }
  /// The value of the first field of that name, in this spelling; "" if there is none.
  std::string field(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == head.npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
  bool has(std::string_view name) const { return head.find("\r\n" + std::string{name} + ": ") != head.npos; }
  std::size_t count(std::string_view text) const {
    std::size_t n = 0;
    for (auto at = head.find(text); at != head.npos; at = head.find(text, at + 1)) ++n;
    return n;
  }
};

/// Reads and writes a stream by hand.
class peer {
 public:
  explicit peer(net::stream s, std::size_t number = 0) : stream_(std::move(s)), number_(number) {}

  net::stream& stream() noexcept { return stream_; }
  /// Which connection of its server this is, from 0.
  std::size_t number() const noexcept { return number_; }
  const std::string& buffered() const noexcept { return buffer_; }
  /// Whether the connection has ended by an error, such as a reset.
  bool failed() const noexcept { return failed_; }

  awaitable<void> send(std::string bytes) { co_await stream_.write(bytes); }
  void close() noexcept {
    if (stream_.valid()) stream_.abort();  // a script may have taken it
  }

  /// Reads more into the buffer; false at the end of the connection, whatever ended it.
  awaitable<bool> fill() {
    std::array<std::byte, 16 * 1024> piece;
    std::size_t n = 0;
    try {
      n = co_await stream_.read_some(piece);
    } catch (const boost::system::system_error&) {
      failed_ = true;
      co_return false;
    }
    buffer_.append(reinterpret_cast<const char*>(piece.data()), n);
    co_return n != 0;
  }
  /// Reads a message: a head, and the body that Content-Length or chunked framing gives it. An empty one at
  /// the end.
  awaitable<raw_message> read_message(bool bodiless = false) {
    raw_message m;
    const bool whole = co_await fill_until("\r\n\r\n");
    if (!whole) co_return m;
    m.head = take(buffer_.find("\r\n\r\n") + 4);
    const auto length = m.field("Content-Length");
    if (bodiless) co_return m;
    if (m.field("Transfer-Encoding") == "chunked") {
      co_await fill_until("0\r\n\r\n");
      const auto end = buffer_.find("0\r\n\r\n");
      m.body = take(end == buffer_.npos ? buffer_.size() : end + 5);
    } else if (!length.empty()) {
      std::size_t size = 0;
      std::from_chars(length.data(), length.data() + length.size(), size);
      bool more = true;
      while (more && buffer_.size() < size) more = co_await fill();
      m.body = take(std::min(size, buffer_.size()));
    }
    co_return m;
  }
  /// What comes up to and including `mark`, or up to the end of the connection.
  awaitable<std::string> read_until(std::string mark) {
    co_await fill_until(mark);
    const auto at = buffer_.find(mark);
    co_return take(at == buffer_.npos ? buffer_.size() : at + mark.size());
  }
  /// `n` bytes; fewer at the end of the connection.
  awaitable<std::string> take_bytes(std::size_t n) {
    bool more = true;
    while (more && buffer_.size() < n) more = co_await fill();
    co_return take(std::min(n, buffer_.size()));
  }
  /// Everything up to the end of the connection.
  awaitable<std::string> read_to_end() {
    bool more = true;
    while (more) more = co_await fill();
    co_return std::move(buffer_);
  }

 private:
  awaitable<bool> fill_until(std::string_view mark) {
    bool more = true;
    while (more && buffer_.find(mark) == buffer_.npos) more = co_await fill();
    co_return buffer_.find(mark) != buffer_.npos;
  }
  std::string take(std::size_t n) {
    auto text = buffer_.substr(0, n);
    buffer_.erase(0, n);
    return text;
  }

  net::stream stream_;
  std::string buffer_;
  std::size_t number_;
  bool failed_ = false;
};

/// A server on loopback that plays a script on each connection. The connection is closed when the script
/// ends.
class scripted_server {
 public:
  using script = std::function<awaitable<void>(peer&)>;

  explicit scripted_server(script s) : state_(std::make_shared<state>(std::move(s))) {
    accepting_ = spawn(accept_all, state_);
  }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server() {
    accepting_.cancel();
    for (auto& t : state_->playing) t.cancel();
  }

  /// The URL of a path on this server.
  std::string url(std::string_view path = "/") const { return "http://" + authority() + std::string{path}; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }
  std::uint16_t port() const { return state_->listener.local_endpoint().port(); }
  /// How many connections it has accepted.
  std::size_t accepted() const noexcept { return state_->playing.size(); }
  /// The heads of the requests that the ready-made scripts have read, in order.
  const std::vector<raw_message>& requests() const noexcept { return state_->requests; }
  /// Waits until the script of connection `number`, which was accepted before, has ended.
  awaitable<void> played(std::size_t number) { co_await state_->playing.at(number).wait(); }

  /// A server that answers each request with what `answer` makes of it, on connections that are kept.
  static std::unique_ptr<scripted_server> answering(std::function<std::string(const raw_message&)> answer) {
    auto made = std::unique_ptr<scripted_server>(new scripted_server);
    made->state_->play = [s = made->state_.get(), answer = std::move(answer)](peer& p) -> awaitable<void> {
      while (true) {
        auto request = co_await p.read_message();
        if (request.empty()) co_return;
        s->requests.push_back(request);
        co_await p.send(answer(request));
      }
    };
    made->accepting_ = spawn(accept_all, made->state_);
    return made;
  }
  /// A server that answers each request with `bytes`, on connections that are kept.
  static std::unique_ptr<scripted_server> always(std::string bytes) {
    return answering([bytes = std::move(bytes)](const raw_message&) { return bytes; });
  }
  /// A server that answers one request per connection with `bytes` and closes.
  static std::unique_ptr<scripted_server> once(std::string bytes) {
    return std::make_unique<scripted_server>([bytes = std::move(bytes)](peer& p) -> awaitable<void> {
      co_await p.read_message();
      co_await p.send(bytes);
    });
  }

 private:
  struct state {
    explicit state(script s) : play(std::move(s)) {}
    script play;
    net::listener listener{net::endpoint(net::ip_address::loopback(), 0)};
    std::vector<task<void>> playing;
    std::vector<raw_message> requests;
  };

  scripted_server() : state_(std::make_shared<state>(script{})) {}

  static awaitable<void> accept_all(std::shared_ptr<state> s) {
    while (true) {
      auto connection = co_await s->listener.accept();
      s->playing.push_back(spawn(play_one, s, peer(std::move(connection), s->playing.size())));
    }
  }
  static awaitable<void> play_one(std::shared_ptr<state> s, peer p) {
    try {
      auto work = s->play(p);
      co_await std::move(work);
    } catch (const boost::system::system_error&) {  // the client has gone
    }
    p.close();
  }

  std::shared_ptr<state> state_;
  task<void> accepting_;
};

/// Lets the loop run until `condition()` holds; timeout_error after five seconds.
template <class F>
awaitable<void> until(F condition) {
  constexpr std::chrono::milliseconds pause{1};
  const auto give_up = clock::now() + std::chrono::seconds{5};
  while (!condition()) {
    if (clock::now() > give_up) throw timeout_error{"until"};
    co_await sleep(pause);
  }
}

/// "HTTP/1.1 200 OK" with that body.
inline std::string ok(std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string{fields} +
         "\r\n" + std::string{body};
}

}  // namespace bight::test
