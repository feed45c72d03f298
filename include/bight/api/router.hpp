// router: the operations of an API and their handlers.
#pragma once
#include <bight/api/decoding_limits.hpp>
#include <bight/api/dependency.hpp>
#include <bight/api/detail/dependency_set.hpp>
#include <bight/api/detail/documented.hpp>
#include <bight/api/detail/serve.hpp>
#include <bight/api/operation.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/router.hpp>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::api {

/// Options of a router. Not an aggregate, so that it is safe in co_await expressions.
class router_options {
 public:
  router_options() {}
  router_options(std::string title_, std::string version_)
      : title(std::move(title_)), version(std::move(version_)) {}

  std::string title = "API";      ///< Of the document.
  std::string version = "0.1.0";  ///< Of the API.
  std::string description;
  /// Where the OpenAPI document is; empty: nowhere.
  std::string openapi_path = "/openapi.json";
  /// Where the page is that lists the operations and sends requests; empty: nowhere.
  std::string page_path = "/docs";
  decoding_limits limits;
};

/// The operations of an API: each with a handler that takes the values of its parameters.
///
///     api::router routes{api::router_options{"Shop", "1.0.0"}};
///     routes.add(get_item, [&](int id, bool verbose) -> bight::awaitable<item> {
///       auto found = co_await shop.find(id);
///       if (!found) throw http::problem{404, "there is no item " + std::to_string(id)};
///       co_return *found;
///     });
///     http::server server{std::move(routes).routes()};
///
/// A handler takes the values in the order in which the operation declares them, then dependencies
/// (`api::dependency<T>`) and, if it needs it, `http::server_request&`. It returns the result or an awaitable
/// of it. References to values stay valid until the handler has returned.
///
/// A request whose values do not fit is answered with 422 and all that is wrong with it (see invalid_input),
/// and the handler is not called; dependencies are made before. A body that is not JSON by its media type is
/// 415. Handlers throw http::problem for their errors.
class router {
 public:
  explicit router(router_options options = {});
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;
  ~router();

  /// Adds an operation. Errors: as http::router::route.
  template <class R, class... P, class F>
  http::added_route add(const operation<R, P...>& op, F f) {
    using bound = detail::bound_operation<operation<R, P...>, F>;
    static_assert(bound::fits_arguments(),
                  "this handler does not take the values of the operation: their types, in the order of the "
                  "declaration, then dependencies as api::dependency<T>, or http::server_request&");
    static_assert(bound::fits(),
                  "this handler does not return the result of the operation, or an awaitable of it");
    if constexpr (bound::fits_arguments() && bound::fits()) {
      auto added = add_route(
          op.info(), [b = bound{op, std::move(f), dependencies_, limits()}](
                         http::server_request& request) mutable { return detail::serve(b, request); });
      constexpr auto keys = detail::keys_of(typename bound::trailing{});
      document(detail::make_documented(op), keys);
      return added;
    }
  }

  /// Makes the dependency that `f` returns, once per request that needs it. `f` is a function or a coroutine
  /// that takes other dependencies and `http::server_request&`, if it needs them; an http::problem that it
  /// throws is the response. Replaces an earlier provider of the same type, as tests do. Mounted routers use
  /// the providers of the outer one, beside their own.
  ///
  ///     routes.provide([&](http::server_request& request) -> bight::awaitable<session> {
  ///       co_return co_await database.session();
  ///     });
  template <class F>
  router& provide(F f) {
    using arguments = typename detail::arguments_of<F>::type;
    static_assert(detail::are_injected(arguments{}),
                  "a provider takes other dependencies as api::dependency<T>, and http::server_request&");
    using made = typename detail::provider_result<F, arguments>::type;
    constexpr auto needs = detail::keys_of(arguments{});
    add_provider(
        detail::key_of_type<made>(), needs, false,
        [f = std::move(f)](http::server_request& r) mutable { return detail::make_dependency(f, r); });
    return *this;
  }

  /// Makes a dependency of a bearer token (RFC 6750): who asks. `f` takes the token as a std::string, then
  /// what the functions of `provide` take, and returns a std::optional, or an awaitable of one; nullopt
  /// refuses the token. Requests without a token, or with one that is refused, are answered with 401 and
  /// WWW-Authenticate. The document shows which operations need a token.
  ///
  ///     routes.provide_bearer([&](std::string token) -> bight::awaitable<std::optional<user>> {
  ///       co_return co_await users.find_by_token(token);
  ///     });
  ///     routes.add(get_me, [](api::dependency<user> who) { return *who; });
  template <class F>
  router& provide_bearer(F f) {
    using arguments = detail::trailing_arguments<F, 1>;
    static_assert(detail::are_injected(arguments{}),
                  "a provider takes the token, then other dependencies as api::dependency<T>, and "
                  "http::server_request&");
    using made = typename detail::provider_result<F, arguments, std::string>::type::value_type;
    constexpr auto needs = detail::keys_of(arguments{});
    add_provider(detail::key_of_type<made>(), needs, true,
                 [f = std::move(f)](http::server_request& r) mutable { return detail::make_of_token(f, r); });
    return *this;
  }

  /// Adds the operations of another router below `prefix`, which has no parameters: "/v1".
  void mount(std::string_view prefix, router other);
  /// As http::router::add_middleware.
  router& add_middleware(http::middleware m);

  /// The OpenAPI 3.1 document: the same text for the same operations. `server` is the path at which the API
  /// is mounted.
  std::string openapi(std::string_view server = {}) const;
  /// Writes the document to a file, for builds. Blocks. Errors: std::system_error.
  void write_openapi(const std::filesystem::path& file) const;

  /// The routes, with those of the document and the page: a handler of its own, or to be mounted.
  ///
  ///     site.mount("/api", std::move(routes).routes());
  ///
  /// Errors: std::logic_error if a dependency has no provider, or needs itself; std::invalid_argument if a
  /// path of router_options is that of an operation.
  http::router routes() &&;

 private:
  void document(detail::documented_operation op, std::span<const detail::dependency_key> needs);
  http::added_route add_route(const operation_info& info, http::handler h);
  void add_provider(detail::dependency_key key, std::span<const detail::dependency_key> needs, bool is_bearer,
                    unique_function<awaitable<std::shared_ptr<void>>(http::server_request&)> make);
  const decoding_limits& limits() const noexcept { return options_.limits; }

  router_options options_;
  http::router inner_;
  std::shared_ptr<detail::dependency_set> dependencies_;
  std::vector<detail::documented_operation> operations_;
};

}  // namespace bight::api
