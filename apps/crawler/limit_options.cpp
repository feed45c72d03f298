#include "limit_options.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <system_error>

#include "../duration.hpp"
#include "../usage.hpp"
#include "size.hpp"

namespace crawler {
namespace {

using std::chrono::nanoseconds;

// "10", "0.5", "30/m": requests a second.
std::optional<double> read_rate(const std::string& text) {
  double value = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  const std::string_view unit{end, static_cast<std::size_t>(last - end)};
  constexpr double most = 1e6;
  if (error != std::errc{} || !std::isfinite(value) || value <= 0 || value > most) return std::nullopt;
  if (unit.empty() || unit == "/s") return value;
  if (unit == "/m") return value / 60;
  if (unit == "/h") return value / 3600;
  return std::nullopt;
}

std::string check_rate(const std::string& text) {
  if (read_rate(text)) return {};
  return "'" + text + "' is not a rate such as 10, 0.5 or 30/m";
}

nanoseconds positive(const std::string& text, const char* option) {
  const auto value = *read_duration(text);
  if (value == nanoseconds::zero()) throw usage_error{std::string{option} + ": must be greater than 0"};
  return value;
}

}  // namespace

void limit_options::declare(CLI::App& app, settings& s) {
  auto& c = s.crawl;
  app.option_defaults()->group("Limits");
  auto& limits = app;
  limits.add_option("--max-pages", c.max_pages, "Stop after N HTML pages (default: unlimited)")
      ->check(whole_number(1, 1'000'000'000'000))
      ->option_text("N");
  limits.add_option("--max-time", max_time_, "Stop after this time (default: unlimited)")
      ->check(check_duration)
      ->option_text("DURATION");
  limits.add_option("--max-bytes", max_bytes_, "Stop after this size of all bodies (default: unlimited)")
      ->check(check_size)
      ->option_text("SIZE");
  limits
      .add_option("--max-body", max_body_,
                  "Read no more than this of a document, and find its links up to there (default: 64M)")
      ->check(check_size)
      ->option_text("SIZE");
  limits.add_option("--max-known", c.max_known, "Ignore further URLs when N are known (default: 10000000)")
      ->check(whole_number(1, 1'000'000'000))
      ->option_text("N");
  limits
      .add_option("--max-queries", c.traps.max_queries_per_path,
                  "Maximum number of URLs that differ in their query alone (default: 100000)")
      ->check(whole_number(1, 1'000'000'000))
      ->option_text("N");
  limits.add_option("--timeout", timeout_, "Timeout of one fetch (default: 30s)")
      ->check(check_duration)
      ->option_text("DURATION");
  limits.add_option("--retries", c.max_retries, "Retries of a URL after temporary errors (default: 2)")
      ->check(whole_number(0, 1000))
      ->option_text("N");

  limits
      .add_option("--max-wait", max_wait_,
                  "How long a host that answers 429 or 503 is waited for (default: 5m)")
      ->check(check_duration)
      ->option_text("DURATION");

  app.option_defaults()->group("Pace");
  auto& pace = app;
  pace.add_option("--concurrency", c.max_concurrent, "Maximum concurrent fetches (default: 16)")
      ->check(whole_number(1, 10'000))
      ->option_text("N");
  pace.add_option("--per-host", c.max_concurrent_per_host,
                  "Maximum concurrent fetches from one host (default: 4)")
      ->check(whole_number(1, 10'000))
      ->option_text("N");
  pace.add_option("--delay", delay_,
                  "Minimum time between fetches from one host (default: 250ms; none for loopback)")
      ->check(check_duration)
      ->option_text("DURATION");
  pace.add_option("--rate", rate_, "Maximum requests a second, or N/m a minute, to all hosts together")
      ->check(check_rate)
      ->option_text("N");
}

void limit_options::apply(settings& s) const {
  if (!delay_.empty()) s.crawl.host_delay = read_duration(delay_);
  if (!timeout_.empty()) s.crawl.fetch_timeout = positive(timeout_, "--timeout");
  if (!max_time_.empty()) s.crawl.max_time = positive(max_time_, "--max-time");
  if (!max_bytes_.empty()) s.crawl.max_bytes = *read_size(max_bytes_);
  if (!max_body_.empty()) s.crawl.max_body = *read_size(max_body_);
  if (!max_wait_.empty()) s.crawl.max_host_wait = *read_duration(max_wait_);
  if (!rate_.empty()) s.rate = read_rate(rate_);
}

}  // namespace crawler
