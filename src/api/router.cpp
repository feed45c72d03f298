#include <bight/api/router.hpp>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "api/openapi.hpp"
#include "api/page.hpp"

namespace bight::api {
namespace {

// The prefix of the routers around: "/api" of "/api/openapi.json".
std::string prefix_of(const http::server_request& request, std::string_view path) {
  const auto whole = request.path();
  return whole.ends_with(path) ? std::string{whole.substr(0, whole.size() - path.size())} : std::string{};
}

void check(const detail::documented_operation& op) {
  const auto where = std::string{http::method{op.info.method}.name()}.append(" ").append(op.info.pattern);
  const auto needs = detail::all_needs(op);
  op.dependencies->check(needs, where);
  for (const auto& result : op.results)
    if (result.type && http::status{result.status == 0 ? op.info.status : result.status}.forbids_body())
      throw std::logic_error{"bight: api: " + where + ": a response of its status has no body: use void"};
  if (op.info.scope_count == 0) return;
  for (const auto* const scheme : detail::schemes_of(op))
    if (scheme->how == detail::security_scheme::method::oauth2) return;
  throw std::logic_error{"bight: api: " + where +
                         ": it requires a scope, but needs nothing that router::provide_oauth2 makes"};
}

}  // namespace

router::router(router_options options)
    : options_(std::move(options)), dependencies_(std::make_shared<detail::dependency_set>()) {}
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;
router::~router() = default;

void router::document(detail::documented_operation op, std::span<const detail::dependency_key> needs) {
  op.needs.assign(needs.begin(), needs.end());
  op.dependencies = dependencies_;
  op.tags = options_.tags;
  operations_.push_back(std::move(op));
}

http::added_route router::add_route(const operation_info& info, http::handler h) {
  return inner_.route(http::method{info.method}, info.pattern, std::move(h));
}

void router::add_provider(detail::dependency_key key, std::span<const detail::dependency_key> needs,
                          std::optional<detail::security_scheme> scheme,
                          detail::dependency_set::function make) {
  auto& all = dependencies_->providers;
  std::erase_if(all, [&](const auto& other) { return other.key.tag == key.tag; });
  all.push_back({key, {needs.begin(), needs.end()}, std::move(scheme), std::move(make)});
}

router& router::add_requirement(detail::dependency_key key) {
  dependencies_->required.push_back(key);
  return *this;
}

void router::mount(std::string_view prefix, router other) {
  if (prefix.find('{') != prefix.npos)
    throw std::invalid_argument{"bight: api: the prefix '" + std::string{prefix} + "' has parameters"};
  if (prefix == "/") prefix = {};
  other.dependencies_->outer = dependencies_;
  for (auto& op : other.operations_) {
    op.prefix.insert(0, prefix);
    op.tags.insert(op.tags.begin(), options_.tags.begin(), options_.tags.end());
    operations_.push_back(std::move(op));
  }
  inner_.mount(prefix, std::move(other.inner_));
}

router& router::add_middleware(http::middleware m) {
  inner_.add_middleware(std::move(m));
  return *this;
}

std::string router::openapi(std::string_view server) const {
  return detail::openapi_document(options_, operations_, server);
}

void router::write_openapi(const std::filesystem::path& file) const {
  std::ofstream out{file, std::ios::binary};
  out << openapi() << '\n';
  out.close();
  if (!out) throw std::system_error{errno, std::generic_category(), "cannot write " + file.string()};
}

http::router router::routes() && {
  for (const auto& op : operations_) check(op);
  if (!options_.openapi_path.empty()) {
    static_cast<void>(openapi());  // what is wrong with it is found now
    auto serve = [options = options_, operations = operations_](http::server_request& request) {
      const auto prefix = prefix_of(request, options.openapi_path);
      http::server_response r{200, detail::openapi_document(options, operations, prefix)};
      r.headers().set(http::header_id::content_type, "application/json");
      return r;
    };
    inner_.get(options_.openapi_path, std::move(serve));
  }
  if (!options_.page_path.empty() && !options_.openapi_path.empty()) {
    auto serve = [options = options_](http::server_request& request) {
      const auto prefix = prefix_of(request, options.page_path);
      return detail::page_response(options.title, prefix + options.openapi_path);
    };
    inner_.get(options_.page_path, std::move(serve));
  }
  return std::move(inner_);
}

}  // namespace bight::api
