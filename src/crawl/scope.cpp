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
  std::string folder;
};

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace

struct scope::rules {
  scope_mode mode = scope_mode::host;
  bool any_port = false;
  pattern_list include;
  pattern_list exclude;
  std::unordered_map<std::string, std::vector<seed>, text_hash, std::equal_to<>> seeds;  // by host

  scope_reason place_of(const http::url& url) const {
    if (mode == scope_mode::any) return scope_reason::in_scope;
    const auto at_host = seeds.find(url.host());
    if (at_host == seeds.end()) return scope_reason::host;
    auto reason = scope_reason::host;
    for (const auto& near : at_host->second) {
      if (!any_port && near.port != comparable_port(url)) continue;
      if (mode == scope_mode::host || url.path().starts_with(near.folder)) return scope_reason::in_scope;
      reason = scope_reason::prefix;
    }
    return reason;
  }
};

scope::scope(std::unique_ptr<const rules> made) noexcept : rules_(std::move(made)) {}
scope::scope(scope&&) noexcept = default;
scope& scope::operator=(scope&&) noexcept = default;
scope::~scope() = default;

boost::system::result<scope, scope_error> scope::make(const std::vector<http::url>& seeds,
                                                      scope_options options) {
  auto made = std::make_unique<rules>();
  made->mode = options.mode;
  made->any_port = options.any_port;
  auto include = compile("include", options.include, options.max_pattern_memory);
  if (!include) return std::move(include).error();
  made->include = *std::move(include);
  auto exclude = compile("exclude", options.exclude, options.max_pattern_memory);
  if (!exclude) return std::move(exclude).error();
  made->exclude = *std::move(exclude);
  for (const auto& url : seeds) {
    if (!url.is_http()) continue;
    auto& list = made->seeds[std::string(url.host())];
    // Of folders that contain one another the outermost is enough; in other modes any one is.
    const auto covers = [&](const seed& known) {
      const bool same_port = made->any_port || known.port == comparable_port(url);
      return same_port && (made->mode != scope_mode::prefix || folder(url).starts_with(known.folder));
    };
    if (std::ranges::none_of(list, covers)) list.push_back({comparable_port(url), std::string(folder(url))});
  }
  return scope(std::move(made));
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
  std::string text = option + " pattern " + std::to_string(index + 1) + ", \"" + pattern + "\": " + reason;
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
