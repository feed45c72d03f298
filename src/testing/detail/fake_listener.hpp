// A listener of a fake network: connections that wait to be accepted.
#pragma once
#include <bight/core/event.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <cstddef>
#include <deque>
#include <memory>

namespace bight::testing::detail {

/// What a listener, its `accept` and its network share.
class fake_backlog {
 public:
  fake_backlog(const net::endpoint& where, const net::listen_options& options)
      : where_(where), options_(options) {
    room_.set();
  }
  fake_backlog(const fake_backlog&) = delete;
  fake_backlog& operator=(const fake_backlog&) = delete;

  const net::endpoint& where() const noexcept { return where_; }
  bool shared() const noexcept { return options_.reuse_port; }
  bool open() const noexcept { return open_; }
  bool full() const noexcept;
  /// True if connects to this address are for it.
  bool takes(const net::endpoint& to) const noexcept;
  /// True if it listens on all addresses.
  bool wildcard() const noexcept;
  /// True if neither would go before the other.
  bool overlaps(const net::endpoint& where, bool dual_stack) const noexcept;

  void push(net::stream connection);
  /// Resets who was not accepted.
  void close() noexcept;
  /// Set while it is not full, and when it is closed.
  event& room() noexcept { return room_; }
  static awaitable<net::stream> accept(std::shared_ptr<fake_backlog> self);

 private:
  void update();

  net::endpoint where_;
  net::listen_options options_;
  std::deque<net::stream> waiting_;
  event something_;  // a connection, or the end
  event room_;
  bool open_ = true;
};

std::unique_ptr<net::listener_backend> make_listener(std::shared_ptr<fake_backlog> backlog);

}  // namespace bight::testing::detail
