// A spider: crawls a site and takes items from its pages with CSS selectors.
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <iostream>
#include <string>
#include <vector>

namespace crawl = bight::crawl;
namespace http = bight::http;

bight::awaitable<void> scrape(http::url start) {
  crawl::crawl_options options;
  options.keep_body = true;
  crawl::crawler spider{options};
  spider.on_page([](const crawl::page& page) {
    for (const auto& quote : page.select("div.quote")) {
      std::cout << quote.select_one("small.author")->text() << ": " << quote.select_one("span.text")->text();
      for (const auto& tag : quote.select("div.tags a.tag")) std::cout << " #" << tag.text();
      std::cout << '\n';
    }
  });
  std::vector<http::url> seeds{start};
  const auto report = co_await spider.run(std::move(seeds));
  std::cout << report.counts.pages << " pages\n";
}

// Two pages of quotes, and a link from the first to the second.
bight::awaitable<http::server_response> quotes(http::server_request& request) {
  const auto quote = [](const std::string& text, const std::string& author, const std::string& tag) {
    return "<div class='quote'><span class='text'>" + text + "</span> by <small class='author'>" + author +
           "</small><div class='tags'><a class='tag' href='/tag/" + tag + "'>" + tag + "</a></div></div>";
  };
  std::string body;
  if (request.path() == "/") body = quote("Simple is better", "Tim", "zen") + "<a href='/page/2/'>Next</a>";
  if (request.path() == "/page/2/") body = quote("Now is better than never", "Tim", "time");
  if (body.empty()) co_return http::server_response{404};
  http::server_response response{200, body};
  response.headers().set("Content-Type", "text/html");
  co_return response;
}

bight::awaitable<void> serve_and_scrape() {
  http::server server{quotes};
  bight::net::listener listener{bight::net::endpoint{bight::net::ip_address::loopback(), 0}};
  const http::url start{"http://" + listener.local_endpoint().to_string() + "/"};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await scrape(start);
  server.stop(std::chrono::seconds{0});
  co_await serving;
}
int main() { return bight::run_main(serve_and_scrape); }
