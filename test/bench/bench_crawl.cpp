// bench_crawl URL [--jsonl FILE]: crawls a site with 64 fetches at a time, all links in scope, memory
// frontier. One operation is a page.
#include <bight/core.hpp>
#include <bight/crawl.hpp>

#include <cstdio>
#include <string>
#include <string_view>

#include "bench/report.hpp"

namespace {

using namespace std::chrono_literals;
using bight::awaitable;
namespace crawl = bight::crawl;

awaitable<int> measure(std::string url, std::FILE* lines) {
  auto pending = bight::spawn([]() -> awaitable<void> { co_await bight::sleep(1h); });
  crawl::crawl_options options;
  options.max_concurrent = options.max_concurrent_per_host = 64;
  crawl::crawler crawler{options};
  if (lines) {
    crawler.on_page([&](const crawl::page& p) {
      std::fputs(crawl::to_json(p).c_str(), lines);
      std::fputc('\n', lines);
    });
  }
  std::vector<bight::http::url> seeds;
  seeds.emplace_back(url);
  const bench::stopwatch watch;
  const auto report = co_await crawler.run(std::move(seeds));
  const auto& c = report.counts;
  if (c.pages == 0) co_return 1;
  watch.report("crawl", static_cast<long>(c.pages),
               ",\"pages\":" + std::to_string(c.pages) + ",\"fetched\":" + std::to_string(c.fetched) +
                   ",\"failed\":" + std::to_string(c.failed) + ",\"bytes\":" + std::to_string(c.bytes) +
                   ",\"resident_bytes\":" + std::to_string(bench::resident_bytes()));
  pending.cancel();
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && !(argc == 4 && std::string_view{argv[2]} == "--jsonl")) {
    std::fputs("usage: bench_crawl URL [--jsonl FILE]\n", stderr);
    return 2;
  }
  std::FILE* const lines = argc == 4 ? std::fopen(argv[3], "w") : nullptr;
  const int status = bight::run_main(measure, std::string{argv[1]}, lines);
  if (lines) std::fclose(lines);
  return status;
}
