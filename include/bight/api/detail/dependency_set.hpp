// The providers of dependencies, and the dependencies of a handler.
#pragma once
#include <array>
#include <bight/api/dependency.hpp>
#include <bight/api/detail/signature.hpp>
#include <bight/api/detail/type_name.hpp>
#include <bight/api/operation.hpp>
#include <bight/api/security.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
inline constexpr bool is_injected = dependency_type<std::remove_cvref_t<A>>::is_one ||
                                    std::same_as<A, http::server_request&> || std::same_as<A, http::headers&>;
template <class... A>
constexpr bool are_injected(argument_list<A...>) {
  return (is_injected<A> && ...);
}

/// How a provider learns who asks.
struct security_scheme {
  enum class method : std::uint8_t { bearer, basic, api_key, oauth2 };

  method how = method::bearer;
  parameter_place where = parameter_place::header;  // api_key
  std::string name;                                 // api_key
  std::optional<oauth2> server;                     // oauth2

  /// In the document, unless another one has it.
  std::string id() const;
};
/// Whether requests say who asks in the same way.
bool is_same(const security_scheme& a, const security_scheme& b) noexcept;

/// What a request brings along to say who asks. Not an aggregate, so that it is safe in co_await expressions.
struct credentials {
  credentials() {}
  std::string first;   // token, key, user
  std::string second;  // password
};

/// The providers of a router. `outer` is that of the router in which it is mounted.
struct dependency_set {
  using function =
      unique_function<awaitable<std::shared_ptr<void>>(http::server_request&, const operation_info&)>;
  struct provider {
    dependency_key key;
    std::vector<dependency_key> needs;
    std::optional<security_scheme> scheme;
    mutable function make;
  };
  const provider* find(const void* tag) const noexcept;
  /// The schemes of those, and of what they need.
  void collect_schemes(std::span<const dependency_key> keys, std::vector<const security_scheme*>& to) const;
  /// Throws std::logic_error if one has no provider or needs itself. `where` is for its text.
  void check(std::span<const dependency_key> keys, std::string_view where) const;
  /// What all operations of the router need, those of outer routers first.
  std::vector<dependency_key> all_required() const;

  std::vector<provider> providers;
  std::vector<dependency_key> required;
  std::shared_ptr<const dependency_set> outer;

 private:
  void check(std::span<const dependency_key> keys, std::string_view where,
             std::vector<const void*>& path) const;
};

/// Makes what is not there yet. Precondition: `check` has passed.
awaitable<void> resolve(http::server_request& request, const operation_info& info, const dependency_set& set,
                        std::span<const dependency_key> keys);
/// The same for what all operations need.
awaitable<void> resolve_required(http::server_request& request, const operation_info& info,
                                 const dependency_set& set);
std::shared_ptr<void> resolved(http::server_request& request, const void* tag);

/// The fields that handlers and providers have set for the response.
http::headers& response_fields(http::server_request& request);
void add_response_fields(const http::server_request& request, http::server_response& response);

template <class A>
decltype(auto) inject(http::server_request& request) {
  using plain = std::remove_cvref_t<A>;
  if constexpr (std::same_as<plain, http::server_request>) {
    return (request);
  } else if constexpr (std::same_as<plain, http::headers>) {
    return (response_fields(request));
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

/// Throws http::problem with status 401 if there are none.
credentials read_credentials(const http::server_request& request, const security_scheme& scheme);
/// For credentials that are not accepted.
[[noreturn]] void refuse_credentials(const security_scheme& scheme);
/// Throws http::problem with status 403 unless the operation's scopes are granted.
void check_scopes(const operation_info& info, std::span<const std::string> granted);

template <class T>
struct authorized_type {
  static constexpr bool is_one = false;
  using type = T;
};
template <class T>
struct authorized_type<authorized<T>> {
  static constexpr bool is_one = true;
  using type = T;
};

template <class T>
std::shared_ptr<void> accepted(T value, const security_scheme& scheme, const operation_info& info) {
  if (!value) refuse_credentials(scheme);
  using type = typename T::value_type;
  if constexpr (authorized_type<type>::is_one) {
    check_scopes(info, value->scopes);
    return std::make_shared<typename authorized_type<type>::type>(std::move(value->value));
  } else {
    return std::make_shared<type>(std::move(*value));
  }
}

// A provider takes `Texts` texts, then dependencies.
template <class F, std::size_t Texts>
struct identity_result;
template <class F>
struct identity_result<F, 1> : provider_result<F, trailing_arguments<F, 1>, std::string> {};
template <class F>
struct identity_result<F, 2> : provider_result<F, trailing_arguments<F, 2>, std::string, std::string> {};

template <std::size_t Texts, class F>
decltype(auto) call_identity(F& f, http::server_request& request, credentials& c) {
  constexpr trailing_arguments<F, Texts> list;
  if constexpr (Texts == 1)
    return call_provider(f, request, list, std::move(c.first));
  else
    return call_provider(f, request, list, std::move(c.first), std::move(c.second));
}

template <std::size_t Texts, class F>
awaitable<std::shared_ptr<void>> make_identity(F& f, const security_scheme& scheme,
                                               http::server_request& request, const operation_info& info) {
  using result = identity_result<F, Texts>;
  auto given = read_credentials(request, scheme);
  if constexpr (bight::detail::awaitable_type<typename result::returned>) {
    auto work = call_identity<Texts>(f, request, given);
    auto value = co_await std::move(work);
    co_return accepted(std::move(value), scheme, info);
  } else {
    co_return accepted(call_identity<Texts>(f, request, given), scheme, info);
  }
}

}  // namespace bight::api::detail
