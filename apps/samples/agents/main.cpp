// agents: asks several model-like APIs at once, and prints what each says while it says it.
//
// Pattern: many slow calls in parallel. All agents share a budget of tokens and a rate limit; each may call
// tools; a time limit, an empty budget or Ctrl-C ends them, and what they have said until then is kept.
//
//     agents [--budget TOKENS] [--seconds N] [--url URL] QUESTION
//
// Without --url, a fake of such an API (fake_model.hpp) runs in the same process.
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fake_model.hpp"

namespace http = bight::http;
namespace net = bight::net;
using namespace std::chrono_literals;

// ---- the API ----

struct message {
  std::string role;  // "system", "user", "assistant" or "tool"
  std::string content;
};
BOOST_DESCRIBE_STRUCT(message, (), (role, content))

struct call {
  std::string model;
  std::vector<message> messages;
};
BOOST_DESCRIBE_STRUCT(call, (), (model, messages))

// What an event of the answer brings: some text, or the wish to call a tool.
struct piece {
  std::optional<std::string> text;
  std::optional<std::string> tool;
  std::optional<std::string> argument;
  std::size_t tokens = 0;
};
BOOST_DESCRIBE_STRUCT(piece, (), (text, tool, argument, tokens))

// ---- what limits the agents ----

class out_of_budget : public std::exception {
 public:
  const char* what() const noexcept override { return "the budget is used up"; }
};

// Tokens that all agents share.
class budget {
 public:
  explicit budget(std::size_t tokens) : left_(tokens) {}
  void spend(std::size_t tokens) {
    if (tokens > left_) {
      left_ = 0;
      throw out_of_budget{};
    }
    left_ -= tokens;
  }
  std::size_t left() const { return left_; }

 private:
  std::size_t left_;
};

// ---- tools ----

// "6*7" is 42.
bight::awaitable<std::string> calculate(std::string text) {
  char* end = nullptr;
  const double a = std::strtod(text.c_str(), &end);
  const char sign = *end == '\0' ? '\0' : *end++;
  const double b = std::strtod(end, nullptr);
  double result = a;
  if (sign == '+') result = a + b;
  if (sign == '-') result = a - b;
  if (sign == '*') result = a * b;
  if (sign == '/') result = a / b;
  std::ostringstream out;
  out << result;
  co_return out.str();
}

using tool = std::function<bight::awaitable<std::string>(std::string)>;
using tool_box = std::map<std::string, tool>;

// ---- an agent ----

struct agent {
  std::string name;
  std::string model;
  std::string role;  // what it is told about itself
};

// What it has said, complete or not.
struct report {
  std::string name;
  std::string text;
  std::string end = "cancelled";
  std::size_t tokens = 0;
  std::size_t tool_calls = 0;
};

using on_text = std::function<void(const std::string& name, const std::string& text)>;

class team {
 public:
  team(http::client client, std::string url, std::size_t tokens, tool_box tools, on_text heard)
      : client_(std::move(client)),
        url_(std::move(url)),
        budget_(tokens),
        tools_(std::move(tools)),
        heard_(std::move(heard)) {}

  // Asks all of them. `reports` grows while they talk: it is there when this is cancelled.
  bight::awaitable<void> ask(std::vector<agent> agents, std::string question, std::chrono::seconds limit,
                             std::vector<report>& reports) {
    reports.assign(agents.size(), {});
    for (std::size_t i = 0; i != agents.size(); ++i) reports[i].name = agents[i].name;
    co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
      for (std::size_t i = 0; i != agents.size(); ++i)
        group.spawn([&, i] { return ask_one(agents[i], question, limit, reports[i]); });
      co_return;
    });
  }
  std::size_t tokens_left() const { return budget_.left(); }

 private:
  // Whatever happens to one agent concerns no other.
  bight::awaitable<void> ask_one(const agent& a, const std::string& question, std::chrono::seconds limit,
                                 report& r) {
    try {
      const bool completed = co_await bight::move_on_after(limit, [&] { return talk(a, question, r); });
      r.end = completed ? "complete" : "out of time";
    } catch (const std::exception& e) { r.end = e.what(); }
  }

  // One answer, or several with calls of tools in between.
  bight::awaitable<void> talk(const agent& a, const std::string& question, report& r) {
    constexpr std::size_t max_tool_calls = 5;
    call asked{a.model, {{"system", a.role}, {"user", question}}};
    auto wish = co_await listen(asked, r);
    while (wish) {
      if (++r.tool_calls > max_tool_calls) throw std::runtime_error("too many calls of tools");
      const auto found = tools_.find(*wish->tool);
      std::string result = "there is no such tool";
      if (found != tools_.end()) result = co_await found->second(wish->argument.value_or(""));
      asked.messages.push_back({"assistant", "calls " + *wish->tool});
      asked.messages.push_back({"tool", std::move(result)});
      wish = co_await listen(asked, r);
    }
  }

  // Sends the messages and receives the answer as it is made. Returns the tool that it wants to have called.
  bight::awaitable<std::optional<piece>> listen(const call& asked, report& r) {
    const auto permit = co_await at_once_.acquire();
    co_await pace_.acquire();
    http::event_source answer{client_.post(url_ + "/v1/answer").json(asked).retry(true)};
    std::optional<piece> wish;
    auto event = co_await answer.next();
    while (event) {
      auto p = http::from_json<piece>(event->data);
      budget_.spend(p.tokens);
      r.tokens += p.tokens;
      if (p.text) {
        r.text += *p.text;
        heard_(r.name, *p.text);
      }
      if (p.tool) wish = std::move(p);
      event = co_await answer.next();
    }
    co_return wish;
  }

  http::client client_;
  std::string url_;
  budget budget_;
  tool_box tools_;
  on_text heard_;
  bight::semaphore at_once_{8};       // answers being received
  bight::rate_limiter pace_{20, 1s};  // requests per second that the API allows
};

// ---- the program ----

http::client make_client(http::client_options options = {}) {
  options.timeouts.total = bight::forever;  // answers take as long as they take; agents have a limit
  options.retries = bight::retry_policy{}.attempts(4);
  return http::client{std::move(options)};
}

void print(const std::vector<report>& reports) {
  for (const auto& r : reports) {
    std::cout << "\n== " << r.name << ": " << r.end << ", " << r.tokens << " tokens";
    if (r.tool_calls != 0) std::cout << ", tool calls: " << r.tool_calls;
    std::cout << '\n' << (r.text.empty() ? "(nothing)" : r.text) << '\n';
  }
}

struct settings {
  std::size_t tokens = 200;
  std::chrono::seconds limit{10};
  std::string url;
  std::string question;
};

bool read_arguments(int count, char** arguments, settings& s) {
  for (int i = 1; i != count; ++i) {
    const std::string_view word = arguments[i];
    const bool has_value = i + 1 != count;
    if (word == "--budget" && has_value)
      s.tokens = std::strtoul(arguments[++i], nullptr, 10);
    else if (word == "--seconds" && has_value)
      s.limit = std::chrono::seconds{std::atoi(arguments[++i])};
    else if (word == "--url" && has_value)
      s.url = arguments[++i];
    else if (word.starts_with("--") || !s.question.empty())
      return false;
    else
      s.question = word;
  }
  return !s.question.empty() && s.limit > 0s;
}

bight::awaitable<void> run(settings s) {
  bight::signals stop{SIGINT, SIGTERM};
  http::server fake_server{fake::model_api()};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  if (s.url.empty()) s.url = "http://" + listener.local_endpoint().to_string();
  std::vector<report> reports;
  const std::vector<agent> agents{{"planner", "quick", "You plan."},
                                  {"analyst", "calculating", "You calculate."},
                                  {"critic", "busy", "You doubt."},
                                  {"poet", "slow", "You take your time."}};
  team all{make_client(),
           s.url,
           s.tokens,
           {{"calculate", calculate}},
           [](const std::string& name, const std::string& text) {
             std::cout << std::left << std::setw(8) << name << ' ' << text << std::endl;
           }};
  auto serving = bight::spawn([&] { return fake_server.serve(std::move(listener)); });
  auto asking = bight::spawn([&] { return all.ask(agents, s.question, s.limit, reports); });
  co_await bight::race(asking.wait(), stop.next());
  asking.cancel();
  co_await asking.wait();
  fake_server.stop(0s);
  co_await serving.wait();
  print(reports);
  std::cout << '\n' << all.tokens_left() << " tokens are left\n";
}

#ifndef AGENTS_TEST
int main(int count, char** arguments) {
  settings s;
  if (!read_arguments(count, arguments, s)) {
    std::cerr << "usage: agents [--budget TOKENS] [--seconds N] [--url URL] QUESTION\n";
    return 2;
  }
  return bight::run_main([&] { return run(s); });
}
#endif
