// The state shared by a broadcast and its subscribers.
#pragma once
#include <bight/core/awaiter.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace bight::detail {

[[noreturn]] void throw_second_subscriber_wait();
void require_broadcast_capacity(std::size_t capacity);

/// What a full channel does beside dropping its oldest item.
struct broadcast_rule {
  bool waits = false;        // for the slowest subscriber
  bool disconnects = false;  // those that have not received the oldest item
};

template <class T>
struct broadcast_core {
  struct entry {
    T item;
    std::size_t readers;  // subscribers that have not taken it; never fewer than for an older entry
  };

  /// The position of a subscriber.
  struct cursor {
    explicit cursor(std::shared_ptr<broadcast_core> c) : channel(std::move(c)), next(channel->end()) {
      following = std::exchange(channel->cursors, this);
      if (following) following->previous = this;
      ++channel->count;
    }
    cursor(const cursor&) = delete;
    cursor& operator=(const cursor&) = delete;
    ~cursor() {
      if (disconnected) return;
      static_cast<void>(take_lag());
      leave();
      channel->drop_taken();
    }

    // Leaves the channel, without the items that are left.
    void leave() noexcept {
      (previous ? previous->following : channel->cursors) = following;
      if (following) following->previous = previous;
      --channel->count;
      for (; something(); ++next) --here().readers;
    }
    void disconnect() noexcept {
      lost = channel->end() - next;
      leave();
      disconnected = true;
      wake_all(waiters);
    }

    bool something() const noexcept { return !disconnected && next != channel->end(); }
    /// No item will come any more.
    bool ended() const noexcept { return disconnected || channel->closed; }
    std::size_t pending() const noexcept {
      if (disconnected) return 0;
      const auto from = next < channel->first ? channel->first : next;
      return static_cast<std::size_t>(channel->end() - from);
    }
    std::uint64_t take_lag() noexcept {
      if (disconnected) return std::exchange(lost, 0);
      if (next >= channel->first) return 0;
      return channel->first - std::exchange(next, channel->first);
    }
    // The last reader gets the item itself.
    T take() {
      auto& e = here();
      T item = e.readers == 1 ? T(std::move(e.item)) : T(std::as_const(e.item));
      --e.readers;
      ++next;
      channel->drop_taken();
      return item;
    }
    entry& here() noexcept { return channel->items[static_cast<std::size_t>(next - channel->first)]; }

    std::shared_ptr<broadcast_core> channel;
    std::uint64_t next;      // the number of the next item
    std::uint64_t lost = 0;  // items of a subscriber that was disconnected and has not been told yet
    bool busy = false;       // a next() is waiting, or woken and not resumed yet
    bool disconnected = false;
    cursor* previous = nullptr;
    cursor* following = nullptr;
    waiter_list waiters;
  };

  broadcast_core(std::size_t limit, broadcast_rule how) : capacity(limit), rule(how) {
    require_broadcast_capacity(limit);
  }

  std::uint64_t end() const noexcept { return first + items.size(); }
  std::size_t subscribers() const noexcept { return count; }
  bool claim_room() noexcept {
    if (closed || (rule.waits && items.size() + claimed >= capacity)) return false;
    ++claimed;
    return true;
  }
  void give_room_back() noexcept {
    --claimed;
    wake_putters();
  }
  std::size_t put_claimed(T&& item) {
    struct unclaim {
      broadcast_core& c;
      ~unclaim() { c.give_room_back(); }  // the item occupies the place by then
    } const at_end{*this};
    if (count == 0) return 0;
    items.push_back(entry{std::move(item), count});
    if (!rule.waits && items.size() > capacity) drop_oldest();
    for (auto* c = cursors; c; c = c->following) wake_all(c->waiters);
    return count;
  }
  void drop_oldest() noexcept {
    for (auto* c = rule.disconnects ? cursors : nullptr; c;) {
      auto& slow = *std::exchange(c, c->following);
      if (slow.next != first) continue;
      slow.disconnect();
      ++disconnected;
    }
    if (rule.disconnects) return drop_taken();
    items.pop_front();
    ++first;
  }
  void drop_taken() noexcept {
    while (!items.empty() && items.front().readers == 0) {
      items.pop_front();
      ++first;
    }
    wake_putters();
  }
  void close() noexcept {
    closed = true;
    for (auto* c = cursors; c; c = c->following) wake_all(c->waiters);
    wake_all(putters);
  }
  static void wake_all(waiter_list& list) noexcept {
    while (auto* const w = list.front()) {
      list.remove(*w);
      waiter_list::wake(*w);
    }
  }
  void wake_putters() noexcept {
    while (!putters.empty() && claim_room()) {
      auto& w = *putters.front();
      putters.remove(w);
      waiter_list::wake(w);
    }
  }

  std::deque<entry> items;
  std::uint64_t first = 0;  // the number of items.front()
  std::size_t capacity;
  std::size_t claimed = 0;  // places of granted puts that have not run
  std::size_t count = 0;
  std::uint64_t disconnected = 0;  // subscribers so far
  cursor* cursors = nullptr;
  broadcast_rule rule;
  bool closed = false;
  waiter_list putters;
};

}  // namespace bight::detail
