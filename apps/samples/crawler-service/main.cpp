// crawler-service: crawls web sites on request.
//
// Pattern: long jobs behind an API. A crawl is started by POST and goes on in the background; others wait
// until one of the places is free. It can be watched live over server-sent events, asked for its counts,
// stopped, and its pages be fetched, while it runs and when it has ended.
//
//     crawler-service [PORT]
//     curl -d '{"url": "http://localhost:8000/", "max_pages": 100}' http://localhost:8080/crawls
//     curl http://localhost:8080/crawls/1
//     curl -N http://localhost:8080/crawls/1/live
//     curl http://localhost:8080/crawls/1/pages
//     curl -X DELETE http://localhost:8080/crawls/1
#include <algorithm>
#include <bight/core.hpp>
#include <bight/crawl.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crawl = bight::crawl;
namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

// ---- data ----

struct new_crawl {
  std::string url;
  std::uint64_t max_pages = 1000;
};
BOOST_DESCRIBE_STRUCT(new_crawl, (), (url, max_pages))

struct crawl_state {
  std::int64_t id = 0;
  std::string url;
  std::string state;  // "waiting", "running", "complete", "stopped" or "failed"
  std::uint64_t pages = 0;
  std::uint64_t queued = 0;
  std::uint64_t failed = 0;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(crawl_state, (), (id, url, state, pages, queued, failed, error))

// ---- crawls ----

struct settings {
  std::size_t at_a_time = 4;
  std::uint64_t most_pages = 10'000;  // of one crawl
  std::size_t kept = 100;             // crawls that have ended; older ones are forgotten
  std::chrono::minutes most_time = 60min;
};

class job {
 public:
  job(std::int64_t id, http::url url, crawl::crawl_options options, http::client client)
      : id_(id), url_(std::move(url)), crawler_(std::move(options), std::move(client)) {
    crawler_.on_page([this](const crawl::page& p) {
      lines_.push_back(crawl::to_json(p));
      if (live_) live_->try_put(lines_.back());
    });
  }

  bight::awaitable<void> run(bight::semaphore& places) {
    const auto place = co_await places.acquire();
    if (stopped_) co_return end("stopped");
    state_ = "running";
    try {
      std::vector<http::url> seeds{url_};
      const auto report = co_await crawler_.run(std::move(seeds));
      end(stopped_ ? "stopped" : report.complete ? "complete" : "stopped");
    } catch (const std::exception& e) {
      error_ = e.what();
      end("failed");
    }
  }
  // What is being fetched is still read.
  void stop() {
    stopped_ = true;
    crawler_.stop();
  }

  bool ended() const { return state_ != "waiting" && state_ != "running"; }
  crawl_state state() const {
    const auto counts = crawler_.counts();
    return {id_, url_.redacted(), state_, counts.pages, counts.queued, counts.failed, error_};
  }
  // The pages from this one on, as JSON lines.
  std::string pages(std::size_t from) const {
    std::string all;
    for (auto i = from; i < lines_.size(); ++i) all += lines_[i] + '\n';
    return all;
  }
  // What is put in from now on; ends at the end of the crawl.
  auto watch() { return live_ ? live_->subscribe() : feed{1}.subscribe(); }

 private:
  using feed = bight::broadcast<std::string>;

  void end(const char* state) {
    state_ = state;
    live_.reset();
  }

  std::int64_t id_;
  http::url url_;
  crawl::crawler crawler_;
  std::string state_ = "waiting";
  std::string error_;
  bool stopped_ = false;
  std::deque<std::string> lines_;
  std::optional<feed> live_{std::in_place, 1024};  // who is slower misses some
};

class crawls {
 public:
  explicit crawls(settings s, http::client_options client = {})
      : settings_(s), client_(std::move(client)), places_(s.at_a_time) {}

  std::int64_t start(const new_crawl& wanted) {
    crawl::crawl_options options;
    options.max_pages = std::min(wanted.max_pages, settings_.most_pages);
    options.max_time = settings_.most_time;
    options.user_agent = client_.user_agent = "crawler-service/1.0";
    const auto id = ++last_;
    const auto made = std::make_shared<job>(id, http::url{wanted.url}, options, http::client{client_});
    jobs_.emplace(id, made);
    forget();
    running_.push_back(bight::spawn([this, made] { return made->run(places_); }));
    return id;
  }
  std::shared_ptr<job> find(std::int64_t id) const {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) throw http::problem{404, "there is no such crawl"};
    return found->second;
  }
  std::vector<crawl_state> all() const {
    std::vector<crawl_state> states;
    for (const auto& [id, j] : jobs_) states.push_back(j->state());
    return states;
  }
  // Stops all crawls and waits for them. To be called before it is destroyed.
  bight::awaitable<void> finish() {
    for (const auto& [id, j] : jobs_) j->stop();
    if (!running_.empty()) co_await bight::wait(running_);
  }

 private:
  void forget() {
    std::erase_if(running_, [](const bight::task<void>& t) { return t.done(); });
    auto ended = static_cast<std::size_t>(
        std::count_if(jobs_.begin(), jobs_.end(), [](const auto& j) { return j.second->ended(); }));
    for (auto it = jobs_.begin(); it != jobs_.end() && ended > settings_.kept;) {
      if (it->second->ended()) {
        it = jobs_.erase(it);
        --ended;
      } else {
        ++it;
      }
    }
  }

  settings settings_;
  http::client_options client_;
  bight::semaphore places_;
  std::map<std::int64_t, std::shared_ptr<job>> jobs_;
  std::int64_t last_ = 0;
  std::vector<bight::task<void>> running_;
};

// ---- the API ----

bight::awaitable<http::server_response> start_crawl(crawls& all, http::server_request& request) {
  const auto wanted = co_await http::json<new_crawl>(request);
  const auto url = http::url::parse(wanted.url);
  if (!url || !url->is_http()) throw http::problem{422, "url must be an http or https URL"};
  if (wanted.max_pages == 0) throw http::problem{422, "max_pages must be at least 1"};
  const auto id = all.start(wanted);
  auto response = http::json_response(all.find(id)->state(), 202);
  response.headers().set("Location", "/crawls/" + std::to_string(id));
  co_return response;
}

http::server_response show_pages(job& j) {
  http::server_response response{200, j.pages(0)};
  response.headers().set("Content-Type", "application/jsonl");
  return response;
}

// The pages so far, then each as it comes, until the crawl has ended.
http::server_response show_live(std::shared_ptr<job> j, http::server_request& request) {
  return http::event_stream(request, [j](http::event_writer& out) -> bight::awaitable<void> {
    auto feed = j->watch();
    while (true) {
      try {
        auto line = co_await feed.next();
        if (!line) break;
        co_await out.send(std::move(*line));
      } catch (const bight::lagged_error&) {}  // this reader was too slow: it goes on with what is new
    }
    co_await out.send(http::to_json(j->state()));
  });
}

http::router make_api(crawls& all) {
  http::router api;
  const auto id_of = [](const http::server_request& r) { return r.param<std::int64_t>("id"); };
  api.post("/crawls", [&all](http::server_request& r) { return start_crawl(all, r); }).max_body(64 * 1024);
  api.get("/crawls", [&all] { return http::json_response(all.all()); });
  api.get("/crawls/{id:int}", [&all, id_of](http::server_request& r) {
    return http::json_response(all.find(id_of(r))->state());
  });
  api.get("/crawls/{id:int}/pages",
          [&all, id_of](http::server_request& r) { return show_pages(*all.find(id_of(r))); });
  api.get("/crawls/{id:int}/live",
          [&all, id_of](http::server_request& r) { return show_live(all.find(id_of(r)), r); });
  api.delete_("/crawls/{id:int}", [&all, id_of](http::server_request& r) {
    all.find(id_of(r))->stop();
    return http::server_response{202};
  });
  return api;
}

bight::awaitable<void> serve(net::listener listener) {
  bight::signals stop{SIGINT, SIGTERM};
  crawls all{settings{}};
  auto until_stopped = [&]() -> bight::awaitable<void> {
    http::server server{make_api(all)};
    co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
      group.spawn([&] { return server.serve(std::move(listener)); });
      co_await stop.next();
      server.stop(2s);
    });
  };
  co_await bight::finally(
      until_stopped, [&] { return all.finish(); }, 60s);
}

#ifndef CRAWLER_SERVICE_TEST
int main(int count, char** arguments) {
  const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 8080);
  return bight::run_main([port]() -> bight::awaitable<void> {
    net::listener listener{net::endpoint{net::ip_address::loopback(), port}};
    std::cout << "http://" << listener.local_endpoint().to_string() << '/' << std::endl;
    co_await serve(std::move(listener));
  });
}
#endif
