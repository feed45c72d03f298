// The HTML report in a browser: light and dark, narrow and wide, as axe-core sees it.
#include <bight/crawl/link_report.hpp>

#include <bight/core/event.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/browser.hpp"
#include "support/http_served.hpp"
#include "support/peers.hpp"

namespace bight::crawl::link_report_browser_test {

using namespace std::chrono_literals;

const std::string axe_file = BIGHT_SOURCE_DIR "/test/npm/node_modules/axe-core/axe.min.js";

struct axe {
  static std::string missing() {
    if (std::filesystem::exists(axe_file)) return {};
    return "the npm package axe-core is not installed: npm ci --prefix test/npm";
  }
};
class link_report_browser : public test::with_peers<test::browser, axe> {};

std::string content_of(const std::string& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Every verdict and many causes, long words and texts in several scripts.
link_report everything() {
  link_report r;
  r.counts.pages = 12;
  r.counts.links = 3456;
  r.counts.urls = 789;
  r.counts.good = 700;
  r.counts.schemes = {{"mailto", 3}, {"tel", 2}};
  r.elapsed = 12'345ms;
  using enum link_verdict;
  const auto add = [&](link_verdict verdict, link_cause cause, int status, std::string url,
                       std::string reason) {
    checked_link l;
    l.verdict = verdict;
    l.cause = cause;
    l.status = status;
    l.url = std::move(url);
    l.reason = std::move(reason);
    l.places.push_back({"https://site.example/guide/" + std::string(120, 'w') + ".html", 1234,
                        "Text \"quoted\" & <b>", false});
    l.places.push_back({"docs/日本語.md", 7, std::string(300, 'x'), true});
    l.more_places = 41;
    r.links.push_back(std::move(l));
  };
  add(broken, link_cause::status, 404, "https://site.example/" + std::string(300, 'y'), "404 Not Found");
  add(broken, link_cause::status, 500, "https://site.example/b", "500 Internal Server Error");
  add(broken, link_cause::fragment, 200, "https://site.example/c#here", "no element has the id \"here\"");
  add(broken, link_cause::missing_file, 0, "docs/missing.md", "missing file");
  add(broken, link_cause::name_resolution, 0, "https://nowhere.example/", "host not found");
  add(warning, link_cause::mixed_content, 0, "http://cdn.example/x.js",
      "script loaded by http on an https page");
  add(not_checked, link_cause::status, 429, "https://busy.example/", "429 Too Many Requests");
  add(redirected, link_cause::none, 301, "https://old.example/", "");
  r.links.back().final_url = "https://new.example/";
  r.sort();
  return r;
}

// Runs in the report. Names each violation with its elements.
constexpr std::string_view script = R"(<script src="/axe.js"></script><script>
addEventListener('load', async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  const lines = found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join('; '));
  if (document.documentElement.scrollWidth > innerWidth) lines.push('scrolls sideways: ' + document.documentElement.scrollWidth);
  lines.push('rules ' + (found.passes.length > 10) + ', dark ' + matchMedia('(prefers-color-scheme: dark)').matches + ', width ' + innerWidth);
  fetch('/done', {method: 'POST', body: lines.join('\n')});
});
</script></body>)";

class site {
 public:
  explicit site(const link_report& report) {
    auto text = to_html(report);
    text.replace(text.find("</body>"), 7, script);
    report_ = std::make_shared<std::string>(std::move(text));
  }
  http::router routes() const {
    http::router all;
    auto report = report_;
    const auto text = [](const std::string& body, const char* type) {
      http::server_response r{200, body};
      r.headers().set("Content-Type", type);
      return r;
    };
    all.get("/report", [report, text] { return text(*report, "text/html; charset=utf-8"); });
    all.get("/axe.js", [text] { return text(content_of(axe_file), "text/javascript"); });
    // An iframe has the width that it is given, which windows without a screen have not always.
    for (const auto* const width : {"320", "1200"})
      all.get("/" + std::string{width}, [text, width] {
        return text(
            "<!doctype html><title>frame</title><iframe src=/report style='border:0;height:900px;width:" +
                std::string{width} + "px'></iframe>",
            "text/html");
      });
    answer_.add_to(all);
    return all;
  }
  awaitable<std::string> outcome() { return answer_.text(); }

 private:
  std::shared_ptr<const std::string> report_;
  test::browser_answer answer_;
};

awaitable<std::string> look_at(link_report report, std::string width, bool dark) {
  site s{report};
  test::running r{s.routes()};
  const test::browser opened{r.url("/" + width),
                             {std::string{"--blink-settings=preferredColorScheme="} + (dark ? "0" : "1")}};
  co_return co_await s.outcome();
}

ASYNC_TEST_F(link_report_browser, is_accessible_light_and_dark_narrow_and_wide) {
  for (const auto* const width : {"320", "1200"})
    for (const bool dark : {false, true}) {
      const auto got = co_await look_at(everything(), width, dark);
      EXPECT_EQ(got, "rules true, dark " + std::string{dark ? "true" : "false"} + ", width " + width);
    }
}

ASYNC_TEST_F(link_report_browser, so_is_an_empty_report) {
  link_report nothing;
  const auto got = co_await look_at(nothing, "320", false);
  EXPECT_EQ(got, "rules true, dark false, width 320");
}

}  // namespace bight::crawl::link_report_browser_test
