// The providers of dependencies, and the dependencies of a handler.
#pragma once
#include <array>
#include <bight/api/dependency.hpp>
#include <bight/api/detail/signature.hpp>
#include <bight/api/detail/type_name.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/server_request.hpp>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::api::detail {

template <class T>
struct dependency_type {
  static constexpr bool is_one = false;
};
template <class T>
struct dependency_type<dependency<T>> {
  static constexpr bool is_one = true;
  using type = T;
};

/// The type of a dependency. Without a tag: an argument that is none.
struct dependency_key {
  const void* tag = nullptr;
  std::string_view name;
};

template <class T>
constexpr dependency_key key_of_type() {
  return {&http::detail::type_tag<T>, type_name<T>()};
}
template <class A>
constexpr dependency_key key_of() {
  using plain = std::remove_cvref_t<A>;
  if constexpr (dependency_type<plain>::is_one)
    return key_of_type<typename dependency_type<plain>::type>();
  else
    return {};
}
template <class... A>
constexpr std::array<dependency_key, sizeof...(A)> keys_of(argument_list<A...>) {
  return {key_of<A>()...};
}

template <class A>
inline constexpr bool is_injected =
    dependency_type<std::remove_cvref_t<A>>::is_one || std::same_as<A, http::server_request&>;
template <class... A>
constexpr bool are_injected(argument_list<A...>) {
  return (is_injected<A> && ...);
}

/// The providers of a router. `outer` is that of the router in which it is mounted.
struct dependency_set {
  struct provider {
    dependency_key key;
    std::vector<dependency_key> needs;
    bool is_bearer = false;
    mutable unique_function<awaitable<std::shared_ptr<void>>(http::server_request&)> make;
  };
  const provider* find(const void* tag) const noexcept;
  /// Whether one of them, or what it needs, is made of a bearer token.
  bool use_bearer(std::span<const dependency_key> keys) const;
  /// Throws std::logic_error if one has no provider or needs itself. `where` is for its text.
  void check(std::span<const dependency_key> keys, std::string_view where) const;

  std::vector<provider> providers;
  std::shared_ptr<const dependency_set> outer;

 private:
  void check(std::span<const dependency_key> keys, std::string_view where,
             std::vector<const void*>& path) const;
};

/// Makes what is not there yet. Precondition: `check` has passed.
awaitable<void> resolve(http::server_request& request, const dependency_set& set,
                        std::span<const dependency_key> keys);
std::shared_ptr<void> resolved(http::server_request& request, const void* tag);

template <class A>
decltype(auto) inject(http::server_request& request) {
  using plain = std::remove_cvref_t<A>;
  if constexpr (std::same_as<plain, http::server_request>) {
    return (request);
  } else {
    using type = typename dependency_type<plain>::type;
    return plain{std::static_pointer_cast<type>(resolved(request, key_of<A>().tag))};
  }
}

// `first` is nothing, or the token.
template <class F, class... A, class... First>
decltype(auto) call_provider(F& f, http::server_request& request, argument_list<A...>, First&&... first) {
  return std::invoke(f, std::forward<First>(first)..., inject<A>(request)...);
}
template <class F, class L, class... First>
struct provider_result;
template <class F, class... A, class... First>
struct provider_result<F, argument_list<A...>, First...> {
  using returned = std::invoke_result_t<F&, First..., A...>;
  using type = std::remove_cvref_t<http::detail::awaited_t<returned>>;
};

template <class F>
awaitable<std::shared_ptr<void>> make_dependency(F& f, http::server_request& request) {
  using arguments = typename arguments_of<F>::type;
  using result = provider_result<F, arguments>;
  using type = typename result::type;
  constexpr arguments list;
  if constexpr (bight::detail::awaitable_type<typename result::returned>) {
    auto work = call_provider(f, request, list);
    auto value = co_await std::move(work);
    co_return std::make_shared<type>(std::move(value));
  } else {
    co_return std::make_shared<type>(call_provider(f, request, list));
  }
}

/// The token of Authorization (RFC 6750 2.1). Throws http::problem with status 401.
std::string bearer_token(const http::server_request& request);
/// For a token that is not accepted.
[[noreturn]] void refuse_token();

template <class T>
std::shared_ptr<void> accepted(T value) {
  if (!value) refuse_token();
  return std::make_shared<typename T::value_type>(std::move(*value));
}

template <class F>
awaitable<std::shared_ptr<void>> make_of_token(F& f, http::server_request& request) {
  using arguments = trailing_arguments<F, 1>;
  using result = provider_result<F, arguments, std::string>;
  constexpr arguments list;
  auto token = bearer_token(request);
  if constexpr (bight::detail::awaitable_type<typename result::returned>) {
    auto work = call_provider(f, request, list, std::move(token));
    auto value = co_await std::move(work);
    co_return accepted(std::move(value));
  } else {
    co_return accepted(call_provider(f, request, list, std::move(token)));
  }
}

}  // namespace bight::api::detail
