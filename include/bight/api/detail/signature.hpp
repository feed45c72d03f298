// The arguments that a handler takes.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace bight::api::detail {

template <class... A>
struct argument_list {};

template <std::size_t N, class L>
struct drop {
  using type = argument_list<>;
};
template <class... A>
struct drop<0, argument_list<A...>> {
  using type = argument_list<A...>;
};
template <std::size_t N, class First, class... A>
  requires(N > 0)
struct drop<N, argument_list<First, A...>> : drop<N - 1, argument_list<A...>> {};

template <class F>
struct call_arguments {
  using type = argument_list<>;
};
template <class R, class... A>
struct call_arguments<R(A...)> {
  using type = argument_list<A...>;
};
template <class R, class... A>
struct call_arguments<R(A...) noexcept> : call_arguments<R(A...)> {};
template <class C, class R, class... A>
struct call_arguments<R (C::*)(A...)> : call_arguments<R(A...)> {};
template <class C, class R, class... A>
struct call_arguments<R (C::*)(A...) const> : call_arguments<R(A...)> {};
template <class C, class R, class... A>
struct call_arguments<R (C::*)(A...) noexcept> : call_arguments<R(A...)> {};
template <class C, class R, class... A>
struct call_arguments<R (C::*)(A...) const noexcept> : call_arguments<R(A...)> {};

template <class F>
struct arguments_of {
  using type = typename call_arguments<std::remove_pointer_t<F>>::type;
};
template <class F>
  requires requires { &F::operator(); }
struct arguments_of<F> {
  using type = typename call_arguments<decltype(&F::operator())>::type;
};

/// The arguments of F behind the first N; none if F is overloaded or a template.
template <class F, std::size_t N>
using trailing_arguments = typename drop<N, typename arguments_of<F>::type>::type;

}  // namespace bight::api::detail
