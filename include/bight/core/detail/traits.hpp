// The results of awaiting, and conversion of any awaitable type to awaitable<T>.
#pragma once
#include <bight/core/awaitable.hpp>
#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace bight::detail {

template <class A>
struct await_traits;
template <class T>
struct await_traits<awaitable<T>> {
  using result = T;
};
template <class A>
  requires std::derived_from<A, awaiter>
struct await_traits<A> {
  using result = decltype(std::declval<A&>().await_resume());
};
template <class A>
  requires requires(A a) { std::move(a).operator_co_await(); }
struct await_traits<A> {
  using result = decltype(std::declval<A>().operator_co_await().await_resume());
};

/// An operation that is described before it is awaited, as by a builder.
template <class A>
concept described_operation = requires(A a) { std::move(a).as_awaitable(); };
template <described_operation A>
struct await_traits<A> {
  using result = typename decltype(std::declval<A>().as_awaitable())::value_type;
};

/// An lvalue that may be awaited in place, such as a task: `co_await a`.
template <class A>
concept awaitable_lvalue =
    std::is_lvalue_reference_v<A> && requires(A a) { a.operator_co_await().await_resume(); };
template <class A>
struct lvalue_await_traits {
  using result = decltype(std::declval<A>().operator_co_await().await_resume());
};

/// The result of `co_await std::forward<A>(a)`; awaitables and primitives are always moved.
template <class A>
using await_result_t = typename std::conditional_t<awaitable_lvalue<A>, lvalue_await_traits<A>,
                                                   await_traits<std::remove_cvref_t<A>>>::result;

/// A type that a bight coroutine can await without the bridge.
template <class A>
concept awaitable_type = requires { typename await_result_t<A>; };

template <class T>
awaitable<T> to_awaitable(awaitable<T>&& a) noexcept {
  return std::move(a);
}
template <class A>
  requires(described_operation<A> && !std::is_lvalue_reference_v<A>)
awaitable<await_result_t<A>> to_awaitable(A&& a) {
  return std::move(a).as_awaitable();
}
template <class A>
  requires(awaitable_type<A> && !described_operation<A> && !std::is_lvalue_reference_v<A>)
awaitable<await_result_t<A>> to_awaitable(A&& a) {
  return
      [](A awaited) -> awaitable<await_result_t<A>> { co_return co_await std::move(awaited); }(std::move(a));
}

template <class A>
  requires awaitable_lvalue<A&>
awaitable<await_result_t<A&>> to_awaitable(A& a) {
  return [](A awaited) -> awaitable<await_result_t<A&>> {  // a copy: handles are cheap
    co_return co_await awaited;
  }(a);
}

/// The result of `co_await f(args...)` with stored copies passed as rvalues.
template <class F, class... Args>
using call_result_t = await_result_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>>;

/// A function that, called with Args, returns an awaitable type.
template <class F, class... Args>
concept async_callable = requires { typename call_result_t<F, Args...>; };

// For overloads that only produce error messages.

template <class...>
inline constexpr bool never = false;
/// The return value of such overloads; never defined.
template <class T>
T impossible();

/// A call instead of a function: `spawn(f(x))`.
template <class F, class... Args>
concept called_already = awaitable_type<F> && !async_callable<F, Args...>;
/// A function that takes a reference, with an argument that would be copied: `spawn(f, x)`.
template <class F, class... Args>
concept needs_std_ref = !async_callable<F, Args...> && requires {
  typename await_result_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>&...>>;
};
template <class F, class... Args>
concept wrong_call = called_already<F, Args...> || needs_std_ref<F, Args...>;
/// Explains the mistake, and provides the intended result type.
template <class F, class... Args>
struct explained {
  static_assert(!called_already<F, Args...>,
                "pass the function and its arguments, as in spawn(f, x), not a call, as in spawn(f(x))");
  using type = await_result_t<F>;
};
template <class F, class... Args>
  requires needs_std_ref<F, Args...>
struct explained<F, Args...> {
  static_assert(!needs_std_ref<F, Args...>,
                "arguments are copied, but the function takes a reference to one: pass std::ref(x)");
  using type = await_result_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>&...>>;
};
template <class F, class... Args>
using explained_t = typename explained<F, Args...>::type;

}  // namespace bight::detail
