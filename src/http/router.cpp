#include <bight/http/router.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "http/handler_chain.hpp"
#include "http/routing/path_text.hpp"
#include "http/routing/pattern.hpp"
#include "http/routing/route.hpp"
#include "http/routing/route_tree.hpp"
#include "http/server/exchange.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {

namespace {

using detail::call_route;
using detail::fail_late;
using detail::route_data;
using detail::route_scope;
using detail::with_problems;

// Why there is no route.
enum class miss : std::uint8_t { path, method, malformed };

server_response answer_to_method(const server_request& request, const std::vector<method>& known) {
  std::string allow;
  const auto list = [&allow](std::string_view name) { allow.append(allow.empty() ? "" : ", ").append(name); };
  for (const auto& m : known) list(m.name());
  if (std::find(known.begin(), known.end(), method::options) == known.end()) list("OPTIONS");
  auto r = request.method() == method::options
               ? server_response{status::no_content}
               : detail::plain_text(status::method_not_allowed, "method not allowed");
  r.headers().append(header_id::allow, allow);
  return r;
}

}  // namespace

class router::impl {
 public:
  route_data& add(routing::pattern where, const std::optional<method>& m, handler h);
  void mount(const routing::pattern& prefix, impl& other);
  route_scope& scope() noexcept { return *scopes_.front(); }
  void require_open() const {
    if (prepared_) fail_late();
  }
  awaitable<server_response> handle(server_request& request);

 private:
  void insert(std::unique_ptr<route_data> route);
  void prepare();
  void set_params(server_request& request, const route_data& route, const routing::found_route& found,
                  std::string_view path, std::string decoded);
  awaitable<server_response> call(route_data& route, server_request& request);
  awaitable<server_response> answer_miss(server_request& request, routing::found_route found, miss why);
  awaitable<server_response> answer_miss_inside(route_scope& scope, server_request& request,
                                                const std::vector<method>& known, miss why);

  struct mounted_scope {
    routing::pattern prefix;
    std::size_t scope;
  };

  static std::vector<std::unique_ptr<route_scope>> own_scope() {
    std::vector<std::unique_ptr<route_scope>> scopes;
    scopes.push_back(std::make_unique<route_scope>());
    return scopes;
  }

  std::vector<std::unique_ptr<route_data>> routes_;
  std::vector<std::unique_ptr<route_scope>> scopes_ = own_scope();  // then those of mounted routers
  std::vector<mounted_scope> mounted_;
  routing::route_tree tree_;
  bool prepared_ = false;
};

void router::impl::insert(std::unique_ptr<route_data> route) {
  if (const auto other = tree_.add(route->where, route->method, routes_.size()))
    throw std::invalid_argument{"bight: router: " + route->name() + " conflicts with " +
                                routes_[*other]->name()};
  route->params.clear();
  for (const auto name : route->where.param_names()) route->params.emplace_back(name);
  routes_.push_back(std::move(route));
}

route_data& router::impl::add(routing::pattern where, const std::optional<method>& m, handler h) {
  require_open();
  auto route = std::make_unique<route_data>();
  route->where = std::move(where);
  route->method = m;
  route->handle = std::move(h);
  route->scope = &scope();
  insert(std::move(route));
  return *routes_.back();
}

void router::impl::mount(const routing::pattern& prefix, impl& other) {
  require_open();
  other.require_open();
  const auto first = scopes_.size();
  other.scope().outer = &scope();
  for (auto& s : other.scopes_) scopes_.push_back(std::move(s));
  for (auto& route : other.routes_) {
    route->where = join(prefix, route->where);
    insert(std::move(route));
  }
  // Inner ones first: of two at the same place, the inner one has the middleware of both.
  for (const auto& m : other.mounted_) mounted_.push_back({join(prefix, m.prefix), first + m.scope});
  mounted_.push_back({prefix, first});
  for (auto m = mounted_.end() - static_cast<std::ptrdiff_t>(other.mounted_.size()) - 1; m != mounted_.end();
       ++m)
    if (!m->prefix.segments.empty()) tree_.add_scope(m->prefix, m->scope);
}

void router::impl::prepare() {
  for (auto& s : scopes_) s->prepare();
  for (auto& r : routes_) r->prepare();
  prepared_ = true;
}

void router::impl::set_params(server_request& request, const route_data& route,
                              const routing::found_route& found, std::string_view path, std::string decoded) {
  auto& extras = detail::routing_access::extras(request);
  if (!decoded.empty()) {
    std::replace(decoded.begin(), decoded.end(), routing::encoded_slash, '/');
    path = extras.keep(std::move(decoded));
  }
  extras.params.reserve(found.params);
  for (std::size_t i = 0; i != found.params; ++i)
    extras.params.push_back({route.params[i], path.substr(found.captures[i].from, found.captures[i].size)});
}

awaitable<server_response> router::impl::handle(server_request& request) {
  if (!prepared_) prepare();
  const auto raw = request.path();
  routing::found_route found;
  if (!raw.starts_with('/')) {  // OPTIONS *
    const auto why = raw == "*" ? miss::method : miss::malformed;
    return answer_miss(request, std::move(found), why);
  }
  std::string decoded;
  if (raw.find('%') != raw.npos && !routing::decode_path(raw, decoded))
    return answer_miss(request, std::move(found), miss::malformed);
  const auto path = decoded.empty() ? raw : std::string_view{decoded};
  if (!routing::has_dot_segment(path)) tree_.find(path, request.method(), found);
  if (!found.route) {
    const auto why = found.other_methods.empty() ? miss::path : miss::method;
    return answer_miss(request, std::move(found), why);
  }
  auto& route = *routes_[*found.route];
  detail::routing_access::set_route(request, route.where.text);
  if (route.where.mounted)
    detail::routing_access::set_subpath(request, routing::nth_slash(raw, found.segments));
  if (found.params != 0) set_params(request, route, found, path, std::move(decoded));
  return call(route, request);
}

awaitable<server_response> router::impl::call(route_data& route, server_request& request) {
  if (route.max_body) request.max_body(*route.max_body);
  auto work = route.chain ? route.chain->call(0, request) : call_route(route, request);
  // A server does that itself.
  if (detail::routing_access::is_served(request)) return work;
  return with_problems(std::move(work));
}

awaitable<server_response> router::impl::answer_miss(server_request& request, routing::found_route found,
                                                     miss why) {
  std::vector<method> known;
  if (why == miss::method && found.other_methods.empty()) known = tree_.methods();
  for (const auto* const set : found.other_methods) set->list_methods(known);
  auto& scope = *scopes_[found.scope.value_or(0)];
  handler inner = [&](server_request& r) { return answer_miss_inside(scope, r, known, why); };
  detail::handler_chain chain{scope.around, inner};
  auto work = with_problems(chain.call(0, request));
  co_return co_await std::move(work);
}

awaitable<server_response> router::impl::answer_miss_inside(route_scope& scope, server_request& request,
                                                            const std::vector<method>& known, miss why) {
  if (why == miss::method) co_return answer_to_method(request, known);
  if (why == miss::malformed)
    co_return detail::plain_text(status::bad_request, "the path is not valid percent-encoded UTF-8");
  auto* const custom = scope.find_not_found();
  if (!custom) co_return detail::plain_text(status::not_found, "not found");
  auto work = with_problems((*custom)(request));
  co_return co_await std::move(work);
}

router::router() : impl_(std::make_unique<impl>()) {}
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;
router::~router() = default;

added_route router::add(const std::optional<method>& m, std::string_view pattern, handler h) {
  return added_route{impl_->add(routing::parse_pattern(pattern), m, std::move(h))};
}

added_route router::add_mount(std::string_view prefix, handler h) {
  auto where = routing::parse_prefix(prefix);
  where.text += "/*";
  where.mounted = true;
  return added_route{impl_->add(std::move(where), {}, std::move(h))};
}

void router::mount(std::string_view prefix, router other) {
  impl_->mount(routing::parse_prefix(prefix), *other.impl_);
}

router& router::add_middleware(middleware m) {
  impl_->require_open();
  impl_->scope().own.push_back(std::move(m));
  return *this;
}

router& router::set_not_found(handler h) {
  impl_->require_open();
  impl_->scope().not_found = std::move(h);
  return *this;
}

awaitable<server_response> router::operator()(server_request& request) { return impl_->handle(request); }

added_route& added_route::max_body(std::uint64_t bytes) {
  if (data_->closed) fail_late();
  data_->max_body = bytes;
  return *this;
}

added_route& added_route::timeout(std::chrono::nanoseconds limit, status code) {
  if (data_->closed) fail_late();
  data_->limit = limit;
  data_->on_timeout = code;
  return *this;
}

added_route& added_route::add_middleware(middleware m) {
  if (data_->closed) fail_late();
  data_->own.push_back(std::move(m));
  return *this;
}

std::string_view added_route::pattern() const noexcept { return data_->where.text; }

}  // namespace bight::http
