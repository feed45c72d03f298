// A page in Chromium that a test uses as a person does: by its keyboard, in a window of some size, light or
// dark.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/websocket.hpp>
#include <bight/http/websocket_builder.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/browser.hpp"

namespace bight::test {

/// The DevTools protocol of one page, over the browser's WebSocket. All members wait at most 20 s, and throw
/// std::runtime_error for what the browser refuses and for exceptions of scripts. One operation at a time.
class devtools {
 public:
  static std::string missing() { return browser::missing(); }

  /// Opens the page, and returns when it has been loaded.
  awaitable<void> open(std::string url) {
    http::websocket_options limits;
    limits.max_message = 64 * 1024 * 1024;  // screenshots
    socket_ = co_await client_.websocket(browser_.devtools_url()).options(limits);
    const boost::json::object blank{{"url", "about:blank"}};
    const auto target = co_await call("Target.createTarget", blank);
    const boost::json::object attach{{"targetId", target.at("targetId")}, {"flatten", true}};
    const auto attached = co_await call("Target.attachToTarget", attach);
    session_ = text(attached.at("sessionId"));
    const boost::json::object nothing;
    for (const auto* const domain : {"Page.enable", "Runtime.enable", "Log.enable"})
      co_await call(domain, nothing);
    const boost::json::object enabled{{"enabled", true}};
    co_await call("Emulation.setFocusEmulationEnabled", enabled);
    co_await go(std::move(url));
  }
  /// Opens another page in its place, or the same one again.
  awaitable<void> go(std::string url) {
    const boost::json::object where{{"url", url}};
    co_await call("Page.navigate", where);
    const auto quoted = boost::json::serialize(where.at("url"));
    co_await until("location.href === " + quoted + " && document.readyState === 'complete'");
  }

  /// The size of the window in CSS pixels, and whether the user wants dark pages.
  awaitable<void> window(int width, int height, bool dark) {
    const boost::json::object size{
        {"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}};
    co_await call("Emulation.setDeviceMetricsOverride", size);
    const boost::json::object scheme{{"name", "prefers-color-scheme"}, {"value", dark ? "dark" : "light"}};
    boost::json::object media;
    media["features"] = boost::json::array(1, scheme);
    co_await call("Emulation.setEmulatedMedia", media);
  }

  /// Types a text.
  awaitable<void> type(std::string text) {
    for (const char c : text) co_await press(std::string(1, c), std::string(1, c), 0);
  }
  awaitable<void> enter() { return press("Enter", "\r", 13); }
  awaitable<void> tab() { return press("Tab", "", 9); }

  /// The value of a JavaScript expression, which may be a promise; undefined is null.
  awaitable<boost::json::value> value_of(std::string expression) {
    const boost::json::object what{
        {"expression", std::move(expression)}, {"awaitPromise", true}, {"returnByValue", true}};
    const auto got = co_await call("Runtime.evaluate", what);
    if (const auto* const thrown = got.if_contains("exceptionDetails"))
      throw std::runtime_error("the script failed: " + boost::json::serialize(*thrown));
    const auto& result = got.at("result").as_object();
    co_return result.contains("value") ? result.at("value") : boost::json::value{};
  }
  /// The same, as text.
  awaitable<std::string> text_of(std::string expression) {
    const auto got = co_await value_of("String(" + expression + ")");
    co_return text(got);
  }
  /// Waits until the expression is true.
  awaitable<void> until(std::string expression) {
    const auto watch = "new Promise(done => { const look = () => (" + expression +
                       ") ? done(true) : setTimeout(look, 10); look(); })";
    bool late = false;
    try {
      co_await value_of(watch);
    } catch (const timeout_error&) { late = true; }
    if (!late) co_return;
    const auto shown = co_await text_of("document.body.innerText");
    throw std::runtime_error("it did not become true: " + expression + "; the page shows: " + shown);
  }

  /// What the page has reported as errors so far, such as exceptions of its scripts.
  const std::vector<std::string>& errors() const noexcept { return errors_; }

 private:
  static std::string text(const boost::json::value& v) {
    const auto& s = v.as_string();
    return {s.data(), s.size()};
  }

  awaitable<void> press(std::string key, std::string text, int code) {
    boost::json::object down{{"type", text.empty() ? "rawKeyDown" : "keyDown"}, {"key", key}};
    if (!text.empty()) down["text"] = text;
    if (code != 0) {
      down["code"] = key;
      down["windowsVirtualKeyCode"] = code;
    }
    co_await call("Input.dispatchKeyEvent", down);
    down.erase("text");
    down["type"] = "keyUp";
    co_await call("Input.dispatchKeyEvent", down);
  }

  awaitable<boost::json::object> call(std::string method, boost::json::object parameters) {
    return wait_for(exchange(std::move(method), std::move(parameters)), std::chrono::seconds{20});
  }

  awaitable<boost::json::object> exchange(std::string method, boost::json::object parameters) {
    boost::json::object request{{"id", ++last_}, {"method", method}, {"params", std::move(parameters)}};
    if (!session_.empty()) request["sessionId"] = session_;
    const auto sent = boost::json::serialize(request);
    co_await socket_.send(sent);
    while (true) {
      const auto message = co_await socket_.receive();
      if (!message) throw std::runtime_error("the browser has closed the connection");
      const auto answer = boost::json::parse(message->data).as_object();
      note(answer);
      const auto* const id = answer.if_contains("id");
      if (id == nullptr || *id != last_) continue;
      if (const auto* const error = answer.if_contains("error"))
        throw std::runtime_error(method + ": " + boost::json::serialize(*error));
      co_return answer.at("result").as_object();
    }
  }

  void note(const boost::json::object& event) {
    const auto* const method = event.if_contains("method");
    if (method == nullptr) return;
    const auto& parameters = event.at("params").as_object();
    if (*method == "Runtime.exceptionThrown") errors_.push_back(boost::json::serialize(parameters));
    if (*method == "Log.entryAdded" && parameters.at("entry").at("level") == "error")
      errors_.push_back(boost::json::serialize(parameters));
  }

  browser browser_{"about:blank"};
  http::client client_;
  http::websocket socket_;
  std::string session_;  // of the page
  std::int64_t last_ = 0;
  std::vector<std::string> errors_;
};

/// A script whose value is what is wrong with how the page looks now: it scrolls sideways, or something that
/// can be seen has no name, or a text has too little contrast (WCAG 2.1: 4.5). Empty if nothing is.
inline constexpr const char* faults_of_look = R"js((() => {
  const faults = [];
  const seen = e => e.checkVisibility && e.checkVisibility() && e.getClientRects().length !== 0;
  const probe = document.createElement("i");
  document.body.append(probe);
  const rgb = text => { probe.style.color = text; return getComputedStyle(probe).color.match(/[\d.]+/g).map(Number); };
  const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)); };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const below = e => {
    if (!e) return rgb("Canvas").slice(0, 3);
    const own = getComputedStyle(e).backgroundColor.match(/[\d.]+/g).map(Number);
    return (own[3] ?? 1) === 0 ? below(e.parentElement) : over(own, below(e.parentElement));
  };
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth)
    faults.push("it scrolls sideways: " + document.documentElement.scrollWidth);
  for (const e of document.querySelectorAll("body *")) {
    if (!seen(e)) continue;
    const box = e.getBoundingClientRect();
    if (box.right > innerWidth + 1) faults.push(e.tagName + " is cut off at the right");
    const named = e.textContent.trim() || e.ariaLabel || e.labels?.length;
    if (/^(INPUT|BUTTON|A|SELECT|TEXTAREA)$/.test(e.tagName) && !named) faults.push(e.tagName + " has no name");
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const ground = below(e);
    const ink = over(getComputedStyle(e).color.match(/[\d.]+/g).map(Number), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faults.push(`${e.tagName} "${e.textContent.trim().slice(0, 20)}" has a contrast of ${contrast.toFixed(2)}`);
  }
  probe.remove();
  return faults.join("; ");
})())js";

}  // namespace bight::test
