// A server with a thread of its own that answers with any bytes: no part of bight is in it.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bight::test {

/// Serves loopback while it lives: one request a connection, which is closed after the answer.
class raw_server {
 public:
  /// The connection that a script answers on.
  class connection {
   public:
    explicit connection(int descriptor) noexcept : descriptor_(descriptor) {}
    /// False when the client has gone.
    bool send(std::string_view bytes) const;
    /// Waits until the client closes.
    void wait_for_close() const;

   private:
    int descriptor_;
  };
  using script = std::function<void(const std::string& path, const connection&)>;

  explicit raw_server(script s);
  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;
  ~raw_server();

  std::string url(std::string_view path = "/") const;
  /// Waits until `path` has been asked for, at most 10 s; false if it has not.
  bool wait_for(const std::string& path);
  std::vector<std::string> paths() const;

 private:
  void accept_all();
  void answer(int descriptor);

  script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable asked_;
  std::vector<std::string> paths_;
  std::vector<std::thread> answering_;
  std::vector<int> open_;
  bool closing_ = false;
  std::thread accepting_;
};

/// A whole response that says how long it is and closes.
std::string http_response(std::string_view status, std::string_view type, std::string_view body,
                          std::string_view fields = {});

}  // namespace bight::test
