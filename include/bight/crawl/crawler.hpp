// crawler: crawls web sites and checks their links.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/generator.hpp>
#include <bight/core/queue.hpp>
#include <bight/crawl/crawl_options.hpp>
#include <bight/crawl/fetch_events.hpp>
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/page.hpp>
#include <bight/crawl/report.hpp>
#include <bight/http/client.hpp>
#include <bight/http/url.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::crawl {

/// The options of the client that a crawler uses by default: user agent, timeouts, TLS, and limits that real
/// sites need. For a client of one's own that does more:
///
///     auto of_client = crawl::client_options_for(options);
///     of_client.cookies.emplace();
///     crawl::crawler c{options, http::client{of_client}};
http::client_options client_options_for(const crawl_options& options);

/// A host that is waited for.
struct crawl_wait {
  std::string host;         ///< Its origin: scheme, host and port.
  std::string reason;       ///< "delay", "Crawl-delay", "429 Too Many Requests", "robots.txt: 503 ...".
  clock::time_point until;  ///< When it is asked again.
};

/// Crawls all pages in the scope of some seeds, and checks all other links in scope.
///
///     crawl::crawler c{options};
///     c.on_page([](const crawl::page& p) { std::cout << crawl::to_json(p) << '\n'; });
///     std::vector<http::url> seeds{http::url{"http://localhost:8080/"}};
///     auto report = co_await c.run(std::move(seeds));
///
/// A redirect counts as a page; its target is fetched if it is in scope. If a seed redirects to another host,
/// or out of the prefix of the scope, the scope is extended by the target as if it were a seed, with a
/// warning on the page of the redirect. The user name and password of a URL are also used for links from that
/// page to the same origin, but not for redirects to other origins.
///
/// Callbacks are plain functions or coroutines. The fetch that calls a coroutine awaits it, so a slow one
/// slows the crawl down; it is cancelled together with the crawl. If a callback throws, the crawl ends and
/// `run` throws that exception. Set them before `run`; the last one of a kind counts.
///
/// Concurrency: one loop. Precondition: `run` is called at most once (otherwise std::logic_error).
/// Cancellation: drops fetches in progress; `counts` and `report` return the results so far.
class crawler {
 public:
  explicit crawler(crawl_options options = {});
  /// Fetches with the given client: its headers, cookies, credentials, proxy and limits on sizes. Redirects,
  /// retries, timeouts and the limit on concurrency are those of the crawler; robots.txt is fetched with the
  /// same client.
  crawler(crawl_options options, http::client client);
  /// Uses the given frontier, including its politeness options.
  crawler(crawl_options options, std::unique_ptr<frontier> store);
  crawler(crawl_options options, http::client client, std::unique_ptr<frontier> store);
  crawler(const crawler&) = delete;
  crawler& operator=(const crawler&) = delete;
  ~crawler();

  /// Sets a function that is called before every request for a page, retries included. It can add header
  /// fields or skip the URL.
  template <class F>
    requires std::is_invocable_v<F&, page_request&>
  void on_request(F f) {
    set_on_request(to_coroutine<page_request>(std::move(f)));
  }
  /// Sets a function that is called when the head of a response has arrived. It can skip the body.
  template <class F>
    requires std::is_invocable_v<F&, page_response&>
  void on_response(F f) {
    set_on_response(to_coroutine<page_response>(std::move(f)));
  }
  /// Sets a function that is called with the pieces of the body of each 2xx response as they arrive, without
  /// content codings, and with an empty piece at its end. With it, bodies of all types are read to their end.
  template <class F>
    requires std::is_invocable_v<F&, const page&, std::string_view>
  void on_body(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const page&, std::string_view>>)
      set_on_body([f = std::move(f)](const page& p, std::string_view piece) mutable -> awaitable<void> {
        f(p, piece);
        co_return;
      });
    else
      set_on_body(std::move(f));
  }
  /// Sets a function that is called for every URL, fetched or failed, once.
  template <class F>
    requires std::is_invocable_v<F&, const page&>
  void on_page(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const page&>>)
      set_on_page(std::move(f));
    else
      set_on_page_async(std::move(f));
  }
  /// Sets a function that is called for every failed attempt to fetch a page or a robots.txt: an error, or a
  /// status of 4xx or 5xx. It is told whether and when there will be another attempt.
  template <class F>
    requires std::is_invocable_v<F&, const fetch_failure&>
  void on_error(F f) {
    set_on_error(to_coroutine<const fetch_failure>(std::move(f)));
  }

  /// Crawls until no URLs are left or a limit is reached. Errors: std::invalid_argument for an invalid
  /// pattern; exceptions of the callbacks.
  [[nodiscard]] awaitable<crawl_report> run(std::vector<http::url> seeds);
  /// Same for seeds that are still being found: the crawl does not end before the generator does. It is asked
  /// for the next seed only while fewer than `max_queued_seeds` URLs are queued.
  [[nodiscard]] awaitable<crawl_report> run(generator<http::url> seeds);
  /// Same for a queue, whose end is `shutdown`. Lifetime: the queue must outlive the call.
  [[nodiscard]] awaitable<crawl_report> run(queue<http::url>& seeds);

  /// Adds a URL to a running crawl, for example from on_page: as a link in scope with the depth of a seed.
  /// Returns: whether it is new. With crawl_options::max_depth 0, only such URLs are fetched.
  awaitable<bool> add(http::url where);
  /// Ends the crawl: no further fetches start, and `run` returns when those in progress are done. May be
  /// called before `run` and any number of times.
  void stop() noexcept;

  /// The results so far.
  crawl_counts counts() const noexcept;
  crawl_report report() const;
  /// What is waited for while no fetch is in progress, if anything: the host that may be asked first.
  std::optional<crawl_wait> waiting() const;

 private:
  template <class T, class F>
  static std::function<awaitable<void>(T&)> to_coroutine(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, T&>>)
      return [f = std::move(f)](T& about) mutable -> awaitable<void> {
        f(about);
        co_return;
      };
    else
      return f;
  }
  void set_on_request(std::function<awaitable<void>(page_request&)> f);
  void set_on_response(std::function<awaitable<void>(page_response&)> f);
  void set_on_body(std::function<awaitable<void>(const page&, std::string_view)> f);
  void set_on_page(std::function<void(const page&)> f);
  void set_on_page_async(std::function<awaitable<void>(const page&)> f);
  void set_on_error(std::function<awaitable<void>(const fetch_failure&)> f);

  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::crawl
