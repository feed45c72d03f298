// bight-crawl: a web crawler and link checker.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

#include "../error_text.hpp"
#include "../live_lines.hpp"
#include "../log_to_stderr.hpp"
#include "line_file.hpp"
#include "progress.hpp"
#include "settings.hpp"

namespace {

namespace crawl = bight::crawl;

// What happened to start URLs, also after redirects, one line each.
class seed_errors {
 public:
  void note(const crawl::page& p) {
    if (!p.seed) return;
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
  std::vector<std::string> lines_;
  std::size_t failed_ = 0;
};

void print_summary(const crawler::settings& s, const crawl::crawl_report& report, bool stdout_has_lines) {
  if (s.format == crawler::report_format::json) {
    std::printf("%s\n", crawl::to_json(report).c_str());
  } else if (!s.quiet) {
    std::fputs(crawl::to_text(report).c_str(), stdout_has_lines ? stderr : stdout);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write stdout");
}

int exit_status(const crawler::settings& s, const crawl::crawl_report& report, const seed_errors& errors) {
  if (report.counts.seeds_fetched == 0 || errors.any()) return 1;
  return s.fail_on_broken && !report.broken.empty() ? 3 : 0;
}

bight::awaitable<void> crawl_with_progress(crawl::crawler& c, const crawler::settings& s) {
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    bight::task<void> line;
    if (!s.quiet && has_terminal()) line = group.spawn(crawler::show_progress, std::cref(c));
    co_await c.run(s.seeds);
    if (line.valid()) line.cancel();
  });
}

// However the crawl ends, the results so far are written.
bight::awaitable<int> program(const crawler::settings& s, crawler::line_file& output) {
  crawl::crawler c{s.crawl};
  seed_errors errors;
  co_await output.open();
  const auto write = [&](const crawl::page& p) -> bight::awaitable<void> {
    errors.note(p);
    return output.write(crawl::to_json(p));
  };
  if (output.wanted())
    c.on_page(write);
  else
    c.on_page([&](const crawl::page& p) { errors.note(p); });
  std::exception_ptr failure;
  try {
    co_await crawl_with_progress(c, s);
  } catch (const bight::exception_group& group) {
    failure = group.flatten().front();  // the first one is the cause
  } catch (...) { failure = std::current_exception(); }
  const auto report = c.report();
  co_await output.finish();
  errors.print();
  print_summary(s, report, output.is_stdout());
  if (failure) std::rethrow_exception(failure);
  co_return exit_status(s, report, errors);
}

}  // namespace

int main(int argc, char** argv) {
  crawler::settings s;
  if (const auto status = crawler::read_command_line(argc, argv, s)) return *status;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error
  log_to_stderr("bight-crawl");
  try {
    crawler::line_file output{s.output};
    return bight::run(program, std::cref(s), std::ref(output));
  } catch (const bight::interrupt_error& e) { return 128 + e.signal(); } catch (const std::exception& e) {
    std::fprintf(stderr, "bight-crawl: %s\n", error_text(e).c_str());
    return 1;
  }
}
