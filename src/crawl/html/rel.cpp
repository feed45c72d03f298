#include "crawl/html/rel.hpp"
#include <array>
#include <cstddef>
#include "crawl/html/scan.hpp"

namespace bight::crawl::html {
namespace {

struct rel_rank {
  std::string_view token;
  link_kind kind;
};
// Most specific first: "alternate stylesheet" is a style sheet, "shortcut icon" an icon.
constexpr auto ranks = std::to_array<rel_rank>({
    {"stylesheet", link_kind::stylesheet},
    {"icon", link_kind::icon},
    {"apple-touch-icon", link_kind::icon},
    {"apple-touch-icon-precomposed", link_kind::icon},
    {"mask-icon", link_kind::icon},
    {"canonical", link_kind::canonical},
    {"next", link_kind::next},
    {"prev", link_kind::prev},
    {"previous", link_kind::prev},
    {"manifest", link_kind::manifest},
    {"preload", link_kind::preload},
    {"modulepreload", link_kind::preload},
    {"prefetch", link_kind::preload},
    {"prerender", link_kind::preload},
    {"alternate", link_kind::alternate},
});
// Tokens that modify a link, only warm a connection up, or name a service that answers programs, but no GET.
constexpr auto no_kind = std::to_array<std::string_view>(
    {"nofollow", "noopener", "noreferrer", "opener", "external", "ugc", "sponsored", "dns-prefetch",
     "preconnect", "pingback", "webmention", "micropub", "microsub", "authorization_endpoint",
     "token_endpoint", "hub"});

std::size_t rank_of(std::string_view token) noexcept {
  for (std::size_t i = 0; i != ranks.size(); ++i) {
    if (equals_lower(token, ranks[i].token)) return i;
  }
  for (const auto known : no_kind) {
    if (equals_lower(token, known)) return ranks.size() + 1;
  }
  return ranks.size();
}

}  // namespace

rel_meaning read_rel(std::string_view value) noexcept {
  rel_meaning meaning;
  std::size_t best = ranks.size() + 1;
  while (true) {
    const auto token = next_token(value, is_space);
    if (token.empty()) break;
    if (equals_lower(token, "nofollow")) meaning.nofollow = true;
    if (equals_lower(token, "canonical")) meaning.canonical = true;
    if (const auto rank = rank_of(token); rank < best) best = rank;
  }
  if (best <= ranks.size()) meaning.kind = best == ranks.size() ? link_kind::other : ranks[best].kind;
  return meaning;
}

bool has_nofollow(std::string_view value) noexcept {
  while (true) {
    const auto token = next_token(value, is_space);
    if (token.empty()) return false;
    if (equals_lower(token, "nofollow")) return true;
  }
}

std::string_view charset_of_content_type(std::string_view value) noexcept {
  for (; !value.empty(); value.remove_prefix(1)) {
    if (!starts_with_lower(value, "charset")) continue;
    auto rest = trim_space(value.substr(7));
    if (!rest.starts_with('=')) continue;
    rest = trim_space(rest.substr(1));
    if (rest.starts_with('"') || rest.starts_with('\'')) {
      const auto close = rest.find(rest.front(), 1);
      return close == std::string_view::npos ? std::string_view{} : rest.substr(1, close - 1);
    }
    return next_token(rest, [](char c) { return is_space(c) || c == ';'; });
  }
  return {};
}

}  // namespace bight::crawl::html
