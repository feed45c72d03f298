// chat: rooms over WebSockets, with a web page, presence, and a history that survives a restart.
//
// Pattern: fan-out. Each connection has two tasks: one receives, one sends what the room publishes. A slow
// reader is disconnected and does not slow the room down. At a restart the connections are closed with 1012
// ("service restart"), and the page connects again and asks only for what it has missed.
//
//     chat [PORT [FOLDER]]           then open http://localhost:8080/ in two windows
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "page.hpp"

namespace fs = bight::fs;
namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

// ---- messages ----

struct message {
  std::int64_t id = 0;  // within the room, ascending
  std::string kind;     // "text", "joined", "left" or "people"
  std::string from;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(message, (), (id, kind, from, text))

struct posted {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(posted, (), (text))

// A message as JSON, shared by all who receive it.
using line = std::shared_ptr<const std::string>;

// ---- a room ----

class room {
 public:
  static constexpr std::size_t max_history = 200;
  static constexpr std::size_t max_behind = 64;  // messages that a reader may be late

  explicit room(std::filesystem::path file) : file_(std::move(file)) {}

  // Reads the history, once.
  bight::awaitable<void> load() {
    constexpr fs::open_options journal{.read = true, .write = true, .create = true};
    out_ = co_await fs::open(file_, journal);
    fs::lines lines{*out_};
    auto text = co_await lines.next();
    while (text) {
      const auto m = http::from_json<message>(*text);
      last_ = m.id;
      end_ += text->size() + 1;
      remember(m.id, std::make_shared<const std::string>(*text));
      text = co_await lines.next();
    }
  }

  bight::awaitable<void> say(std::string kind, std::string from, std::string text) {
    const auto order = co_await writing_.acquire();  // the file has the order of the room
    message m{++last_, std::move(kind), std::move(from), std::move(text)};
    const auto json = std::make_shared<const std::string>(http::to_json(m));
    const auto stored = *json + '\n';
    co_await out_->write_at(end_, stored);
    end_ += stored.size();
    remember(m.id, json);
    co_await published_.put(json);
  }

  auto subscribe() { return published_.subscribe(); }
  // What came after the message `id`.
  std::vector<line> since(std::int64_t id) const {
    std::vector<line> missed;
    for (const auto& [number, text] : history_)
      if (number > id) missed.push_back(text);
    return missed;
  }
  // Returns false if somebody has that name.
  bool enter(const std::string& name) { return people_.insert(name).second; }
  void leave(const std::string& name) { people_.erase(name); }
  std::string people() const {
    std::string all;
    for (const auto& p : people_) all += (all.empty() ? "" : ", ") + p;
    return all;
  }

 private:
  void remember(std::int64_t id, line text) {
    history_.emplace_back(id, std::move(text));
    if (history_.size() > max_history) history_.pop_front();
  }

  std::filesystem::path file_;
  std::optional<fs::file> out_;
  std::uint64_t end_ = 0;  // of the file
  std::deque<std::pair<std::int64_t, line>> history_;
  std::set<std::string> people_;
  std::int64_t last_ = 0;
  bight::lock writing_;
  bight::broadcast<line> published_{max_behind, bight::when_slow::disconnect};
};

// ---- a connection ----

class chat {
 public:
  explicit chat(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // For as long as the connection lasts.
  bight::awaitable<void> session(http::websocket& ws, std::string name, std::string room_name,
                                 std::int64_t seen) {
    const auto place = co_await open_room(room_name);
    if (!place->enter(name)) {
      co_await ws.close(4009, "that name is taken");
      co_return;
    }
    auto left = [place, name]() -> bight::awaitable<void> {
      place->leave(name);
      co_await place->say("left", name, place->people());
    };
    const opened here{open_, ws};
    auto inside = [&]() -> bight::awaitable<void> {
      auto news = place->subscribe();  // before the history is sent, so that nothing falls between
      for (const auto& missed : place->since(seen)) co_await ws.send(*missed);
      co_await place->say("joined", name, place->people());
      co_await bight::race(receive(ws, *place, name), send(ws, std::move(news)));
    };
    co_await bight::finally(inside, left);
  }

  // Closes all connections; their pages connect again.
  bight::awaitable<void> close(std::uint16_t code, std::string reason) {
    std::vector<bight::awaitable<void>> all;
    for (auto* const ws : open_) all.push_back(ws->close(code, reason));
    co_await bight::gather(std::move(all));
  }

 private:
  // Registers a connection for as long as it is open.
  class opened {
   public:
    opened(std::set<http::websocket*>& all, http::websocket& ws) : all_(&all), ws_(&ws) { all_->insert(ws_); }
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() { all_->erase(ws_); }

   private:
    std::set<http::websocket*>* all_;
    http::websocket* ws_;
  };

  static bight::awaitable<void> receive(http::websocket& ws, room& place, std::string name) {
    bight::rate_limiter pace{5, 1s, 20};
    auto got = co_await ws.receive();
    while (got) {
      co_await pace.acquire();
      auto p = http::from_json<posted>(got->data);
      if (!p.text.empty()) co_await place.say("text", name, std::move(p.text));
      got = co_await ws.receive();
    }
  }
  template <class Subscription>
  static bight::awaitable<void> send(http::websocket& ws, Subscription news) {
    auto one = co_await news.next();
    while (one) {
      co_await ws.send(**one);
      one = co_await news.next();
    }
  }

  bight::awaitable<std::shared_ptr<room>> open_room(std::string name) {
    return loading_.run(name, [this, name] { return load_room(name); });
  }
  bight::awaitable<std::shared_ptr<room>> load_room(std::string name) {
    const auto known = rooms_.find(name);
    if (known != rooms_.end()) co_return known->second;
    auto made = std::make_shared<room>(folder_ / (name + ".jsonl"));
    co_await made->load();
    rooms_.emplace(name, made);
    co_return made;
  }

  std::filesystem::path folder_;
  std::set<http::websocket*> open_;
  std::map<std::string, std::shared_ptr<room>> rooms_;
  bight::single_flight<std::string, std::shared_ptr<room>> loading_;
};

// ---- the site ----

// Names become file names, and are shown to others.
std::string name_in(const http::server_request& request, std::string_view parameter) {
  const std::string name{request.query_params().get(parameter).value_or("")};
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (name.empty() || name.size() > 32 || name.find_first_not_of(allowed) != name.npos)
    throw http::problem{400, std::string{parameter} + ": up to 32 letters, digits, - and _"};
  return name;
}

http::router make_site(std::shared_ptr<chat> rooms) {
  http::router site;
  site.get("/", [] {
    http::server_response response{200, http::body{page}};
    response.headers().set("Content-Type", "text/html; charset=utf-8");
    return response;
  });
  site.get("/chat", [rooms](http::server_request& request) {
    const auto seen = request.query_params().get("seen").value_or("0");
    auto session = [rooms, name = name_in(request, "name"), room_name = name_in(request, "room"),
                    id = std::atoll(std::string{seen}.c_str())](http::websocket& ws) {
      return rooms->session(ws, name, room_name, id);
    };
    http::websocket_server_options options;
    options.max_message = 4096;
    return http::websocket_response(request, std::move(session), std::move(options));
  });
  return site;
}

bight::awaitable<void> serve(net::listener listener, std::filesystem::path folder) {
  bight::signals stop{SIGINT, SIGTERM};
  const auto rooms = std::make_shared<chat>(std::move(folder));
  http::server server{make_site(rooms)};
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn([&] { return server.serve(std::move(listener)); });
    co_await stop.next();
    co_await rooms->close(1012, "the server restarts");
    server.stop(5s);
  });
}

#ifndef CHAT_TEST
int main(int count, char** arguments) {
  const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 8080);
  const std::filesystem::path folder = count > 2 ? arguments[2] : ".";
  return bight::run_main([=]() -> bight::awaitable<void> {
    net::listener listener{net::endpoint{net::ip_address::loopback(), port}};
    std::cout << "http://" << listener.local_endpoint().to_string() << '/' << std::endl;
    co_await serve(std::move(listener), folder);
  });
}
#endif
