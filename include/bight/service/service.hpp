// service: what a service_host runs; health_status.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace bight {

/// Whether a service works, and the reason if it does not. Converts from bool, and from text: a reason, or
/// empty text if it works.
class health_status {
 public:
  health_status() = default;
  template <std::same_as<bool> Bool>
  health_status(Bool healthy) : reason_(healthy ? "" : "unhealthy") {}
  template <std::convertible_to<std::string> Text>
  health_status(Text&& reason) : reason_(std::forward<Text>(reason)) {}

  bool healthy() const noexcept { return reason_.empty(); }
  /// Empty if it is healthy.
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_;
};

/// A part of a program that a service_host starts, supervises and stops: any class with
/// `awaitable<void> run()`. Further members are used if they exist:
///
/// | member                        | meaning                                                             |
/// |-------------------------------|---------------------------------------------------------------------|
/// | `std::string name()`          | the name, unless `add` gets one                                     |
/// | `start()`                     | prepares; when it returns, the service is ready, and `run` follows  |
/// | `run()`                       | works until it is stopped; if it returns before, it has failed      |
/// | `stop()`                      | asks `run` to return; without this member, `run` is cancelled       |
/// | `reload()`                    | reads the configuration again (SIGHUP)                              |
/// | `health()`                    | whether it works: bool, or text with the reason if it does not      |
/// | `std::string unfinished()`    | what is left to do, for the report of a stop beyond its deadline    |
/// | `bool one_shot()`             | whether `run` is expected to return by itself                       |
///
/// `start`, `stop` and `reload` return void or awaitable<void>, `health` may return an awaitable.
///
///     class mailer {
///      public:
///       std::string name() const { return "mailer"; }
///       bight::awaitable<void> run() { return bight::workers(letters_, 4, send); }
///       void stop() { letters_.shutdown(); }           // run returns when the queue is empty
///       std::string unfinished() const { return std::to_string(letters_.size()) + " letters"; }
///
///      private:
///       bight::queue<letter> letters_{100};
///     };
///
/// After a failure, a supervised service is started again: `start` and `run` of the same object. Concurrency:
/// all members are called on the loop of the host.
template <class S>
concept service = requires(S& s) { requires std::is_void_v<detail::await_result_t<decltype(s.run())>>; };

}  // namespace bight
