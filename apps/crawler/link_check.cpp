#include "link_check.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "session.hpp"

namespace crawler {
namespace {

// Other sites get neither the cookies nor the credentials of the site. They get their own cookies back: some
// redirect for ever without.
bight::http::client guest(const settings& s) {
  auto o = s.client;
  if (o.cookies) o.cookies.emplace();
  o.netrc.reset();
  o.user_agent = s.crawl.user_agent;
  o.limits.max_connections = 64;
  o.limits.max_connections_per_host = 4;
  bight::http::client client{std::move(o)};
  limit_rate(s, client);
  return client;
}

bight::crawl::link_check_options options_of(const settings& s,
                                            std::shared_ptr<bight::crawl::link_cache> cache,
                                            const bight::http::client& site) {
  auto o = read_check_options(s.check, s.crawl);
  o.site_client = site;
  o.cache = std::move(cache);
  if (!s.seeds.empty())
    o.crawled = [scope = std::make_shared<bight::crawl::scope>(
                     bight::crawl::scope::make(s.seeds, s.crawl.scope).value())](const bight::http::url& u) {
      return scope->decide(u).in_scope();
    };
  return o;
}

std::shared_ptr<bight::crawl::link_cache> cache_of(const settings& s) {
  if (s.check.cache_file.empty()) return nullptr;
  return std::make_shared<bight::crawl::link_cache>(cache_age(s.check));
}

// That it cannot be written is said before the check, not after it.
void try_to_open(const std::string& report_file) {
  if (report_file.empty()) return;
  std::FILE* const out = std::fopen(report_file.c_str(), "ae");
  if (!out) throw std::system_error(errno, std::generic_category(), "cannot write " + report_file);
  std::fclose(out);
}

}  // namespace

link_check::link_check(const settings& s, const bight::http::client& site)
    : settings_(s), cache_(cache_of(s)), checker_(guest(s), options_of(s, cache_, site)) {
  try_to_open(s.check.report_file);
}

bight::awaitable<void> link_check::run(std::function<bight::awaitable<void>()> crawl) {
  if (cache_) co_await cache_->load(settings_.check.cache_file);
  cache_loaded_ = cache_ != nullptr;
  const auto started = bight::clock::now();
  const auto most = settings_.crawl.max_time;
  bight::deadline_control limit{bight::forever};
  const auto walk = [&]() -> bight::awaitable<void> {
    if (!settings_.check.files.empty()) {
      bight::crawl::local_options options;
      options.root = settings_.check.root;
      co_await bight::crawl::add_local_pages(checker_, settings_.check.files, options);
    }
    if (!settings_.seeds.empty() || !settings_.sitemaps.empty()) {
      auto work = crawl();
      co_await std::move(work);
    }
    // The crawl keeps to it by itself, and ends what it has begun.
    if (most != std::chrono::nanoseconds::max()) limit.reschedule(started + most);
  };
  const auto check = [&]() -> bight::awaitable<void> { co_await checker_.run(walk); };
  co_await bight::move_on_after(limit, check);
}

bight::awaitable<void> link_check::save_cache() const {
  if (cache_loaded_) co_await cache_->save(settings_.check.cache_file);
}

void link_check::print(bool stdout_has_lines, const bight::crawl::crawl_report* crawl) const {
  auto report = checker_.report();
  report.complete = report.complete && (!crawl || crawl->complete);
  const auto& name = settings_.check.report_file;
  const bool text_report = settings_.format == check_format::text;
  if (settings_.quiet && name.empty() && text_report) return;
  const bool nothing = !report.complete && report.counts.pages == 0 && report.links.empty();
  if (nothing && text_report && name.empty())
    return;  // an error at the start, which is told; programs read on
  const auto text = format_report(report, settings_.format);
  std::FILE* const standard = stdout_has_lines && text_report ? stderr : stdout;
  std::FILE* const out = name.empty() ? standard : std::fopen(name.c_str(), "we");
  const auto fail = [&] {
    throw std::system_error(errno, std::generic_category(),
                            "cannot write " + (name.empty() ? "stdout" : name));
  };
  if (!out) fail();
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  const int error = errno;
  if (!name.empty()) std::fclose(out);
  errno = error;
  if (!written) fail();
}

int link_check::exit_status() const {
  using enum bight::crawl::link_verdict;
  const auto report = checker_.report();
  const auto& check = settings_.check;
  const bool fails = settings_.fail_on_broken || check.check || check.strict;
  const bool strict = check.strict && (report.count(warning) != 0 || report.count(not_checked) != 0);
  return (fails && report.count(broken) != 0) || strict ? 3 : 0;
}

}  // namespace crawler
