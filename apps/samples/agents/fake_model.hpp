// A model API that exists nowhere: it answers slowly, word by word, as an event stream. POST /v1/answer with
// a model's name:
//   "quick"   answers at once          "calculating"  asks for the tool "calculate" first
//   "slow"    needs a second per word  "busy"         is overloaded (503) every second time
#pragma once
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <memory>
#include <sstream>
#include <string>

namespace fake {

namespace http = bight::http;

inline bight::awaitable<void> words(http::event_writer& out, std::string text,
                                    std::chrono::milliseconds pause) {
  std::istringstream in{text};
  for (std::string word; in >> word;) {
    co_await bight::sleep(pause);
    boost::json::object piece{{"text", word + ' '}, {"tokens", 1}};
    co_await out.send(boost::json::serialize(piece));
  }
}

inline bight::awaitable<http::server_response> answer(http::server_request& request,
                                                      std::shared_ptr<int> calls) {
  const auto asked = co_await http::json(request);
  const auto& messages = asked.at("messages").as_array();
  const std::string model{asked.at("model").as_string()};
  const std::string last{messages.back().at("content").as_string()};
  const std::string role{messages.back().at("role").as_string()};
  if (model == "busy" && ++*calls % 2 == 1) throw http::problem{503, "overloaded"}.header("Retry-After", "1");
  http::event_producer produce = [=](http::event_writer& out) -> bight::awaitable<void> {
    if (model == "calculating" && role == "user") {
      boost::json::object call{{"tool", "calculate"}, {"argument", "6*7"}, {"tokens", 3}};
      co_await out.send(boost::json::serialize(call));
    } else {
      const auto pause = std::chrono::milliseconds{model == "slow" ? 1000 : 30};
      co_await words(out, model + " thinks about: " + last, pause);
    }
  };
  co_return http::event_stream(request, std::move(produce));
}

inline http::router model_api() {
  http::router api;
  const auto calls = std::make_shared<int>(0);
  api.post("/v1/answer", [calls](http::server_request& request) { return answer(request, calls); });
  return api;
}

}  // namespace fake
