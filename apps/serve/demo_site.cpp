#include "demo_site.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace serve {
namespace {

namespace http = bight::http;

std::string page_path(unsigned n) { return "/page/" + std::to_string(n % demo_pages); }

std::string render(unsigned n) {
  std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Page " +
                     std::to_string(n) + "</title></head>\n<body><h1>Page " + std::to_string(n) +
                     "</h1>\n<ul>\n";
  // The link to the next page makes every page reachable; the others add breadth.
  for (unsigned i = 0; i != 10; ++i) {
    const unsigned to = i == 0 ? n + 1 : n * 7 + i * i * 13;
    html += "<li><a href=\"" + page_path(to) + "\">page " + std::to_string(to % demo_pages) + "</a></li>\n";
  }
  return html + "</ul>\n<p><a href=\"/\">start</a></p></body></html>\n";
}

http::server_response html(std::string text) {
  http::server_response r{200, std::move(text)};
  r.headers().set(http::header_id::content_type, "text/html; charset=utf-8");
  return r;
}

}  // namespace

bight::awaitable<http::server_response> demo_site(http::server_request& request) {
  const auto path = request.path();
  if (path == "/") co_return html(render(0));
  constexpr std::string_view prefix = "/page/";
  unsigned n = demo_pages;
  if (path.starts_with(prefix)) {
    const auto digits = path.substr(prefix.size());
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (ec != std::errc{} || end != digits.data() + digits.size()) n = demo_pages;
  }
  if (n >= demo_pages) co_return http::server_response{404, "no such page\n"};
  co_return html(render(n));
}

}  // namespace serve
