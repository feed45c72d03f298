// webhooks: takes events by POST and delivers each to every subscriber.
//
// Pattern: rate-limited workers and retry with backoff. Each subscriber has a queue, a worker and a limit of
// its own, so that a slow or dead one delays no other. Deliveries are signed; 429 and 503 are retried when
// Retry-After says so; what cannot be delivered becomes a dead letter, which can be sent again. A page shows
// all of it live, over server-sent events.
//
//     webhooks [PORT]                 then open http://localhost:8080/
//     curl -d '{"url": "http://localhost:9000/hook", "secret": "s3cret"}' http://localhost:8080/subscribers
//     curl -d '{"type": "order.paid", "data": "{\"id\": 7}"}' http://localhost:8080/events
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "page.hpp"

namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

// ---- data ----

struct event {
  std::string type;
  std::string data;
};
BOOST_DESCRIBE_STRUCT(event, (), (type, data))

struct new_subscriber {
  std::string url;
  std::string secret;
};
BOOST_DESCRIBE_STRUCT(new_subscriber, (), (url, secret))

// An event on its way to one subscriber.
struct delivery {
  std::int64_t id = 0;
  std::int64_t subscriber = 0;
  std::string type;
  std::string data;
  std::string error;  // of a dead letter
};
BOOST_DESCRIBE_STRUCT(delivery, (), (id, subscriber, type, data, error))

struct news {
  std::string what;  // "accepted", "delivered" or "dead"
  std::int64_t id = 0;
  std::int64_t subscriber = 0;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(news, (), (what, id, subscriber, detail))

// HMAC-SHA256 in hexadecimal: the receiver computes it, too, and so knows who sent the body.
std::string sign(const std::string& secret, const std::string& body) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum, &size);
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "sha256=";
  for (unsigned i = 0; i != size; ++i) {
    text += digits[sum[i] >> 4U];
    text += digits[sum[i] & 15U];
  }
  return text;
}

// ---- delivery ----

struct settings {
  std::size_t max_waiting = 1000;  // deliveries per subscriber; more are dead letters
  double per_second = 10;          // of one subscriber
  unsigned attempts = 6;
  std::chrono::milliseconds first_delay = 500ms;
};

class hub {
 public:
  explicit hub(settings s, http::client_options options = {})
      : settings_(s), client_(make_client(std::move(options))) {}

  std::int64_t subscribe(new_subscriber wanted) {
    const auto made = std::make_shared<subscriber>(*this, ++last_subscriber_, std::move(wanted));
    subscribers_.emplace(made->id, made);
    workers_.push_back(bight::spawn([this, made] { return work(made); }));
    return made->id;
  }

  std::int64_t accept(event e) {
    const auto id = ++last_event_;
    tell({"accepted", id, 0, e.type});
    for (const auto& [number, s] : subscribers_) enqueue(*s, {id, number, e.type, e.data, {}});
    return id;
  }

  std::vector<delivery> dead_letters() const {
    std::vector<delivery> all;
    for (const auto& [key, letter] : dead_) all.push_back(letter);
    return all;
  }
  // Tries a dead letter again. Returns false if there is none for these.
  bool replay(std::int64_t id, std::int64_t to) {
    const auto found = dead_.find({id, to});
    const auto s = subscribers_.find(to);
    if (found == dead_.end() || s == subscribers_.end()) return false;
    auto letter = std::move(found->second);
    dead_.erase(found);
    letter.error.clear();
    enqueue(*s->second, std::move(letter));
    return true;
  }

  // No more events: waits until the queues are empty, for so long, and ends the workers. To be called before
  // it is destroyed.
  bight::awaitable<void> finish(std::chrono::seconds limit) {
    for (const auto& [id, s] : subscribers_) s->waiting.shutdown();
    if (workers_.empty()) co_return;
    co_await bight::wait(workers_, bight::return_when::all_completed, limit);
    for (auto& w : workers_) w.cancel();
    co_await bight::wait(workers_);
  }
  auto watch() { return live_.subscribe(); }

 private:
  struct subscriber {
    subscriber(const hub& h, std::int64_t number, new_subscriber wanted)
        : id(number),
          url(std::move(wanted.url)),
          secret(std::move(wanted.secret)),
          waiting(h.settings_.max_waiting),
          pace(h.settings_.per_second, 1s) {}
    std::int64_t id;
    std::string url;
    std::string secret;
    bight::queue<delivery> waiting;
    bight::rate_limiter pace;
  };

  http::client make_client(http::client_options options) const {
    options.timeouts.total = 10s;
    options.retries = bight::retry_policy{}
                          .attempts(settings_.attempts)
                          .backoff(settings_.first_delay, std::chrono::minutes{5});
    return http::client{std::move(options)};
  }

  void enqueue(subscriber& s, delivery d) {
    if (s.waiting.full()) return bury(std::move(d), "too many deliveries are waiting");
    s.waiting.try_put(std::move(d));
  }

  bight::awaitable<void> work(std::shared_ptr<subscriber> s) {
    while (true) {
      auto next = co_await s->waiting.get();
      if (!next) co_return;
      co_await s->pace.acquire();
      co_await deliver(*s, std::move(*next));
    }
  }

  bight::awaitable<void> deliver(const subscriber& s, delivery d) {
    try {
      auto request = client_.post(s.url).body(d.data, "application/json");
      request.header("X-Event", d.type)
          .header("X-Delivery", d.id)
          .header("X-Signature", sign(s.secret, d.data));
      auto response = co_await std::move(request).retry(true);  // receivers know deliveries by their id
      response.raise_for_status();
      co_await response.drain();
      tell({"delivered", d.id, d.subscriber, std::to_string(response.status().code())});
    } catch (const boost::system::system_error& e) { bury(std::move(d), e.what()); }
  }

  void bury(delivery d, std::string why) {
    tell({"dead", d.id, d.subscriber, why});
    d.error = std::move(why);
    const auto key = std::pair{d.id, d.subscriber};
    dead_.emplace(key, std::move(d));
  }

  void tell(const news& n) { live_.try_put(http::to_json(n)); }

  settings settings_;
  http::client client_;
  std::map<std::int64_t, std::shared_ptr<subscriber>> subscribers_;
  std::map<std::pair<std::int64_t, std::int64_t>, delivery> dead_;
  std::int64_t last_subscriber_ = 0;
  std::int64_t last_event_ = 0;
  bight::broadcast<std::string> live_{256};  // a page that is slower misses some
  std::vector<bight::task<void>> workers_;
};

// ---- the site ----

bight::awaitable<http::server_response> add_subscriber(hub& h, http::server_request& request) {
  auto wanted = co_await http::json<new_subscriber>(request);
  const auto url = http::url::parse(wanted.url);
  if (!url || !url->is_http()) throw http::problem{422, "url must be an http or https URL"};
  co_return http::json_response(std::map<std::string, std::int64_t>{{"id", h.subscribe(std::move(wanted))}},
                                201);
}

bight::awaitable<http::server_response> add_event(hub& h, http::server_request& request) {
  auto e = co_await http::json<event>(request);
  co_return http::json_response(std::map<std::string, std::int64_t>{{"id", h.accept(std::move(e))}}, 202);
}

http::server_response replay(hub& h, const http::server_request& request) {
  const bool known = h.replay(request.param<std::int64_t>("id"), request.param<std::int64_t>("to"));
  if (!known) throw http::problem{404, "there is no such dead letter"};
  return http::server_response{202};
}

http::server_response show_live(hub& h, http::server_request& request) {
  return http::event_stream(request, [&h](http::event_writer& out) -> bight::awaitable<void> {
    auto feed = h.watch();
    while (true) {
      try {
        auto text = co_await feed.next();
        if (!text) co_return;
        co_await out.send(std::move(*text));
      } catch (const bight::lagged_error&) {}  // this page was too slow: it goes on with what is new
    }
  });
}

http::router make_site(hub& h) {
  http::router site;
  site.get("/", [] {
    http::server_response response{200, http::body{page}};
    response.headers().set("Content-Type", "text/html; charset=utf-8");
    return response;
  });
  site.post("/subscribers", [&h](http::server_request& r) { return add_subscriber(h, r); });
  site.post("/events", [&h](http::server_request& r) { return add_event(h, r); }).max_body(256 * 1024);
  site.get("/dead", [&h] { return http::json_response(h.dead_letters()); });
  site.post("/dead/{id:int}/{to:int}/replay", [&h](http::server_request& r) { return replay(h, r); });
  site.get("/live", [&h](http::server_request& r) { return show_live(h, r); });
  return site;
}

bight::awaitable<void> serve(net::listener listener) {
  bight::signals stop{SIGINT, SIGTERM};
  hub h{settings{}};
  auto until_stopped = [&]() -> bight::awaitable<void> {
    http::server server{make_site(h)};
    co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
      group.spawn([&] { return server.serve(std::move(listener)); });
      co_await stop.next();
      server.stop(2s);
    });
  };
  co_await bight::finally(
      until_stopped, [&] { return h.finish(10s); }, 20s);
  for (const auto& letter : h.dead_letters()) std::cout << http::to_json(letter) << '\n';
}

#ifndef WEBHOOKS_TEST
int main(int count, char** arguments) {
  const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 8080);
  return bight::run_main([port]() -> bight::awaitable<void> {
    net::listener listener{net::endpoint{net::ip_address::loopback(), port}};
    std::cout << "http://" << listener.local_endpoint().to_string() << '/' << std::endl;
    co_await serve(std::move(listener));
  });
}
#endif
