#include <bight/core/detail/utf8.hpp>
#include <bight/crawl/link_report.hpp>
#include <bight/http/url.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <string>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl {
namespace {

namespace json = boost::json;

std::string text(std::string_view t) { return bight::detail::replace_malformed_utf8(t); }
std::string url(std::string_view t) { return text(http::redacted(t)); }

json::object to_object(const checked_link& l) {
  json::array places;
  for (const auto& p : l.places)
    places.push_back(
        {{"page", p.local ? text(p.page) : url(p.page)}, {"line", p.line}, {"text", text(p.text)}});
  return {{"url", url(l.url)},
          {"cause", std::string{to_string(l.cause)}},
          {"status", l.status},
          {"reason", text(l.reason)},
          {"final_url", url(l.final_url)},
          {"places", std::move(places)},
          {"more_places", l.more_places}};
}

}  // namespace

std::string to_json(const link_report& report) {
  using enum link_verdict;
  json::object by_verdict;
  for (const auto v : {broken, warning, not_checked, redirected}) by_verdict[to_string(v)] = json::array{};
  for (const auto& l : check::sorted(report))
    if (l.verdict != good) by_verdict[to_string(l.verdict)].as_array().push_back(to_object(l));
  json::object schemes;
  for (const auto& [name, n] : report.counts.schemes) schemes[text(name)] = n;
  const auto& c = report.counts;
  const double seconds = std::chrono::duration<double>(report.elapsed).count();
  json::object o{{"pages", c.pages},
                 {"links", c.links},
                 {"urls", c.urls},
                 {"good", c.good},
                 {"broken_links", report.count(broken)},
                 {"warnings", report.count(warning)},
                 {"not_checked_links", report.count(not_checked)},
                 {"redirected_links", report.count(redirected)},
                 {"ignored", c.ignored},
                 {"external", c.external},
                 {"cached", c.cached},
                 {"schemes", std::move(schemes)},
                 {"elapsed_s", std::round(seconds * 1000) / 1000},
                 {"complete", report.complete}};
  for (auto& [name, list] : by_verdict) o[name] = std::move(list);
  return json::serialize(o);
}

}  // namespace bight::crawl
