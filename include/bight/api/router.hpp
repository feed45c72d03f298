// router: the operations of an API and their handlers.
#pragma once
#include <bight/api/decoding_limits.hpp>
#include <bight/api/dependency.hpp>
#include <bight/api/detail/dependency_set.hpp>
#include <bight/api/detail/documented.hpp>
#include <bight/api/detail/serve.hpp>
#include <bight/api/operation.hpp>
#include <bight/api/security.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/multipart_form.hpp>
#include <bight/http/router.hpp>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
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
  /// Added to those of the operations.
  std::vector<std::string> tags;
  decoding_limits limits;
  http::multipart_form_options uploads;  ///< Of forms with files.
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
/// (`api::dependency<T>`) and, if it needs them, `http::server_request&` and `http::headers&`, the fields of
/// the response. It returns the result or an awaitable of it. References to values stay valid until the
/// handler has returned.
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
    static_assert(
        bound::fits_arguments(),
        "this handler does not take the values of the operation: their types, in the order of the "
        "declaration, then dependencies as api::dependency<T>, http::server_request& or http::headers&");
    static_assert(bound::fits(),
                  "this handler does not return the result of the operation, or an awaitable of it");
    if constexpr (bound::fits_arguments() && bound::fits()) {
      auto added = add_route(
          op.info(), [b = bound{op, std::move(f), dependencies_, options_.limits, options_.uploads}](
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
    add_provider(detail::key_of_type<made>(), needs, {},
                 [f = std::move(f)](http::server_request& r, const operation_info&) mutable {
                   return detail::make_dependency(f, r);
                 });
    return *this;
  }

  /// Makes a dependency of a bearer token (RFC 6750): who asks. `f` takes the token as a std::string, then
  /// what the functions of `provide` take, and returns a std::optional, or an awaitable of one; nullopt
  /// refuses the token. Requests without a token, or with one that is refused, are answered with 401 and
  /// WWW-Authenticate. The document shows which operations need a token. See jwt_verifier.
  ///
  ///     routes.provide_bearer([&](std::string token) -> bight::awaitable<std::optional<user>> {
  ///       co_return co_await users.find_by_token(token);
  ///     });
  ///     routes.add(get_me, [](api::dependency<user> who) { return *who; });
  template <class F>
  router& provide_bearer(F f) {
    return provide_identity<1>(std::move(f), detail::security_scheme{});
  }
  /// The same with the token of an OAuth2 server. `f` returns a std::optional<authorized<T>>, or an awaitable
  /// of one, and the dependency is the T. A token without a scope that the operation requires
  /// (operation::scope) is answered with 403.
  template <class F>
  router& provide_oauth2(oauth2 server, F f) {
    using made = typename detail::identity_result<F, 1>::type::value_type;
    static_assert(detail::authorized_type<made>::is_one,
                  "the function of provide_oauth2 returns a std::optional<api::authorized<T>>");
    detail::security_scheme scheme;
    scheme.how = detail::security_scheme::method::oauth2;
    scheme.server = std::move(server);
    return provide_identity<1>(std::move(f), std::move(scheme));
  }
  /// The same with a key in a header, the query, or a cookie. `f` takes the key; compare it in constant time,
  /// or look up its hash.
  template <class F>
  router& provide_api_key(api_key key, F f) {
    detail::security_scheme scheme;
    scheme.how = detail::security_scheme::method::api_key;
    scheme.where = key.where;
    scheme.name = key.name;
    return provide_identity<1>(std::move(f), std::move(scheme));
  }
  /// The same with a name and a password (RFC 7617), which `f` takes as two std::string.
  template <class F>
  router& provide_basic(F f) {
    detail::security_scheme scheme;
    scheme.how = detail::security_scheme::method::basic;
    return provide_identity<2>(std::move(f), std::move(scheme));
  }
  /// All operations of this router need the dependency T, also those of mounted routers: it is made, and may
  /// refuse the request, before those of the operation.
  ///
  ///     admin.require<administrator>();
  template <class T>
  router& require() {
    return add_requirement(detail::key_of_type<T>());
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
  /// path of router_options is that of an operation; std::logic_error if an operation requires scopes, but
  /// nothing it needs is made by provide_oauth2, if a result has a status without a body (204), or if an
  /// example is not JSON.
  http::router routes() &&;

 private:
  void document(detail::documented_operation op, std::span<const detail::dependency_key> needs);
  http::added_route add_route(const operation_info& info, http::handler h);
  void add_provider(detail::dependency_key key, std::span<const detail::dependency_key> needs,
                    std::optional<detail::security_scheme> scheme, detail::dependency_set::function make);
  router& add_requirement(detail::dependency_key key);
  template <std::size_t Texts, class F>
  router& provide_identity(F f, detail::security_scheme scheme) {
    using arguments = detail::trailing_arguments<F, Texts>;
    static_assert(
        detail::are_injected(arguments{}),
        "a provider takes the token or the like, then other dependencies as api::dependency<T>, and "
        "http::server_request&");
    using made = typename detail::identity_result<F, Texts>::type::value_type;
    constexpr auto needs = detail::keys_of(arguments{});
    auto shown = scheme;
    add_provider(detail::key_of_type<typename detail::authorized_type<made>::type>(), needs, std::move(shown),
                 [f = std::move(f), scheme = std::move(scheme)](http::server_request& r,
                                                                const operation_info& info) mutable {
                   return detail::make_identity<Texts>(f, scheme, r, info);
                 });
    return *this;
  }

  router_options options_;
  http::router inner_;
  std::shared_ptr<detail::dependency_set> dependencies_;
  std::vector<detail::documented_operation> operations_;
};

}  // namespace bight::api
