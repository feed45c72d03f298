#include <bight/crawl/scope.hpp>

#include <re2/re2.h>
#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace bight::crawl {
namespace {

using pattern_list = std::vector<std::unique_ptr<const re2::RE2>>;

re2::StringPiece piece(std::string_view text) noexcept { return {text.data(), text.size()}; }

boost::system::result<pattern_list, scope_error> compile(const std::string& option,
                                                         const std::vector<std::string>& patterns,
                                                         std::size_t max_memory) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(static_cast<std::int64_t>(std::min<std::size_t>(max_memory, std::size_t{1} << 30)));
  pattern_list list;
  for (const auto& pattern : patterns) {
    auto compiled = std::make_unique<const re2::RE2>(piece(pattern), options);
    if (!compiled->ok()) {
      const auto& fragment = compiled->error_arg();
      const auto at = pattern.find(fragment);
      return scope_error{option,           list.size(), pattern, fragment, at == std::string::npos ? 0 : at,
                         compiled->error()};
    }
    list.push_back(std::move(compiled));
  }
  return list;
}

/// The first pattern that matches somewhere in `text`, or null.
const re2::RE2* first_match(const pattern_list& patterns, std::string_view text) {
  const auto found = std::ranges::find_if(
      patterns, [text = piece(text)](const auto& pattern) { return re2::RE2::PartialMatch(text, *pattern); });
  return found == patterns.end() ? nullptr : found->get();
}

/// 0 stands for the scheme's own default, so that http and https of one host compare equal.
std::uint16_t comparable_port(const http::url& url) noexcept { return url.port().value_or(0); }

/// The path up to and with its last slash.
std::string_view folder(const http::url& url) noexcept {
  const auto path = url.path();
  return path.substr(0, path.rfind('/') + 1);
}

struct seed {
  std::uint16_t port = 0;
  bool http = false;
  std::string folder;     // in mode prefix
  std::size_t count = 1;  // seeds with all of these
};

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace

struct scope::rules {
  scope_mode mode = scope_mode::host;
  bool any_port = false;
  bool https_upgrade = false;
  pattern_list include;
  pattern_list exclude;
  std::unordered_map<std::string, std::vector<seed>, text_hash, std::equal_to<>> seeds;  // by host
  std::unordered_map<std::string, bool, text_hash, std::equal_to<>> hosts;  // with those below it?

  // Whether the host, or one that it is below, is in the list.
  bool is_listed(std::string_view host) const {
    if (hosts.empty()) return false;
    if (hosts.contains(host)) return true;
    for (auto dot = host.find('.'); dot != host.npos; dot = host.find('.')) {
      host.remove_prefix(dot + 1);
      if (const auto known = hosts.find(host); known != hosts.end() && known->second) return true;
    }
    return false;
  }
  scope_reason place_of(const http::url& url) const {
    if (mode == scope_mode::any || is_listed(url.host())) return scope_reason::in_scope;
    auto host = url.host();
    auto reason = place_at(url, host);
    if (mode != scope_mode::subdomains || url.kind_of_host() != http::host_kind::domain) return reason;
    for (auto dot = host.find('.'); reason == scope_reason::host && dot != host.npos; dot = host.find('.')) {
      host.remove_prefix(dot + 1);
      reason = place_at(url, host);
    }
    return reason;
  }
  // As if the URL were of this host.
  scope_reason place_at(const http::url& url, std::string_view host) const {
    const auto at_host = seeds.find(host);
    if (at_host == seeds.end()) return scope_reason::host;
    auto reason = scope_reason::host;
    for (const auto& near : at_host->second) {
      const bool upgraded = https_upgrade && near.http && url.scheme() == "https";
      if (!any_port && !upgraded && near.port != comparable_port(url)) continue;
      if (mode != scope_mode::prefix || url.path().starts_with(near.folder)) return scope_reason::in_scope;
      reason = scope_reason::prefix;
    }
    return reason;
  }
  seed seed_of(const http::url& url) const {
    seed s;
    s.port = comparable_port(url);
    s.http = url.scheme() == "http";
    if (mode == scope_mode::prefix) s.folder = folder(url);
    return s;
  }
  // In mode subdomains, www.example.org stands for example.org.
  std::string_view key_of(const http::url& url) const {
    auto host = url.host();
    if (mode == scope_mode::subdomains && host.starts_with("www.")) host.remove_prefix(4);
    return host;
  }
  void add(const http::url& url) {
    if (!url.is_http() || mode == scope_mode::hosts) return;
    auto& list = seeds[std::string(key_of(url))];
    auto made = seed_of(url);
    const auto known = std::ranges::find_if(list, [&](const seed& s) { return same(s, made); });
    if (known != list.end())
      ++known->count;
    else
      list.push_back(std::move(made));
  }
  void remove(const http::url& url) {
    const auto at_host = seeds.find(key_of(url));
    if (at_host == seeds.end()) return;
    auto& list = at_host->second;
    const auto made = seed_of(url);
    const auto known = std::ranges::find_if(list, [&](const seed& s) { return same(s, made); });
    if (known != list.end() && --known->count == 0) list.erase(known);
  }
  static bool same(const seed& a, const seed& b) {
    return a.port == b.port && a.http == b.http && a.folder == b.folder;
  }
};

scope::scope(std::unique_ptr<rules> made) noexcept : rules_(std::move(made)) {}
scope::scope(scope&&) noexcept = default;
scope& scope::operator=(scope&&) noexcept = default;
scope::~scope() = default;

boost::system::result<scope, scope_error> scope::make(const std::vector<http::url>& seeds,
                                                      scope_options options) {
  auto made = std::make_unique<rules>();
  made->mode = options.mode;
  made->any_port = options.any_port;
  made->https_upgrade = options.https_upgrade;
  auto include = compile("include", options.include, options.max_pattern_memory);
  if (!include) return std::move(include).error();
  made->include = *std::move(include);
  auto exclude = compile("exclude", options.exclude, options.max_pattern_memory);
  if (!exclude) return std::move(exclude).error();
  made->exclude = *std::move(exclude);
  for (std::size_t i = 0; i != options.hosts.size(); ++i) {
    std::string_view name = options.hosts[i];
    const bool below = name.starts_with("*.");
    if (below) name.remove_prefix(2);
    const auto url = http::url::parse("http://" + std::string{name} + '/');
    if (!url || name.find('*') != name.npos || url->path() != "/" || url->port() || url->has_credentials())
      return scope_error{"host", i, options.hosts[i], {}, 0, "not the name or address of a host"};
    auto& known = made->hosts[std::string(url->host())];
    known = known || below;
  }
  for (const auto& url : seeds) made->add(url);
  return scope(std::move(made));
}

void scope::add_seed(const http::url& url) { rules_->add(url); }

bool scope::follow_seed(const http::url& from, const http::url& to) {
  if (!to.is_http() || rules_->mode == scope_mode::any || rules_->mode == scope_mode::hosts) return false;
  const bool outside = rules_->place_of(to) != scope_reason::in_scope;
  const auto into = to.path();
  const bool into_folder = rules_->mode == scope_mode::prefix && to.origin() == from.origin() &&
                           into.size() == from.path().size() + 1 && into.starts_with(from.path()) &&
                           into.ends_with('/');
  if (into_folder) rules_->remove(from);
  if (outside || into_folder) rules_->add(to);
  return outside;
}

bool scope::only_hosts() const noexcept {
  return rules_->mode != scope_mode::prefix && rules_->include.empty() && rules_->exclude.empty();
}

scope_decision scope::decide(const http::url& url) const {
  if (!url.is_http()) return {scope_reason::scheme, {}};
  if (const auto place = rules_->place_of(url); place != scope_reason::in_scope) return {place, {}};
  if (const auto* const pattern = first_match(rules_->exclude, url.href())) {
    return {scope_reason::excluded, pattern->pattern()};
  }
  if (rules_->include.empty()) return {};
  const auto* const pattern = first_match(rules_->include, url.href());
  if (pattern == nullptr) return {scope_reason::not_included, {}};
  return {scope_reason::in_scope, pattern->pattern()};
}

std::string scope_error::message() const {
  std::string text = option + (option == "host" ? " " : " pattern ") + std::to_string(index + 1) + ", \"" +
                     pattern + "\": " + reason;
  if (!fragment.empty()) text += " at byte " + std::to_string(position);
  return text;
}

void throw_exception_from_error(const scope_error& error, const boost::source_location&) {
  throw std::invalid_argument(error.message());
}

std::string_view to_string(scope_reason reason) noexcept {
  switch (reason) {
    case scope_reason::in_scope:
      return "in_scope";
    case scope_reason::scheme:
      return "scheme";
    case scope_reason::host:
      return "host";
    case scope_reason::prefix:
      return "prefix";
    case scope_reason::excluded:
      return "excluded";
    case scope_reason::not_included:
      return "not_included";
  }
  return "unknown";
}

}  // namespace bight::crawl
