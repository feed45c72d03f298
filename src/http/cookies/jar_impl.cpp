#include "http/cookies/jar_impl.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>
#include <utility>

#include "http/cookies/set_cookie.hpp"
#include "http/h1/chars.hpp"

namespace bight::http {
namespace {

bool has_expired(const cookie& c, wall_clock::time_point now) noexcept {
  return c.expires && *c.expires <= now;
}

bool is_ascii_host(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), h1::to_lower);
  return out;
}

// The domain of a cookie that a host sets (RFC 6265bis 5.7, steps 5 to 10). False: it may not.
bool set_domain(cookie& c, const url& where, std::optional<std::string_view> wanted) {
  const auto host = where.host();
  const bool is_name = where.kind_of_host() == host_kind::domain;
  c.domain = host;
  c.host_only = true;
  if (!wanted) return true;
  // A final dot would hide a public suffix from the list.
  if (!is_ascii_host(*wanted) || wanted->ends_with('.')) return false;
  std::string domain = lower_case(*wanted);
  if (!cookies::domain_matches(host, is_name, domain)) return false;
  if (!is_name) return true;
  if (cookies::is_public_suffix(domain)) return domain == host;
  c.domain = std::move(domain);
  c.host_only = false;
  return true;
}

}  // namespace

cookie_jar::impl::impl(const cookie_jar_options& options) : options_(options) {
  // So that no sum of it and a date overflows.
  options_.max_age = std::clamp<std::chrono::seconds>(
      options.max_age, std::chrono::seconds{0},
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::years{100}));
}

void cookie_jar::impl::clear() noexcept {
  shelves_.clear();
  size_ = 0;
}

bool cookie_jar::impl::store(const url& where, std::string_view text) {
  const auto parsed = cookies::parse_set_cookie(text, options_, wall_clock::now());
  const auto kind = where.kind_of_host();
  const bool is_host = kind == host_kind::domain || kind == host_kind::ipv4 || kind == host_kind::ipv6;
  // A host with an empty label in front has no address, and in a cookie file it would be another one.
  if (!parsed || !is_host || where.host().starts_with('.')) return false;
  cookie c;
  c.name = parsed->name;
  c.value = parsed->value;
  c.expires = parsed->expires;
  c.secure = parsed->secure;
  c.http_only = parsed->http_only;
  c.same_site = parsed->same_site;
  c.path = parsed->path.value_or(cookies::default_path(where.path()));
  // Tabs separate the fields of a cookie file. No URL has one in its path.
  if (c.name.find('\t') != c.name.npos || c.path.find('\t') != c.path.npos) return false;
  if (!set_domain(c, where, parsed->domain)) return false;
  const bool secure_channel = cookies::is_secure(where);
  if (c.secure && !secure_channel) return false;
  if (!c.secure && !secure_channel && shadows_secure(c)) return false;
  if (c.same_site == same_site::none && !c.secure) return false;
  const auto stated_path = parsed->has_path ? std::string_view{c.path} : std::string_view{};
  if (cookies::breaks_prefix(c.name, c.value, {c.secure, c.host_only, stated_path})) return false;
  insert(std::move(c));
  return true;
}

// "Leave secure cookies alone": whether a cookie from a connection without TLS would hide or replace one that
// came over TLS.
bool cookie_jar::impl::shadows_secure(const cookie& c) const {
  const auto now = wall_clock::now();
  return std::any_of(shelves_.begin(), shelves_.end(), [&](const auto& item) {
    const auto& [domain, entries] = item;
    if (!cookies::domain_matches(domain, true, c.domain) && !cookies::domain_matches(c.domain, true, domain))
      return false;
    return std::any_of(entries.begin(), entries.end(), [&](const entry& e) {
      return e.cookie.secure && e.cookie.name == c.name && !has_expired(e.cookie, now) &&
             cookies::path_matches(c.path, e.cookie.path);
    });
  });
}

const char* cookie_jar::impl::check(cookie& c) const {
  for (const std::string* const part : {&c.name, &c.value, &c.path, &c.domain}) {
    if (cookies::has_control(*part)) return "control character";
    if (h1::trim_ows(*part).size() != part->size()) return "surrounding spaces";
  }
  if (c.name.find(';') != c.name.npos || c.value.find(';') != c.value.npos) return "semicolon";
  if (c.name.find('=') != c.name.npos) return "\"=\" in the name";
  if (c.name.empty() && c.value.empty()) return "neither a name nor a value";
  if (c.name.find('\t') != c.name.npos || c.path.find('\t') != c.path.npos) return "tab";
  if (c.name.size() + c.value.size() > options_.max_cookie_size) return "too large";
  if (!c.path.starts_with('/')) return "the path does not begin with a slash";
  if (c.domain.starts_with('.')) c.domain.erase(0, 1);
  if (c.domain.empty() || !is_ascii_host(c.domain)) return "invalid domain";
  c.domain = lower_case(c.domain);
  if (cookies::breaks_prefix(c.name, c.value, {c.secure, c.host_only, c.path}))
    return "the prefix of the name requires other attributes";
  return nullptr;
}

void cookie_jar::impl::insert(cookie c) {
  const auto now = wall_clock::now();
  const std::string domain = c.domain;
  const auto found = shelves_.find(domain);
  std::uint64_t created = ++last_number_;
  if (found != shelves_.end()) {
    shelf& old = found->second;
    const auto same = std::find_if(old.begin(), old.end(), [&](const entry& e) {
      return e.cookie.name == c.name && e.cookie.host_only == c.host_only && e.cookie.path == c.path;
    });
    if (same != old.end()) {
      created = same->created;
      old.erase(same);
      --size_;
      if (old.empty()) shelves_.erase(found);
    }
  }
  if (has_expired(c, now)) return;
  shelves_[domain].push_back({std::move(c), created, last_number_});
  ++size_;
  keep_limits(domain);
}

// Cookies that came over TLS stay as long as others can go: otherwise a plain connection could push them out.
cookie_jar::impl::shelf::iterator cookie_jar::impl::victim(shelf& from) {
  return std::min_element(from.begin(), from.end(), [](const entry& a, const entry& b) {
    return std::tie(a.cookie.secure, a.used) < std::tie(b.cookie.secure, b.used);
  });
}

void cookie_jar::impl::keep_limits(const std::string& domain) {
  if (size_ <= options_.max_cookies &&
      shelves_.find(domain)->second.size() <= options_.max_cookies_per_domain)
    return;
  const auto now = wall_clock::now();
  remove_if([now](const cookie& c) { return has_expired(c, now); });
  const auto erase = [this](auto it, shelf::iterator which) {
    it->second.erase(which);
    --size_;
    if (it->second.empty()) shelves_.erase(it);
  };
  if (const auto it = shelves_.find(domain); it != shelves_.end()) {
    while (it->second.size() > options_.max_cookies_per_domain) {
      if (it->second.size() == 1) return erase(it, it->second.begin());
      erase(it, victim(it->second));
    }
  }
  while (size_ > options_.max_cookies) {
    const auto oldest = [](shelf& entries) {
      return std::min_element(entries.begin(), entries.end(),
                              [](const entry& a, const entry& b) { return a.used < b.used; });
    };
    const auto it = std::min_element(shelves_.begin(), shelves_.end(), [&](auto& a, auto& b) {
      return oldest(a.second)->used < oldest(b.second)->used;
    });
    erase(it, oldest(it->second));
  }
}

std::vector<cookie> cookie_jar::impl::all() const {
  const auto now = wall_clock::now();
  std::vector<const entry*> found;
  for (const auto& [domain, entries] : shelves_)
    for (const entry& e : entries)
      if (!has_expired(e.cookie, now)) found.push_back(&e);
  std::sort(found.begin(), found.end(),
            [](const entry* a, const entry* b) { return a->created < b->created; });
  std::vector<cookie> out;
  out.reserve(found.size());
  for (const entry* const e : found) out.push_back(e->cookie);
  return out;
}

// Looks at the host and at each domain above it; what may be set for those was checked when it was stored.
std::vector<cookie_jar::impl::entry*> cookie_jar::impl::matching(const url& where) {
  std::vector<entry*> found;
  if (size_ == 0) return found;
  const auto now = wall_clock::now();
  const bool secure_channel = cookies::is_secure(where);
  const std::string_view host = where.host();
  std::string_view domain = host;
  while (!domain.empty()) {
    if (const auto it = shelves_.find(domain); it != shelves_.end()) {
      for (entry& e : it->second) {
        const cookie& c = e.cookie;
        if ((c.secure && !secure_channel) || (c.host_only && domain.size() != host.size()) ||
            has_expired(c, now) || !cookies::path_matches(where.path(), c.path))
          continue;
        found.push_back(&e);
      }
    }
    const auto dot = domain.find('.');
    if (dot == domain.npos || where.kind_of_host() != host_kind::domain) break;
    domain.remove_prefix(dot + 1);
  }
  std::sort(found.begin(), found.end(), [](const entry* a, const entry* b) {
    if (a->cookie.path.size() != b->cookie.path.size()) return a->cookie.path.size() > b->cookie.path.size();
    return a->created < b->created;
  });
  return found;
}

std::size_t cookie_jar::impl::remove(const url& where, std::string_view name) {
  std::vector<std::uint64_t> numbers;
  for (const entry* const e : matching(where))
    if (e->cookie.name == name) numbers.push_back(e->created);
  std::size_t removed = 0;
  for (auto it = shelves_.begin(); it != shelves_.end() && removed != numbers.size();) {
    removed += std::erase_if(it->second, [&](const entry& e) {
      return std::find(numbers.begin(), numbers.end(), e.created) != numbers.end();
    });
    it = it->second.empty() ? shelves_.erase(it) : std::next(it);
  }
  size_ -= removed;
  return removed;
}

}  // namespace bight::http
