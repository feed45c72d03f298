// dependency: a value that is made for a request, and found by its type.
#pragma once
#include <array>
#include <bight/api/detail/signature.hpp>
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
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::api {

/// A value that router::provide makes once per request: a database session, the user who asks. A handle that
/// is cheap to copy; the value is destroyed when the response has been sent and the last handle is gone.
///
///     routes.add(get_item, [&](int id, bool verbose, api::dependency<session> db) { return db->find(id); });
template <class T>
class dependency {
 public:
  explicit dependency(std::shared_ptr<T> value) noexcept : value_(std::move(value)) {}
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_.get(); }

 private:
  std::shared_ptr<T> value_;
};

namespace detail {

template <class T>
struct dependency_type {
  static constexpr bool is_one = false;
};
template <class T>
struct dependency_type<dependency<T>> {
  static constexpr bool is_one = true;
  using type = T;
};

/// Identifies the type of a dependency; null for arguments that are none.
template <class A>
constexpr const void* key_of() {
  using plain = std::remove_cvref_t<A>;
  if constexpr (dependency_type<plain>::is_one)
    return &http::detail::type_tag<typename dependency_type<plain>::type>;
  else
    return nullptr;
}
template <class... A>
constexpr std::array<const void*, sizeof...(A)> keys_of(argument_list<A...>) {
  return {key_of<A>()...};
}

template <class A>
inline constexpr bool is_injected =
    dependency_type<std::remove_cvref_t<A>>::is_one || std::same_as<A, http::server_request&>;
template <class... A>
constexpr bool are_injected(argument_list<A...>) {
  return (is_injected<A> && ...);
}

using dependency_maker = unique_function<awaitable<std::shared_ptr<void>>(http::server_request&)>;

/// The providers of a router. `outer` is that of the router in which it is mounted.
struct dependency_set {
  struct provider {
    const void* key;
    std::vector<const void*> needs;
    mutable dependency_maker make;
  };
  const provider* find(const void* key) const noexcept;

  std::vector<provider> providers;
  std::shared_ptr<const dependency_set> outer;
};

/// Makes what is not there yet; null keys are skipped. Throws std::logic_error for a type that nobody
/// provides, and for one that needs itself.
awaitable<void> resolve(http::server_request& request, std::shared_ptr<const dependency_set> set,
                        std::vector<const void*> keys);
inline awaitable<void> resolve(http::server_request& request,
                               const std::shared_ptr<const dependency_set>& set,
                               std::span<const void* const> keys) {
  return resolve(request, set, std::vector<const void*>(keys.begin(), keys.end()));
}
std::shared_ptr<void> resolved(http::server_request& request, const void* key);

template <class A>
decltype(auto) inject(http::server_request& request) {
  using plain = std::remove_cvref_t<A>;
  if constexpr (std::same_as<plain, http::server_request>)
    return (request);
  else {
    using type = typename dependency_type<plain>::type;
    return plain{std::static_pointer_cast<type>(resolved(request, key_of<A>()))};
  }
}

template <class F, class... A>
decltype(auto) call_provider(F& f, http::server_request& request, argument_list<A...>) {
  return std::invoke(f, inject<A>(request)...);
}
template <class F, class L>
struct provider_result;
template <class F, class... A>
struct provider_result<F, argument_list<A...>> {
  using type = std::invoke_result_t<F&, A...>;
};

template <class F>
awaitable<std::shared_ptr<void>> make_dependency(F& f, http::server_request& request) {
  using arguments = typename arguments_of<F>::type;
  using returned = typename provider_result<F, arguments>::type;
  using type = std::remove_cvref_t<http::detail::awaited_t<returned>>;
  constexpr arguments list;
  if constexpr (bight::detail::awaitable_type<returned>) {
    auto work = call_provider(f, request, list);
    auto value = co_await std::move(work);
    co_return std::make_shared<type>(std::move(value));
  } else {
    co_return std::make_shared<type>(call_provider(f, request, list));
  }
}

}  // namespace detail
}  // namespace bight::api
