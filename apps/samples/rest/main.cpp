// rest: notes over a JSON API: list, create, read, replace, delete.
//
// Pattern: a web service. Each operation is declared once, for the routes, the checks of what comes in, the
// OpenAPI document at /openapi.json, the page at /docs, and typed clients. The store is an interface: notes
// are in memory, or with --database in PostgreSQL. Whoever writes shows a token; metrics are at /metrics.
//
//     NOTES_SECRET=... rest [PORT] [--database postgresql://USER@HOST/DATABASE]
//     NOTES_SECRET=... rest token ann          # prints a token for ann, valid for a day
//     curl -H "Authorization: Bearer $TOKEN" --json '{"title": "Milk"}' http://localhost:8080/notes
//     curl 'http://localhost:8080/notes?tag=shop&limit=10'
#include <algorithm>
#include <bight/api.hpp>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/pg.hpp>
#include <bight/pg/described.hpp>
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
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
namespace pg = bight::pg;
using bight::awaitable;

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
  virtual awaitable<std::vector<note>> list(std::string tag, std::int64_t after, std::size_t limit) = 0;
  virtual awaitable<std::optional<note>> find(std::int64_t id) = 0;
  virtual awaitable<note> add(note_fields fields) = 0;
  virtual awaitable<bool> replace(note changed) = 0;
  virtual awaitable<bool> remove(std::int64_t id) = 0;
};

class memory_store final : public note_store {
 public:
  awaitable<std::vector<note>> list(std::string tag, std::int64_t after, std::size_t limit) override {
    std::vector<note> some;
    for (auto n = notes_.upper_bound(after); n != notes_.end() && some.size() < limit; ++n)
      if (tag.empty() || std::ranges::count(n->second.tags, tag) != 0) some.push_back(n->second);
    co_return some;
  }
  awaitable<std::optional<note>> find(std::int64_t id) override {
    const auto found = notes_.find(id);
    co_return found == notes_.end() ? std::nullopt : std::optional{found->second};
  }
  awaitable<note> add(note_fields fields) override {
    const note added{std::move(fields), ++last_};
    co_return notes_[added.id] = added;
  }
  awaitable<bool> replace(note changed) override {
    const auto found = notes_.find(changed.id);
    if (found != notes_.end()) found->second = std::move(changed);
    co_return found != notes_.end();
  }
  awaitable<bool> remove(std::int64_t id) override { co_return notes_.erase(id) != 0; }

 private:
  std::map<std::int64_t, note> notes_;
  std::int64_t last_ = 0;
};

class postgres_store final : public note_store {
 public:
  explicit postgres_store(pg::options where) : pool_(std::move(where)) {}

  // Makes the table if there is none. The lock is for several programs that start at the same time.
  static awaitable<void> create(pg::options where) {
    auto db = co_await pg::connect(std::move(where));
    co_await db.execute(
        "begin; select pg_advisory_xact_lock(hashtext('notes'));"
        "create table if not exists notes (id bigint generated always as identity primary key,"
        " title text not null, text text not null, tags text[] not null); commit");
    co_await db.close();
  }

  awaitable<std::vector<note>> list(std::string tag, std::int64_t after, std::size_t limit) override {
    co_return co_await pool_.fetch<note>(
        "select id, title, text, tags from notes where id > $1 and ($2::text = '' or $2 = any(tags)) "
        "order by id limit $3",
        after, std::move(tag), static_cast<std::int64_t>(limit));
  }
  awaitable<std::optional<note>> find(std::int64_t id) override {
    co_return co_await pool_.fetch_row<note>("select id, title, text, tags from notes where id = $1", id);
  }
  awaitable<note> add(note_fields fields) override {
    const auto id = co_await pool_.fetch_value<std::int64_t>(
        "insert into notes (title, text, tags) values ($1, $2, $3) returning id", fields.title, fields.text,
        fields.tags);
    co_return note{std::move(fields), id};
  }
  awaitable<bool> replace(note changed) override {
    const auto done =
        co_await pool_.execute("update notes set title = $2, text = $3, tags = $4 where id = $1", changed.id,
                               std::move(changed.title), std::move(changed.text), std::move(changed.tags));
    co_return done.rows != 0;
  }
  awaitable<bool> remove(std::int64_t id) override {
    const auto done = co_await pool_.execute("delete from notes where id = $1", id);
    co_return done.rows != 0;
  }

 private:
  pg::pool pool_;
};

// ---- handlers ----

struct author {
  std::string name;
};

std::string make_token(const std::string& secret, std::string_view name) {
  api::jwt_claims claims;
  claims.subject(name);
  return api::issue_jwt(api::jwt_key::hs256(secret), claims, std::chrono::hours{24});
}

http::problem no_note(std::int64_t id) {
  return http::problem{404, "there is no note " + std::to_string(id)};
}

http::router make_site(std::shared_ptr<note_store> store, const std::string& secret) {
  api::router routes{api::router_options{"Notes", "1.0.0"}};
  const api::jwt_verifier tokens{api::jwt_key::hs256(secret)};
  routes.provide_bearer([tokens](const std::string& token) -> std::optional<author> {
    const auto claims = tokens.accept(token);
    if (!claims || claims->subject().empty()) return std::nullopt;
    return author{std::string{claims->subject()}};
  });
  routes.add(list_notes,
             [store](std::string tag, int limit, std::optional<std::int64_t> after) -> awaitable<note_page> {
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
  routes.add(get_note, [store](std::int64_t id) -> awaitable<note> {
    const auto found = co_await store->find(id);
    if (!found) throw no_note(id);
    co_return *found;
  });
  routes.add(
      add_note,
      [store](note_fields fields, api::dependency<author>, http::headers& response) -> awaitable<note> {
        const auto added = co_await store->add(std::move(fields));
        response.set("Location", "/notes/" + std::to_string(added.id));
        co_return added;
      });
  routes.add(replace_note,
             [store](std::int64_t id, note_fields fields, api::dependency<author>) -> awaitable<note> {
               const note changed{std::move(fields), id};
               const bool known = co_await store->replace(changed);
               if (!known) throw no_note(id);
               co_return changed;
             });
  routes.add(remove_note, [store](std::int64_t id, api::dependency<author>) -> awaitable<void> {
    const bool known = co_await store->remove(id);
    if (!known) throw no_note(id);
  });
  const auto counts = std::make_shared<bight::metrics>();
  http::router site = std::move(routes).routes();
  site.add_middleware(http::request_metrics(*counts));
  site.get("/metrics", [counts] { return counts->text(); });
  return site;
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
  std::uint16_t port = 8080;
  std::optional<pg::options> database;
  try {
    for (int i = 1; i < count; ++i)
      if (std::string_view{arguments[i]} != "--database")
        port = static_cast<std::uint16_t>(std::atoi(arguments[i]));
      else if (++i < count)
        database.emplace(arguments[i]);
    if (database) bight::run([&] { return postgres_store::create(*database); });
  } catch (const std::exception& e) {
    std::cerr << "rest: " << e.what() << '\n';
    return 1;
  }
  http::run_server_options options{net::endpoint{net::ip_address::loopback(), port}};
  options.threads = 1;  // notes in memory, and what is counted, belong to one loop
  options.server.limits.max_body = 64 * 1024;
  options.on_ready = [](const std::vector<net::endpoint>& where) {
    std::cout << "http://" << where.front().to_string() << "/docs" << std::endl;
  };
  return http::run_server(std::move(options), [secret, database] {
    std::shared_ptr<note_store> store = std::make_shared<memory_store>();
    if (database) store = std::make_shared<postgres_store>(*database);
    return make_site(std::move(store), secret);
  });
}
#endif
