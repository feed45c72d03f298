// bench_api --requests N: the CPU time of a JSON POST of 1 KiB with 10 members, which is validated and
// answered in JSON, without a server: by a typed operation, and by a handler that is written by hand with
// Boost.JSON and checks the same. bench_api --port P [--by-hand]: serves it on 127.0.0.1 until SIGINT or
// SIGTERM, then prints the report.
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report.hpp"

namespace {

namespace api = bight::api;
namespace http = bight::http;
namespace json = boost::json;
using bight::awaitable;

enum class level { low, high };
BOOST_DESCRIBE_ENUM(level, low, high)

struct entry {
  std::string name;
  std::string email;
  std::int32_t age = 0;
  double score = 0;
  bool active = false;
  level rank = level::low;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  std::int64_t id = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(entry, (), (name, email, age, score, active, rank, note, tags, id, text))

constexpr auto schema_of(api::type<entry>) {
  return api::schema(api::field(&entry::name).length(1, 40), api::field(&entry::email).length(3, 100),
                     api::field(&entry::age).min(0).max(150), api::field(&entry::score).min(0).max(1),
                     api::field(&entry::note).length(0, 100), api::field(&entry::tags).length(0, 10),
                     api::field(&entry::id).min(1), api::field(&entry::text).length(0, 2000));
}

struct receipt {
  std::int64_t id = 0;
  std::string name;
  std::int32_t tags = 0;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (id, name, tags))

inline constexpr auto add_entry = api::post<receipt>("/entries", api::body<entry>());

receipt receipt_of(const entry& e) {
  receipt r;
  r.id = e.id;
  r.name = e.name;
  r.tags = static_cast<std::int32_t>(e.tags.size());
  return r;
}

http::router typed() {
  api::router routes;
  routes.add(add_entry, [](const entry& e) { return receipt_of(e); });
  return std::move(routes).routes();
}

// ---- by hand ----

[[noreturn]] void refuse(std::string_view what) { throw http::problem{422, std::string{what}}; }

const json::value& member(const json::object& o, std::string_view name) {
  const auto* const found = o.if_contains(name);
  if (!found) refuse(name);
  return *found;
}

std::string text_in(const json::value& v, std::size_t least, std::size_t most) {
  const auto* const s = v.if_string();
  if (!s) refuse("not a text");
  std::size_t n = 0;
  for (const char c : *s)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++n;
  if (n < least || n > most) refuse("too short or too long");
  return {s->data(), s->size()};
}

std::int64_t integer_in(const json::value& v, std::int64_t least, std::int64_t most) {
  const auto* const n = v.if_int64();
  if (!n || *n < least || *n > most) refuse("not in range");
  return *n;
}

double real_in(const json::value& v, double least, double most) {
  if (!v.is_number()) refuse("not a number");
  const auto n = v.to_number<double>();
  if (!(n >= least && n <= most)) refuse("not in range");
  return n;
}

entry read_entry(std::string_view text) {
  json::error_code failed;
  const auto v = json::parse(text, failed);
  const auto* const o = failed ? nullptr : v.if_object();
  if (!o) refuse("not an object");
  entry e;
  e.name = text_in(member(*o, "name"), 1, 40);
  e.email = text_in(member(*o, "email"), 3, 100);
  e.age = static_cast<std::int32_t>(integer_in(member(*o, "age"), 0, 150));
  e.score = real_in(member(*o, "score"), 0, 1);
  const auto* const active = member(*o, "active").if_bool();
  if (!active) refuse("active");
  e.active = *active;
  const auto rank = text_in(member(*o, "rank"), 0, 10);
  if (rank != "low" && rank != "high") refuse("rank");
  e.rank = rank == "low" ? level::low : level::high;
  const auto* const note = o->if_contains("note");
  if (note && !note->is_null()) e.note = text_in(*note, 0, 100);
  const auto* const tags = member(*o, "tags").if_array();
  if (!tags || tags->size() > 10) refuse("tags");
  for (const auto& tag : *tags) e.tags.push_back(text_in(tag, 0, 1'000'000));
  e.id = integer_in(member(*o, "id"), 1, INT64_MAX);
  e.text = text_in(member(*o, "text"), 0, 2000);
  return e;
}

http::router by_hand() {
  http::router routes;
  routes.post("/entries", [](http::server_request& request) -> awaitable<http::server_response> {
    const auto text = co_await request.text();
    const auto r = receipt_of(read_entry(text));
    json::object o{{"id", r.id}, {"name", r.name}, {"tags", r.tags}};
    http::server_response response{200, json::serialize(o)};
    response.headers().set(http::header_id::content_type, "application/json");
    co_return response;
  });
  return routes;
}

std::string body_of_a_kibibyte() {
  std::string text =
      R"({"name":"Ann Example","email":"ann@example.org","age":42,"score":0.75,"active":true,"rank":"high",)"
      R"("note":"a note of some length","tags":["one","two","three","four"],"id":1234567890,"text":")";
  text.resize(1022, 'x');
  return text + "\"}";
}

awaitable<void> measure(const char* name, http::router routes, long requests) {
  const auto body = body_of_a_kibibyte();
  http::headers fields;
  fields.set("Content-Type", "application/json");
  const auto once = [&]() -> awaitable<std::size_t> {
    http::server_request request{http::method::post, "/entries", fields, http::body{body}};
    auto response = co_await routes(request);
    if (response.status() != 200) throw std::runtime_error{"bench_api: not 200"};
    co_return response.body().text()->size();
  };
  for (long i = 0; i != requests / 10; ++i) static_cast<void>(co_await once());
  const bench::stopwatch watch;
  for (long i = 0; i != requests; ++i) static_cast<void>(co_await once());
  watch.report(name, requests);
}

awaitable<void> measure_all(long requests) {
  for (int round = 0; round != 3; ++round) {
    co_await measure("api_typed", typed(), requests);
    co_await measure("api_by_hand", by_hand(), requests);
  }
}

}  // namespace

int main(int count, char** arguments) {
  long requests = 0;
  long port = 0;
  bool is_by_hand = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view a = arguments[i];
    if (a == "--requests" && i + 1 < count) requests = std::atol(arguments[++i]);
    if (a == "--port" && i + 1 < count) port = std::atol(arguments[++i]);
    if (a == "--by-hand") is_by_hand = true;
  }
  if (requests > 0) {
    bight::run([&] { return measure_all(requests); });
    return 0;
  }
  if (port == 0) {
    std::cerr << "usage: bench_api --requests N | --port P [--by-hand]\n";
    return 2;
  }
  const bench::stopwatch watch;
  http::run_server_options options{
      bight::net::endpoint{bight::net::ip_address::loopback(), static_cast<std::uint16_t>(port)}};
  options.threads = 1;
  const int status = http::run_server(std::move(options), [&] { return is_by_hand ? by_hand() : typed(); });
  watch.report("api_server", 1);
  return status;
}
