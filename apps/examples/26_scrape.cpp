// A spider: crawls a site and takes items from its pages with CSS selectors.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <string>
#include <vector>

namespace http = bight::http;

bight::awaitable<void> scrape(http::url start) {
  bight::crawl::crawl_options options;
  options.keep_body = true;
  bight::crawl::crawler spider{options};
  spider.on_page([](const bight::crawl::page& page) {
    for (const auto& quote : page.select("div.quote"))
      std::cout << quote.select_one("b.author")->text() << ": " << quote.select_one("q")->text() << '\n';
  });
  std::vector<http::url> seeds{start};
  const auto report = co_await spider.run(std::move(seeds));
  std::cout << report.counts.pages << " pages\n";
}

// A site of two pages of quotes.
bight::awaitable<void> serve_and_scrape() {
  const std::string one = "<div class=quote><b class=author>Tim</b> <q>Simple is better</q></div><a href=/2>";
  const std::string two = "<div class=quote><b class=author>Tim</b> <q>Now is better</q></div>";
  http::router site;
  site.get("/", [one] { return http::server_response{200, one}; });
  site.get("/2", [two] { return http::server_response{200, two}; });
  http::server server{std::move(site)};
  bight::net::listener listener{bight::net::endpoint{bight::net::ip_address::loopback(), 0}};
  const http::url start{"http://" + listener.local_endpoint().to_string() + "/"};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await scrape(start);
  serving.cancel();
}
int main() { bight::run(serve_and_scrape); }
