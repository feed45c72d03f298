// CoReturn, CoThrow, CoDo: GoogleMock actions for methods that return an awaitable.
#pragma once
#include <gmock/gmock.h>
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <functional>
#include <type_traits>
#include <utility>

namespace bight::testing {

namespace detail {

template <class R, class V>
awaitable<R> return_later(V value) {
  if constexpr (std::is_void_v<R>)
    co_return;
  else
    co_return static_cast<R>(std::move(value));
}

template <class R, class E>
awaitable<R> throw_later(E error) {
  throw error;
  co_return co_await throw_later<R>(error);  // makes it a coroutine
}

template <class R, class F, class... A>
awaitable<R> call_later(F f, A... args) {
  using result = std::invoke_result_t<F&, A...>;
  if constexpr (bight::detail::awaitable_type<result>) {
    auto work = std::invoke(f, std::forward<A>(args)...);
    co_return co_await std::move(work);
  } else {
    co_return std::invoke(f, std::forward<A>(args)...);
  }
}

template <class V>
class co_return_action {
 public:
  explicit co_return_action(V value) : value_(std::move(value)) {}
  template <class R, class... A>
  operator ::testing::Action<awaitable<R>(A...)>() const {
    return [v = value_](A...) { return return_later<R, V>(v); };
  }

 private:
  V value_;
};

template <class E>
class co_throw_action {
 public:
  explicit co_throw_action(E error) : error_(std::move(error)) {}
  template <class R, class... A>
  operator ::testing::Action<awaitable<R>(A...)>() const {
    return [e = error_](A...) { return throw_later<R, E>(e); };
  }

 private:
  E error_;
};

template <class F>
class co_do_action {
 public:
  explicit co_do_action(F f) : call_(std::move(f)) {}
  template <class R, class... A>
  operator ::testing::Action<awaitable<R>(A...)>() const {
    return [f = call_](A... args) { return call_later<R, F, A...>(f, std::forward<A>(args)...); };
  }

 private:
  F call_;
};

}  // namespace detail

/// For mocked methods that return an awaitable<T>: awaiting it returns a copy of `value`.
///
///     class fake_store : public store {
///      public:
///       MOCK_METHOD(bight::awaitable<std::string>, load, (int id), (override));
///     };
///     EXPECT_CALL(s, load(7)).WillOnce(CoReturn("seven")).WillOnce(CoThrow(timeout_error{}));
template <class V>
detail::co_return_action<std::decay_t<V>> CoReturn(V&& value) {
  return detail::co_return_action<std::decay_t<V>>{std::forward<V>(value)};
}
/// For an awaitable<void>.
inline detail::co_return_action<bool> CoReturn() { return detail::co_return_action<bool>{true}; }
/// Awaiting it throws a copy of `error`; the call itself does not throw.
template <class E>
detail::co_throw_action<std::decay_t<E>> CoThrow(E&& error) {
  return detail::co_throw_action<std::decay_t<E>>{std::forward<E>(error)};
}
/// Awaiting it calls `f` with the arguments, and awaits the result if it is awaitable. Reference arguments
/// must stay valid until then.
///
///     EXPECT_CALL(s, load).WillRepeatedly(CoDo([](int id) -> bight::awaitable<std::string> {
///       co_await bight::sleep(10ms);
///       co_return std::to_string(id);
///     }));
template <class F>
detail::co_do_action<std::decay_t<F>> CoDo(F&& f) {
  return detail::co_do_action<std::decay_t<F>>{std::forward<F>(f)};
}

}  // namespace bight::testing
