#include <bight/testing_http/mock_http.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace bight::testing {

using boost::system::system_error;

namespace detail {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t from = 0;  // where the last star begins to match
  while (t != text.size()) {
    if (p != pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p != pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace

class mock_answer {
 public:
  std::function<http::response(const mock_call&)> make;
  boost::system::error_code error;
  clock::duration delay{0};
  bool hangs = false;
};

class mock_route_state {
 public:
  bool applies_to(const mock_call& call) const {
    if (method && *method != call.method) return false;
    const bool whole = pattern.find("://") != pattern.npos;
    const bool with_query = pattern.find('?') != pattern.npos;
    const auto& u = call.url;
    std::string text{whole ? u.href_without_fragment() : u.request_target()};
    if (!with_query) text.resize(std::min(text.size(), text.find('?')));
    if (!matches(pattern, text)) return false;
    return std::all_of(conditions.begin(), conditions.end(), [&](const auto& c) { return c(call); });
  }
  std::string name() const {
    return (method ? std::string{method->name()} : std::string{"any"}) + ' ' + pattern;
  }
  const mock_answer& next() {
    if (answers.empty()) throw std::logic_error("mock_http: no answer for " + name());
    const auto& answer = answers[std::min(used, answers.size() - 1)];
    ++used;
    return answer;
  }

  std::optional<http::method> method;
  std::string pattern;
  std::vector<std::function<bool(const mock_call&)>> conditions;
  std::deque<mock_answer> answers;  // references stay valid
  std::vector<mock_call> calls;
  std::size_t used = 0;
};

class mock_http_state final : public http::transport {
 public:
  awaitable<http::response> send(http::request& r) override;
  [[noreturn]] void refuse(const mock_call& call) const;

  std::deque<mock_route> routes;
  std::vector<std::shared_ptr<mock_route_state>> states;
  std::vector<mock_call> calls;
};

void mock_http_state::refuse(const mock_call& call) const {
  std::string text = "mock_http: no route for ";
  text.append(call.method.name()).append(" ").append(call.url.redacted()).append("; there are:");
  for (const auto& s : states) text.append(" ").append(s->name()).append(",");
  text.back() = ' ';
  if (::testing::UnitTest::GetInstance()->current_test_info()) ADD_FAILURE() << text;
  throw std::logic_error(text);
}

awaitable<http::response> mock_http_state::send(http::request& r) {
  mock_call call;
  call.method = r.method();
  call.url = r.url();
  call.headers = r.headers();
  call.body = co_await r.body().collect();
  calls.push_back(call);
  const auto found =
      std::find_if(states.begin(), states.end(), [&](const auto& s) { return s->applies_to(call); });
  if (found == states.end()) refuse(call);
  const auto route = *found;
  route->calls.push_back(call);
  const auto& answer = route->next();
  co_await sleep(answer.delay);
  if (answer.hangs) {
    event never;
    co_await never.wait();
  }
  if (answer.error) throw system_error(answer.error, call.url.redacted());
  auto made = answer.make(call);
  if (made.url().empty()) made.set_url(call.url);
  co_return made;
}

}  // namespace detail

mock_route::mock_route(std::shared_ptr<detail::mock_route_state> state) noexcept : state_(std::move(state)) {}

mock_route& mock_route::when(std::function<bool(const mock_call&)> wanted) {
  state_->conditions.push_back(std::move(wanted));
  return *this;
}

mock_route& mock_route::with_header(std::string_view name, std::string_view value) {
  return when([name = std::string{name}, value = std::string{value}](const mock_call& call) {
    const auto all = call.headers.get_all(name);
    return std::find(all.begin(), all.end(), std::string_view{value}) != all.end();
  });
}

mock_route& mock_route::with_query(std::string_view name, std::string_view value) {
  return when([name = std::string{name}, value = std::string{value}](const mock_call& call) {
    const auto params = http::query_params::parse(call.url.query());
    if (!params) return false;
    const auto all = params->get_all(name);
    return std::find(all.begin(), all.end(), std::string_view{value}) != all.end();
  });
}

mock_route& mock_route::with_body(std::string_view body) {
  return when([body = std::string{body}](const mock_call& call) { return call.body == body; });
}

mock_route& mock_route::respond(http::status code, std::string body, http::headers fields) {
  return respond([code, body = std::move(body), fields = std::move(fields)](const mock_call&) {
    return http::response{code, body, fields};
  });
}

mock_route& mock_route::respond(std::function<http::response(const mock_call&)> make) {
  state_->answers.emplace_back().make = std::move(make);
  return *this;
}

mock_route& mock_route::respond_cut_short(http::status code, std::string body, http::headers fields) {
  return respond([code, body = std::move(body), fields = std::move(fields)](const mock_call&) {
    auto part = http::body::produce([body](http::body_writer& out) -> awaitable<void> {
      co_await out.write(body);
      throw system_error(http::make_error_code(http::errc::truncated), "mock_http");
    });
    return http::response{code, std::move(part), fields};
  });
}

mock_route& mock_route::fail(boost::system::error_code error) {
  state_->answers.emplace_back().error = error;
  return *this;
}

mock_route& mock_route::hang() {
  state_->answers.emplace_back().hangs = true;
  return *this;
}

mock_route& mock_route::after(clock::duration d) {
  if (state_->answers.empty()) throw std::logic_error("mock_http: after() follows an answer");
  state_->answers.back().delay = d;
  return *this;
}

const std::vector<mock_call>& mock_route::calls() const noexcept { return state_->calls; }

mock_http::mock_http() : state_(std::make_shared<detail::mock_http_state>()) {}

mock_route& mock_http::route(const http::method& m, std::string_view pattern) {
  auto& made = any(pattern);
  made.state_->method = m;
  return made;
}

mock_route& mock_http::any(std::string_view pattern) {
  auto state = std::make_shared<detail::mock_route_state>();
  state->pattern = pattern;
  state_->states.push_back(state);
  state_->routes.push_back(mock_route{std::move(state)});
  return state_->routes.back();
}

std::shared_ptr<http::transport> mock_http::transport() const { return state_; }
const std::vector<mock_call>& mock_http::calls() const noexcept { return state_->calls; }
bool mock_http::all_called() const noexcept {
  return std::all_of(state_->states.begin(), state_->states.end(),
                     [](const auto& s) { return s->used >= s->answers.size(); });
}

}  // namespace bight::testing
