// fetch: downloads many URLs at once and prints a table of what came of each.
//
// Pattern: concurrent HTTP fetch. http::fetch_all keeps a number of requests in progress and yields each
// result as it arrives. A failure is a row of the table and stops nothing.
//
//     fetch [-j JOBS] [-t SECONDS] URL...
//     fetch - < urls.txt                     one URL a line
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace http = bight::http;

struct settings {
  std::size_t jobs = 16;
  std::chrono::seconds timeout{30};
  std::vector<std::string> urls;
  bool progress = false;
};

std::string reason_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) { return e.what(); }
}

// "   200     143 ms     51 kB  https://example.org/", or the reason instead of the status.
std::string row(const http::fetched& result) {
  using std::chrono::milliseconds;
  std::ostringstream line;
  if (result.ok())
    line << std::setw(6) << result.status.code();
  else
    line << std::setw(6) << "error";
  line << std::setw(8) << std::chrono::round<milliseconds>(result.elapsed).count() << " ms";
  line << std::setw(7) << (result.body.size() + 999) / 1000 << " kB  " << result.url.redacted();
  if (!result.ok()) line << "\n               " << reason_of(result.error);
  return line.str();
}

// Fetches all URLs and prints a row for each. Returns how many failed: no response, or a status of 400 or
// more.
bight::awaitable<std::size_t> fetch(http::client client, settings s, std::ostream& out) {
  const auto all = s.urls.size();
  http::fetch_options options;
  options.max_concurrent = s.jobs;
  auto results = http::fetch_all(std::move(client), std::move(s.urls), options);
  std::size_t done = 0;
  std::size_t failed = 0;
  auto result = co_await results.next();
  while (result) {
    if (s.progress) std::cerr << "\r\x1b[K";
    out << row(*result) << std::endl;
    if (!result->ok() || result->status.code() >= 400) ++failed;
    if (s.progress) std::cerr << ++done << " of " << all << std::flush;
    result = co_await results.next();
  }
  if (s.progress) std::cerr << "\r\x1b[K";
  out << all << " URLs, " << failed << " failed" << std::endl;
  co_return failed;
}

http::client make_client(const settings& s) {
  http::client_options options;
  options.timeouts.total = s.timeout;
  options.user_agent = "fetch/1.0";
  options.retries = bight::retry_policy{}.attempts(3);
  return http::client{std::move(options)};
}

// Returns false if the command line cannot be understood.
bool read_arguments(int count, char** arguments, settings& s) {
  for (int i = 1; i != count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "-j" || word == "-t") {
      unsigned value = 0;
      const std::string_view text = i + 1 < count ? arguments[++i] : "";
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size() || value == 0) return false;
      if (word == "-j") s.jobs = value;
      if (word == "-t") s.timeout = std::chrono::seconds{value};
    } else if (word == "-") {
      for (std::string line; std::getline(std::cin, line);)
        if (!line.empty()) s.urls.push_back(line);
    } else if (word.starts_with('-')) {
      return false;
    } else {
      s.urls.emplace_back(word);
    }
  }
  return !s.urls.empty();
}

#ifndef FETCH_TEST
int main(int count, char** arguments) {
  settings s;
  s.progress = isatty(2) != 0;
  if (!read_arguments(count, arguments, s)) {
    std::cerr << "usage: fetch [-j JOBS] [-t SECONDS] URL... | -\n";
    return 2;
  }
  return bight::run_main([&]() -> bight::awaitable<int> {
    const auto failed = co_await fetch(make_client(s), s, std::cout);
    co_return failed == 0 ? 0 : 1;
  });
}
#endif
