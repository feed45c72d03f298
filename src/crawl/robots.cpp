#include <bight/crawl/robots.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>
#include "crawl/html/scan.hpp"
#include "crawl/product_token.hpp"
#include "crawl/robots_path.hpp"

namespace bight::crawl {
namespace {

using std::chrono::milliseconds;

struct rule {
  std::size_t offset = 0;  // of the pattern, in data::patterns
  std::uint32_t size = 0;
  std::uint32_t line = 0;
  bool allow = false;
  bool has_star = false;
  std::uint64_t signature = 0;
};
/// The rules between one run of user-agent lines and the next. Longest first; then Allow first.
using block = std::vector<rule>;

struct agent {
  std::vector<std::size_t> blocks;  // in data::blocks
  std::optional<milliseconds> delay;
};

enum class key : std::uint8_t { unknown, user_agent, allow, disallow, crawl_delay, sitemap };

key read_key(std::string_view name) noexcept {
  struct spelling {
    std::string_view name;
    key meaning;
  };
  static constexpr auto spellings = std::to_array<spelling>({
      {"user-agent", key::user_agent},
      {"useragent", key::user_agent},
      {"user agent", key::user_agent},
      {"allow", key::allow},
      {"disallow", key::disallow},
      {"dissallow", key::disallow},
      {"dissalow", key::disallow},
      {"disalow", key::disallow},
      {"diasllow", key::disallow},
      {"disallaw", key::disallow},
      {"crawl-delay", key::crawl_delay},
      {"crawldelay", key::crawl_delay},
      {"sitemap", key::sitemap},
      {"site-map", key::sitemap},
  });
  for (const auto& known : spellings) {
    if (html::equals_lower(name, known.name)) return known.meaning;
  }
  return key::unknown;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), html::to_lower);
  return result;
}

/// Seconds, with or without a fraction; what follows the number is ignored. At most 24 days.
std::optional<milliseconds> read_delay(std::string_view text) noexcept {
  constexpr std::int64_t most = std::int64_t{24} * 86'400 * 1'000;
  std::int64_t value = 0;
  std::int64_t unit = 1'000;  // what the next digit of the fraction counts, times 10
  bool fraction = false;
  bool digits = false;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (!html::is_digit(c)) {
      break;
    } else {
      digits = true;
      if (fraction) unit /= 10;
      value = std::min(fraction ? value + (c - '0') * unit : value * 10 + (c - '0') * 1'000, most);
    }
  }
  if (!digits) return std::nullopt;
  return milliseconds(value);
}

}  // namespace

struct robots_rules::data {
  std::map<std::string, agent, std::less<>> agents;  // by product token in lower case; "*" for all others
  std::vector<block> blocks;
  std::string patterns;
  std::vector<std::string> sitemaps;
  robots_limits limits;
  bool truncated = false;
  bool unreachable = false;

  std::string_view pattern(const rule& of) const noexcept {
    return std::string_view(patterns).substr(of.offset, of.size);
  }
  robots_decision decide(const agent& named, std::string_view path) const;
  const agent* find(std::string_view product) const {
    auto found = agents.find(lower(product_token(product)));
    if (found == agents.end()) found = agents.find("*");
    return found == agents.end() ? nullptr : &found->second;
  }
};

robots_decision robots_rules::data::decide(const agent& named, std::string_view path) const {
  const auto signature = robots_signature(path);
  const rule* best = nullptr;
  std::size_t steps = 0;
  for (const auto index : named.blocks) {
    for (const auto& candidate : blocks[index]) {
      const bool better = best == nullptr || candidate.size > best->size ||
                          (candidate.size == best->size && candidate.allow && !best->allow);
      if (!better) break;  // nor is any that follows
      if ((candidate.signature & ~signature) != 0) continue;
      steps += candidate.has_star ? path.size() : 0;
      if (steps > limits.max_steps) return {false, candidate.line, pattern(candidate)};
      if (!robots_match(pattern(candidate), path)) continue;
      best = &candidate;
      break;
    }
  }
  if (best == nullptr) return {};
  return {best->allow, best->line, pattern(*best)};
}

namespace {

/// Reads robots.txt line by line into robots_rules::data.
template <typename Data>
class reader {
 public:
  reader(Data& data, const robots_limits& limits) : data_(data), limits_(limits) {}

  void read(std::string_view body) {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    while (!body.empty()) {
      const auto end = std::min(body.find_first_of("\r\n"), body.size());
      ++line_;
      read_line(body.substr(0, end));
      const bool crlf = body.substr(end).starts_with("\r\n");
      body.remove_prefix(std::min(end + (crlf ? 2 : 1), body.size()));
    }
    for (auto& rules : data_.blocks) {
      std::ranges::stable_sort(rules, [](const rule& a, const rule& b) {
        return a.size != b.size ? a.size > b.size : a.allow && !b.allow;
      });
    }
  }

 private:
  void read_line(std::string_view line) {
    line = html::trim_space(line.substr(0, line.find('#')));
    auto split = line.find(':');
    if (split == std::string_view::npos) split = line.find_first_of(" \t");
    if (split == std::string_view::npos) return;
    const auto value = html::trim_space(line.substr(split + 1));
    switch (read_key(html::trim_space(line.substr(0, split)))) {
      case key::user_agent:
        return on_user_agent(value);
      case key::allow:
        return on_rule(value, true);
      case key::disallow:
        return on_rule(value, false);
      case key::crawl_delay:
        return on_delay(value);
      case key::sitemap:
        if (!value.empty()) data_.sitemaps.emplace_back(value);
        return;
      case key::unknown:
        return;
    }
  }

  /// Lines other than rules do not end a group's list of agents (RFC 9309 2.2.4).
  void on_user_agent(std::string_view value) {
    if (in_rules_ || data_.blocks.empty()) {
      data_.blocks.emplace_back();
      named_.clear();
      in_rules_ = false;
    }
    const bool all = value.starts_with('*') && (value.size() == 1 || html::is_space(value[1]));
    const auto name = all ? std::string("*") : lower(product_token(value));
    if (name.empty()) return;
    auto& named = data_.agents[name];
    const auto current = data_.blocks.size() - 1;
    if (named.blocks.empty() || named.blocks.back() != current) named.blocks.push_back(current);
    named_.push_back(&named);
  }

  void on_rule(std::string_view value, bool allow) {
    if (data_.blocks.empty()) return;  // no agent yet
    in_rules_ = true;
    if (value.empty() || value.size() > limits_.max_path_bytes)
      return;  // an empty Disallow disallows nothing
    const auto offset = data_.patterns.size();
    // A path that lacks its slash is taken to have it.
    if (value.front() != '/' && value.front() != '*' && value.front() != '$') data_.patterns.push_back('/');
    append_robots_normal(data_.patterns, value, robots_text::pattern);
    const auto size = static_cast<std::uint32_t>(data_.patterns.size() - offset);
    const auto pattern = std::string_view(data_.patterns).substr(offset);
    const bool has_star = pattern.find('*') != std::string_view::npos;
    data_.blocks.back().push_back({offset, size, line_, allow, has_star, robots_signature(pattern)});
  }

  void on_delay(std::string_view value) {
    const auto delay = read_delay(value);
    if (!delay) return;
    for (agent* const named : named_) named->delay = std::max(named->delay.value_or(milliseconds(0)), *delay);
  }

  Data& data_;
  const robots_limits& limits_;
  std::vector<agent*> named_;  // by the group at hand
  bool in_rules_ = false;
  std::uint32_t line_ = 0;
};

}  // namespace

robots_rules robots_rules::parse(std::string_view body, const robots_limits& limits) {
  auto parsed = std::make_shared<data>();
  parsed->limits = limits;
  parsed->truncated = body.size() > limits.max_bytes;
  if (parsed->truncated) {
    const auto last = body.substr(0, limits.max_bytes).find_last_of("\r\n");
    body = body.substr(0, last == std::string_view::npos ? 0 : last);
  }
  reader<data>(*parsed, limits).read(body);
  robots_rules rules;
  rules.data_ = std::move(parsed);
  return rules;
}

robots_rules robots_rules::disallow_all() {
  auto nothing = std::make_shared<data>();
  nothing->unreachable = true;
  robots_rules rules;
  rules.data_ = std::move(nothing);
  return rules;
}

robots_decision robots_rules::allows(std::string_view product, std::string_view path_and_query) const {
  if (!data_) return {};
  const auto* const named = data_->find(product);
  if (named == nullptr && !data_->unreachable) return {};
  path_and_query = path_and_query.substr(0, path_and_query.find('#'));
  std::string path;
  append_robots_normal(path, path_and_query.substr(0, data_->limits.max_path_bytes), robots_text::path);
  if (path.empty() || path.front() != '/') path.insert(path.begin(), '/');
  if (path == "/robots.txt") return {};
  if (named == nullptr) return {false, 0, {}};

  return data_->decide(*named, path);
}

std::optional<milliseconds> robots_rules::crawl_delay(std::string_view product) const {
  const auto* const named = data_ ? data_->find(product) : nullptr;
  return named != nullptr ? named->delay : std::nullopt;
}

const std::vector<std::string>& robots_rules::sitemaps() const noexcept {
  static const std::vector<std::string> none;
  return data_ ? data_->sitemaps : none;
}

bool robots_rules::truncated() const noexcept { return data_ && data_->truncated; }

robots_access robots_status(int status, robots_status_options options) noexcept {
  if (status >= 200 && status < 300) return robots_access::parse;
  if (status == 429 && options.too_many_requests_is_unreachable) return robots_access::disallow_all;
  return status >= 300 && status < 500 ? robots_access::allow_all : robots_access::disallow_all;
}

}  // namespace bight::crawl
