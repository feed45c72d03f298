// Event streams and programs of others: nginx between, a browser's EventSource, aiohttp.
#include <bight/http/event_stream.hpp>

#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/client.hpp>
#include <bight/http/event_source.hpp>
#include <bight/http/router.hpp>
#include <bight/http/server.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/browser.hpp"
#include "support/http_served.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"

namespace bight::http::event_peers_test {

using namespace std::chrono_literals;
using test::browser;
using test::nginx;
using test::nginx_options;
using test::running;
using ::testing::ElementsAre;

class event_nginx : public test::with_peers<nginx> {};
class event_browser : public test::with_peers<browser> {};
class event_browser_behind_nginx : public test::with_peers<browser, nginx> {};

// An nginx that passes everything on to that server.
nginx_options in_front_of(const net::endpoint& where) {
  nginx_options options;
  options.server = "location / { proxy_pass http://" + where.to_string() + "; }";
  return options;
}

// Counts from the event that follows the last id; the ids are the numbers. Each connection gets at most
// `per_connection` events.
awaitable<void> count_on(event_writer& out, int per_connection) {
  const auto& last = out.last_event_id();
  const int first = last.empty() ? 1 : std::stoi(last) + 1;
  for (int n = first; n != first + per_connection; ++n) {
    const auto text = std::to_string(n);
    const server_sent_event e{text, n % 2 == 0 ? "even" : "", text};
    co_await out.send(e);
  }
}

handler counting(int per_connection) {
  return [per_connection](server_request& request) -> awaitable<server_response> {
    co_return event_stream(request,
                           [per_connection](event_writer& out) { return count_on(out, per_connection); });
  };
}

event_source_options soon() {
  event_source_options options;
  options.reconnect_delay = 1ms;
  options.backoff = bight::backoff{1ms, 20ms};
  options.max_attempts = 0;
  return options;
}

// Each event is sent when the one before has arrived: nothing is held back.
ASYNC_TEST_F(event_nginx, passes_events_on_at_once) {
  event arrived;
  running r{[&arrived](server_request& request) -> awaitable<server_response> {
    co_return event_stream(request, [&arrived](event_writer& out) -> awaitable<void> {
      for (int n = 0; n != 20; ++n) {
        arrived.clear();
        co_await out.send(std::to_string(n));
        co_await arrived.wait();
      }
    });
  }};
  const nginx proxy{in_front_of(r.where())};
  http::client client;
  auto options = soon();
  options.reconnect = false;
  event_source events{client.get(proxy.url()), options};
  int n = 0;
  auto e = co_await events.next();
  while (e) {
    EXPECT_EQ(e->data, std::to_string(n++));
    arrived.set();
    e = co_await events.next();
  }
  EXPECT_EQ(n, 20);
}

ASYNC_TEST_F(event_nginx, a_client_that_leaves_it_cancels_the_producer) {
  event cancelled;
  running r{[&cancelled](server_request& request) -> awaitable<server_response> {
    co_return event_stream(request, [&cancelled](event_writer& out) -> awaitable<void> {
      try {
        co_await out.send("hello");
        co_await sleep(forever);
      } catch (const cancelled_error&) {
        cancelled.set();
        throw;
      }
    });
  }};
  const nginx proxy{in_front_of(r.where())};
  http::client client;
  event_source events{client.get(proxy.url())};
  const auto first = co_await events.next();
  EXPECT_TRUE(first.has_value());
  events.close();
  co_await wait_for(cancelled.wait(), 10s);
}

// While nobody serves behind it, nginx answers with 502.
ASYNC_TEST_F(event_nginx, a_server_that_restarts_behind_it_loses_no_event) {
  auto first = std::make_unique<running>(counting(1000));
  const auto where = first->where();
  const nginx proxy{in_front_of(where)};
  http::client client;
  event_source events{client.get(proxy.url()), soon()};
  int expected = 1;
  const auto take = [&](int n) -> awaitable<void> {
    for (; n != 0; --n) {
      const auto e = co_await events.next();
      EXPECT_EQ(e.value().data, std::to_string(expected++));
    }
  };
  co_await take(500);
  first->server.stop(0s);
  co_await first->serving;
  first.reset();
  auto reading = spawn(take, 5000);
  co_await sleep(100ms);
  http::server second{counting(100)};
  auto serving = spawn([&]() -> awaitable<void> { co_await second.serve(net::listener(where)); });
  co_await reading;
  EXPECT_GT(events.reconnections(), 40U);
  serving.cancel();
  co_await serving.wait();
}

// A page that collects what an EventSource gives, up to number 9, and posts it.
const std::string page = R"(<!doctype html><script>
const got = [];
const source = new EventSource('/events');
const take = kind => e => {
  got.push(kind + e.lastEventId + ':' + e.data);
  if (e.lastEventId !== '9') return;
  source.close();
  fetch('/done', {method: 'POST', body: got.join(' ') + ' state ' + source.readyState});
};
source.onmessage = take('');
source.addEventListener('even', take('even'));
</script>)";

const std::string all_nine = "1:1 even2:2 3:3 even4:4 5:5 even6:6 7:7 even8:8 9:9 state 2";

// Serves the page and the events, two for each connection.
class site {
 public:
  router routes() {
    router all;
    auto s = state_;
    all.get("/", [] {
      server_response r{200, page};
      r.headers().set("Content-Type", "text/html");
      return r;
    });
    all.get("/events", [s](server_request& request) {
      ++s->connections;
      const event_stream_options options{.retry = 20ms};
      return event_stream(
          request, [](event_writer& out) { return count_on(out, 2); }, options);
    });
    answer_.add_to(all);
    return all;
  }
  awaitable<std::string> outcome() { return answer_.text(); }
  int connections() const noexcept { return state_->connections; }

 private:
  struct state {
    int connections = 0;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
  test::browser_answer answer_;
};

ASYNC_TEST_F(event_browser, reconnects_and_continues) {
  site s;
  running r{s.routes()};
  const browser opened{r.url()};
  const auto got = co_await s.outcome();
  EXPECT_EQ(got, all_nine);
  EXPECT_EQ(s.connections(), 5);
}

ASYNC_TEST_F(event_browser_behind_nginx, reconnects_and_continues) {
  site s;
  running r{s.routes()};
  const nginx proxy{in_front_of(r.where())};
  const browser opened{proxy.url()};
  const auto got = co_await s.outcome();
  EXPECT_EQ(got, all_nine);
  EXPECT_EQ(s.connections(), 5);
}

// What aiohttp reads, line by line as its users do.
constexpr const char* read_with_aiohttp = R"(
import asyncio, sys, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1], headers={"Last-Event-ID": "3"}) as response:
            print(response.status, response.content_type)
            async for line in response.content:
                print(line.decode().rstrip("\n"))
asyncio.run(main())
)";

// An event stream that aiohttp serves.
constexpr const char* serve_with_aiohttp = R"(
import asyncio, sys
from aiohttp import web
async def events(request):
    last = int(request.headers.get("Last-Event-ID", "0"))
    if last >= 6:
        return web.Response(status=204)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for n in range(last + 1, last + 4):
        await response.write(f"id: {n}\r\nevent: tick\r\ndata: number\r\ndata: {n}\r\n\r\n".encode())
        await asyncio.sleep(0.01)
    return response
app = web.Application()
app.router.add_get("/", events)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
)";

const std::string& python_of_aiohttp() {
  static const auto found = test::python_with({"aiohttp"});
  return found;
}

class aiohttp_server : public test::peer_server {
 public:
  static std::string missing() {
    return python_of_aiohttp().empty() ? "aiohttp is not installed (sh cmake/install_deps.sh peers)" : "";
  }
  aiohttp_server() {
    start(
        {python_of_aiohttp(), "-B", folder().write("serve.py", serve_with_aiohttp), std::to_string(port())});
  }
};

class event_aiohttp : public test::with_peers<aiohttp_server> {};

ASYNC_TEST_F(event_aiohttp, reads_a_stream) {
  running r{counting(2)};
  bight::command read(python_of_aiohttp(), "-c", read_with_aiohttp, r.url());
  const auto done = co_await bight::run_process(std::move(read));
  EXPECT_EQ(done.output, "200 text/event-stream\nid: 4\nevent: even\ndata: 4\n\nid: 5\ndata: 5\n\n");
}

ASYNC_TEST_F(event_aiohttp, serves_a_stream) {
  const aiohttp_server server;
  http::client client;
  event_source events{client.get(server.url()), soon()};
  std::vector<std::string> got;
  auto e = co_await events.next();
  while (e) {
    got.push_back(e->type + ' ' + e->id + ' ' + e->data);
    e = co_await events.next();
  }
  EXPECT_THAT(got, ElementsAre("tick 1 number\n1", "tick 2 number\n2", "tick 3 number\n3", "tick 4 number\n4",
                               "tick 5 number\n5", "tick 6 number\n6"));
  EXPECT_EQ(events.reconnections(), 2U);
}

}  // namespace bight::http::event_peers_test
