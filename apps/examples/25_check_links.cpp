// Checks the links of a site: a crawler finds the pages, a link_checker judges their links.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace crawl = bight::crawl;
namespace http = bight::http;

bight::awaitable<crawl::link_report> check_site(http::url start) {
  crawl::crawl_options options;
  options.keep_links = options.keep_ids = true;
  crawl::crawler crawler{options};

  crawl::link_check_options check;
  check.external = check.fragments = true;
  crawl::link_checker checker{http::client{}, check};

  crawler.on_page([&](const crawl::page& p) { checker.add(p); });
  const auto walk = [&]() -> bight::awaitable<void> {
    std::vector<http::url> seeds{start};
    co_await crawler.run(std::move(seeds));
  };
  co_return co_await checker.run(walk);
}

// A site of two pages.
http::router pages() {
  const auto html = [](const char* text) {
    http::server_response page{200, text};
    page.headers().set("Content-Type", "text/html");
    return page;
  };
  http::router site;
  site.get("/", [=] { return html("<a href=/b#here>b</a>\n<a href=/b#there>c</a>\n<a href=/old>d</a>"); });
  site.get("/b", [=] { return html("<p id=here>"); });
  return site;
}

bight::awaitable<void> run() {
  bight::net::listener listener{bight::net::endpoint{bight::net::ip_address::loopback(), 0}};
  const auto start = "http://" + listener.local_endpoint().to_string() + "/";
  http::server server{pages()};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  const auto report = co_await check_site(http::url{start});
  serving.cancel();
  for (const auto& link : report.links)
    std::cout << link.reason << ", line " << link.places.front().line << ": \"" << link.places.front().text
              << "\"\n";
}

int main() { bight::run(run); }
