// bench_fetch_all --url U --count N --concurrent N: http::fetch_all over that many URLs, U?0 to U?N-1.
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report.hpp"

namespace {

using bight::awaitable;
namespace http = bight::http;

awaitable<void> fetch(std::vector<http::url> urls, std::size_t concurrent) {
  const auto count = static_cast<long>(urls.size());
  http::fetch_options options;
  options.max_concurrent = concurrent;
  const http::client client;
  const bench::stopwatch watch;
  auto pages = http::fetch_all(client, std::move(urls), options);
  std::size_t bytes = 0;
  auto page = co_await pages.next();
  while (page) {
    if (!page->ok() || page->status != 200) std::abort();
    bytes += page->body.size();
    page = co_await pages.next();
  }
  watch.report("fetch_all", count, ",\"bytes\":" + std::to_string(bytes));
}

}  // namespace

int main(int argc, char** argv) {
  std::string url = "http://127.0.0.1:8080/";
  long count = 10'000;
  long concurrent = 64;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--url") url = argv[i + 1];
    if (name == "--count") count = std::atol(argv[i + 1]);
    if (name == "--concurrent") concurrent = std::atol(argv[i + 1]);
  }
  std::vector<http::url> urls;
  for (long i = 0; i != count; ++i) urls.emplace_back(url + '?' + std::to_string(i));
  bight::run(fetch, std::move(urls), static_cast<std::size_t>(concurrent));
}
