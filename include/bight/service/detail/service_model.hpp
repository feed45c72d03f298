// The type-erased form of a service.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/service/service.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// The members that a service has.
struct service_shape {
  bool start = false;
  bool stop = false;
  bool reload = false;
  bool health = false;
  bool one_shot = false;
};

class service_base {
 public:
  virtual ~service_base() = default;
  virtual service_shape shape() const = 0;
  virtual awaitable<void> start() = 0;
  virtual awaitable<void> run() = 0;
  virtual awaitable<void> stop() = 0;
  virtual awaitable<void> reload() = 0;
  virtual awaitable<health_status> health() = 0;
  virtual std::string unfinished() = 0;
};

/// The service behind what was added: itself, or what a reference or pointer refers to.
template <class S>
S& service_object(S& s) noexcept {
  return s;
}
template <class S>
S& service_object(std::reference_wrapper<S>& s) noexcept {
  return s.get();
}
template <class S, class D>
S& service_object(std::unique_ptr<S, D>& s) noexcept {
  return *s;
}
template <class S>
S& service_object(std::shared_ptr<S>& s) noexcept {
  return *s;
}
template <class S>
using service_object_t = std::remove_reference_t<decltype(service_object(std::declval<std::decay_t<S>&>()))>;

/// A function that returns an awaitable<void>: a service that only has `run`.
template <class F>
concept service_function = requires(F& f) { requires std::is_void_v<await_result_t<decltype(f())>>; };

template <class S>
concept addable_service = service<service_object_t<S>> || service_function<service_object_t<S>>;
template <class S>
concept named_service = addable_service<S> && requires(service_object_t<S>& s) {
  { s.name() } -> std::convertible_to<std::string>;
};

/// `f()`, whether it returns an awaitable or not.
template <class F>
auto call_either(F f) -> awaitable<std::remove_cvref_t<decltype(f())>>
  requires(!awaitable_type<decltype(f())>)
{
  co_return f();
}
template <class F>
auto call_either(F f) -> awaitable<await_result_t<decltype(f())>>
  requires awaitable_type<decltype(f())>
{
  auto work = to_awaitable(f());
  co_return co_await std::move(work);
}

template <class S>
class service_model final : public service_base {
  using object = service_object_t<S>;
  static constexpr bool starts = requires(object& o) { o.start(); };
  static constexpr bool stops = requires(object& o) { o.stop(); };
  static constexpr bool reloads = requires(object& o) { o.reload(); };
  static constexpr bool has_health = requires(object& o) { o.health(); };

 public:
  template <class T>
  explicit service_model(T&& s) : service_(std::forward<T>(s)) {}

  service_shape shape() const override {
    bool once = false;
    if constexpr (requires(const object& o) {
                    { o.one_shot() } -> std::convertible_to<bool>;
                  })
      once = service_object(const_cast<S&>(service_)).one_shot();
    return {starts, stops, reloads, has_health, once};
  }
  awaitable<void> start() override {
    if constexpr (starts) return call_either([&o = get()] { return o.start(); });
    return nothing();
  }
  awaitable<void> run() override {
    if constexpr (service<object>)
      return call_either([&o = get()] { return o.run(); });
    else
      return call_either([&o = get()] { return o(); });
  }
  awaitable<void> stop() override {
    if constexpr (stops) return call_either([&o = get()] { return o.stop(); });
    return nothing();
  }
  awaitable<void> reload() override {
    if constexpr (reloads) return call_either([&o = get()] { return o.reload(); });
    return nothing();
  }
  awaitable<health_status> health() override {
    if constexpr (has_health) {
      auto work = call_either([&o = get()] { return o.health(); });
      co_return health_status{co_await std::move(work)};
    } else {
      co_return health_status{};
    }
  }
  std::string unfinished() override {
    if constexpr (requires(object& o) {
                    { o.unfinished() } -> std::convertible_to<std::string>;
                  })
      return get().unfinished();
    else
      return {};
  }

 private:
  object& get() noexcept { return service_object(service_); }
  static awaitable<void> nothing() { co_return; }

  S service_;
};

}  // namespace bight::detail
