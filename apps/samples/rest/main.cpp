// rest: notes over a JSON API: list, create, read, replace, delete.
//
// Pattern: a web service. Each operation is declared once, for the routes, the checks of what comes in, the
// OpenAPI document at /openapi.json, the page at /docs, and typed clients. The store is an interface, which a
// test or a database replaces. Whoever writes shows a token; metrics are at /metrics.
//
//     NOTES_SECRET=... rest [PORT]
//     NOTES_SECRET=... rest token ann          # prints a token for ann, valid for a day
//     curl -H "Authorization: Bearer $TOKEN" --json '{"title": "Milk"}' http://localhost:8080/notes
//     curl 'http://localhost:8080/notes?tag=shop&limit=10'
#include <algorithm>
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace api = bight::api;
namespace http = bight::http;
namespace net = bight::net;

// ---- data ----

struct note_fields {
  std::string title;
  std::string text;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(note_fields, (), (title, text, tags))

struct note : note_fields {
  std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(note, (note_fields), (id))

constexpr auto schema_of(api::type<note_fields>) {
  return api::schema(api::field(&note_fields::title).length(1, 200).example(R"("Milk")"),
                     api::field(&note_fields::text).length(0, 20'000).or_default(),
                     api::field(&note_fields::tags).length(0, 20).or_default());
}

// ---- operations ----

using note_page = api::page<note, std::int64_t>;

inline constexpr auto list_notes =
    api::get<note_page>("/notes", api::query<std::string>("tag", "").description("only notes with this tag"),
                        api::page_size(50, 100), api::query<std::optional<std::int64_t>>("after"))
        .summary("Notes by id");
inline constexpr auto add_note =
    api::post<note>("/notes", api::body<note_fields>()).status(201).summary("Adds a note");
inline constexpr auto get_note =
    api::get<note>("/notes/{id}", api::path<std::int64_t>("id")).fails(404, "there is no such note");
inline constexpr auto replace_note =
    api::put<note>("/notes/{id}", api::path<std::int64_t>("id"), api::body<note_fields>())
        .fails(404, "there is no such note");
inline constexpr auto remove_note =
    api::delete_<void>("/notes/{id}", api::path<std::int64_t>("id")).fails(404, "there is no such note");

// ---- store ----

class note_store {
 public:
  virtual ~note_store() = default;
  // At most `limit` notes with this tag (empty: any) and an id above `after`, by id.
  virtual bight::awaitable<std::vector<note>> list(std::string tag, std::int64_t after,
                                                   std::size_t limit) = 0;
  virtual bight::awaitable<std::optional<note>> find(std::int64_t id) = 0;
  virtual bight::awaitable<note> add(note_fields fields) = 0;
  virtual bight::awaitable<bool> replace(note changed) = 0;
  virtual bight::awaitable<bool> remove(std::int64_t id) = 0;
};

class memory_store final : public note_store {
 public:
  bight::awaitable<std::vector<note>> list(std::string tag, std::int64_t after, std::size_t limit) override {
    std::vector<note> some;
    for (auto n = notes_.upper_bound(after); n != notes_.end() && some.size() < limit; ++n) {
      const auto& tags = n->second.tags;
      const bool wanted = tag.empty() || std::find(tags.begin(), tags.end(), tag) != tags.end();
      if (wanted) some.push_back(n->second);
    }
    co_return some;
  }
  bight::awaitable<std::optional<note>> find(std::int64_t id) override {
    const auto found = notes_.find(id);
    if (found == notes_.end()) co_return std::nullopt;
    co_return found->second;
  }
  bight::awaitable<note> add(note_fields fields) override {
    note added;
    static_cast<note_fields&>(added) = std::move(fields);
    added.id = ++last_;
    notes_.emplace(added.id, added);
    co_return added;
  }
  bight::awaitable<bool> replace(note changed) override {
    const auto found = notes_.find(changed.id);
    if (found == notes_.end()) co_return false;
    found->second = std::move(changed);
    co_return true;
  }
  bight::awaitable<bool> remove(std::int64_t id) override { co_return notes_.erase(id) != 0; }

 private:
  std::map<std::int64_t, note> notes_;
  std::int64_t last_ = 0;
};

// ---- handlers ----

struct author {
  std::string name;
};

http::problem no_note(std::int64_t id) {
  return http::problem{404, "there is no note " + std::to_string(id)};
}

api::router make_routes(std::shared_ptr<note_store> store, const std::string& secret) {
  api::router routes{api::router_options{"Notes", "1.0.0"}};
  const api::jwt_verifier tokens{api::jwt_key::hs256(secret)};
  routes.provide_bearer([tokens](const std::string& token) -> std::optional<author> {
    const auto claims = tokens.accept(token);
    if (!claims || claims->subject().empty()) return std::nullopt;
    return author{std::string{claims->subject()}};
  });
  routes.add(
      list_notes,
      [store](std::string tag, int limit, std::optional<std::int64_t> after) -> bight::awaitable<note_page> {
        const auto size = static_cast<std::size_t>(limit);
        note_page page;
        // One more than is shown says whether there is another page.
        page.items = co_await store->list(std::move(tag), after.value_or(0), size + 1);
        if (page.items.size() > size) {
          page.items.pop_back();
          page.next = page.items.back().id;
        }
        co_return page;
      });
  routes.add(get_note, [store](std::int64_t id) -> bight::awaitable<note> {
    const auto found = co_await store->find(id);
    if (!found) throw no_note(id);
    co_return *found;
  });
  routes.add(add_note,
             [store](note_fields fields, api::dependency<author>,
                     http::headers& response) -> bight::awaitable<note> {
               const auto added = co_await store->add(std::move(fields));
               response.set("Location", "/notes/" + std::to_string(added.id));
               co_return added;
             });
  routes.add(replace_note,
             [store](std::int64_t id, note_fields fields, api::dependency<author>) -> bight::awaitable<note> {
               note changed;
               static_cast<note_fields&>(changed) = std::move(fields);
               changed.id = id;
               const bool known = co_await store->replace(changed);
               if (!known) throw no_note(id);
               co_return changed;
             });
  routes.add(remove_note, [store](std::int64_t id, api::dependency<author>) -> bight::awaitable<void> {
    const bool known = co_await store->remove(id);
    if (!known) throw no_note(id);
  });
  return routes;
}

http::router make_site(std::shared_ptr<note_store> store, const std::string& secret) {
  const auto counts = std::make_shared<bight::metrics>();
  http::router site = make_routes(std::move(store), secret).routes();
  site.add_middleware(http::request_metrics(*counts));
  site.get("/metrics", [counts] { return counts->text(); });
  return site;
}

std::string make_token(const std::string& secret, std::string_view name) {
  api::jwt_claims claims;
  claims.subject(name);
  return api::issue_jwt(api::jwt_key::hs256(secret), claims, std::chrono::hours{24});
}

#ifndef REST_TEST
int main(int count, char** arguments) {
  const char* const given = std::getenv("NOTES_SECRET");
  const std::string secret{given ? given : ""};
  if (secret.size() < 32) {
    std::cerr << "rest: NOTES_SECRET needs 32 bytes or more: NOTES_SECRET=$(openssl rand -hex 32)\n";
    return 2;
  }
  if (count > 2 && std::string_view{arguments[1]} == "token") {
    std::cout << make_token(secret, arguments[2]) << '\n';
    return 0;
  }
  const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 8080);
  http::run_server_options options{net::endpoint{net::ip_address::loopback(), port}};
  options.threads = 1;  // the notes are in memory, and belong to one loop
  options.server.limits.max_body = 64 * 1024;
  options.on_ready = [](const std::vector<net::endpoint>& where) {
    std::cout << "http://" << where.front().to_string() << "/docs" << std::endl;
  };
  return http::run_server(std::move(options),
                          [secret] { return make_site(std::make_shared<memory_store>(), secret); });
}
#endif
