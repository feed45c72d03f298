// bight-crawl: a web crawler and link checker.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "../error_text.hpp"
#include "../live_lines.hpp"
#include "../log_to_stderr.hpp"
#include "body_files.hpp"
#include "line_file.hpp"
#include "link_check.hpp"
#include "listed_urls.hpp"
#include "progress.hpp"
#include "session.hpp"
#include "settings.hpp"

namespace {

namespace crawl = bight::crawl;

// What happened to start URLs, also after redirects, one line each.
class seed_errors {
 public:
  explicit seed_errors(const crawler::settings& s) : listed_(crawler::listed_urls::wanted(s)) {
    for (const auto& url : s.seeds) given_.emplace(url.href_without_fragment());
  }
  void note(const crawl::page& p) {
    // What a sitemap lists begins like a start URL; that it is broken does not fail the crawl.
    if (!p.seed || (listed_ && !given_.contains(p.url.href()))) return;
    if (!p.error.empty()) {
      lines_.push_back(p.url.redacted() + ": " + p.error);
      ++failed_;
    } else if (p.final_url != p.url) {
      for (const auto& warning : p.warnings) lines_.push_back(p.url.redacted() + ": " + warning);
    }
  }
  bool any() const noexcept { return failed_ != 0; }
  void print() const {
    for (const auto& line : lines_) std::fprintf(stderr, "bight-crawl: %s\n", line.c_str());
  }

 private:
  bool listed_;
  std::set<std::string> given_;
  std::vector<std::string> lines_;
  std::size_t failed_ = 0;
};

void print_summary(const crawler::settings& s, const crawl::crawl_report& report, bool stdout_has_lines) {
  if (s.format == crawler::check_format::json) {
    std::printf("%s\n", crawl::to_json(report).c_str());
  } else if (!s.quiet) {
    std::fputs(crawl::to_text(report).c_str(), stdout_has_lines ? stderr : stdout);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write stdout");
}

// A terminal that is gone ends the crawl as SIGINT does, unless the signal is ignored (nohup).
bight::awaitable<void> watch_hangup() {
  struct sigaction now {};
  if (::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) co_return;
  bight::signals hangup{SIGHUP};
  const int number = co_await hangup.next();
  throw bight::interrupt_error{number};
}

bight::awaitable<void> crawl_with_progress(crawl::crawler& c, const crawler::settings& s,
                                           crawler::listed_urls& listed, crawler::link_check* check) {
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    bight::task<void> line;
    if (!s.quiet && has_terminal()) line = group.spawn(crawler::show_progress, std::cref(c), check);
    auto hangup = group.spawn(&watch_hangup);
    const auto walk = [&]() -> bight::awaitable<void> {
      if (!crawler::listed_urls::wanted(s)) {
        co_await c.run(s.seeds);
      } else {
        bight::queue<bight::http::url> seeds{s.crawl.max_queued_seeds};
        auto feed = group.spawn([&] { return listed.feed(c, seeds); });
        co_await c.run(seeds);
        feed.cancel();  // a limit may have ended the crawl
        co_await feed.wait();
      }
    };
    if (check)
      co_await check->run(walk);
    else
      co_await walk();
    hangup.cancel();
    if (line.valid()) line.cancel();
  });
}

// A line about a page that has been saved names its file.
std::string with_file(std::string line, const std::string& file) {
  if (file.empty()) return line;
  line.back() = ',';  // of the closing brace
  return line + "\"file\":\"" + file + "\"}";
}

// However the crawl ends, the results so far are written.
bight::awaitable<int> program(crawler::settings& s, crawler::line_file& output) {
  auto client = co_await crawler::make_client(s);
  crawl::crawler c{s.crawl, client};
  crawler::listed_urls listed{s, client};
  std::optional<crawler::link_check> check;
  if (s.check.wanted(s.fail_on_broken, s.format)) check.emplace(s, client);
  auto* const links = check ? &*check : nullptr;
  seed_errors errors{s};
  output.open();
  crawler::body_files bodies{s.save};
  const auto included = crawl::scope::make({}, crawler::patterns(s.include)).value();
  const auto note = [&](const crawl::page& p) {
    errors.note(p);
    if (links) links->add(p);
  };
  const auto write = [&](const crawl::page& p) -> bight::awaitable<void> {
    note(p);
    const auto file = bodies.take_name(p);
    if (included.decide(p.url)) co_await output.write(with_file(crawl::to_json(p), file));
  };
  if (bodies.wanted())
    c.on_body([&](const crawl::page& p, std::string_view piece) -> bight::awaitable<void> {
      if (included.decide(p.url)) co_await bodies.write(p, piece);
    });
  if (output.wanted())
    c.on_page(write);
  else
    c.on_page([&](const crawl::page& p) {
      note(p);
      bodies.take_name(p);
    });
  std::exception_ptr failure;
  try {
    co_await crawl_with_progress(c, s, listed, links);
  } catch (const bight::exception_group& group) {
    failure = group.flatten().front();  // the first one is the cause
  } catch (...) { failure = std::current_exception(); }
  const auto report = c.report();
  // That one of them cannot be written takes nothing from the others.
  const auto note_failure = [&] {
    if (!failure) failure = std::current_exception();
  };
  try {
    co_await output.finish();
  } catch (...) { note_failure(); }
  errors.print();
  for (const auto& line : listed.errors()) std::fprintf(stderr, "bight-crawl: %s\n", line.c_str());
  try {
    co_await crawler::save_cookies(s);
  } catch (...) { note_failure(); }
  try {
    if (links) co_await links->save_cache();
  } catch (...) { note_failure(); }
  try {
    if (links)
      links->print(output.is_stdout(), s.seeds.empty() && s.sitemaps.empty() ? nullptr : &report);
    else
      print_summary(s, report, output.is_stdout());
  } catch (...) { note_failure(); }
  if (failure) std::rethrow_exception(failure);
  const bool nothing =
      !s.seeds.empty() ? report.counts.seeds_fetched == 0 : !s.sitemaps.empty() && report.counts.fetched == 0;
  const bool dead = nothing || errors.any();
  if (dead) co_return 1;
  if (links) co_return links->exit_status();
  co_return s.fail_on_broken && !report.broken.empty() ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  crawler::settings s;
  if (const auto status = crawler::read_command_line(argc, argv, s)) return *status;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  log_to_stderr("bight-crawl");
  try {
    crawler::line_file output{s.output};
    return bight::run(program, std::ref(s), std::ref(output));
  } catch (const bight::interrupt_error& e) { return 128 + e.signal(); } catch (const std::exception& e) {
    std::fprintf(stderr, "bight-crawl: %s\n", error_text(e).c_str());
    return 1;
  }
}
