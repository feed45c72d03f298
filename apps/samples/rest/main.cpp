// rest: notes over a JSON API: list, create, read, replace, delete.
//
// Pattern: a web service. Handlers read, check and answer; the store is an interface, which a test or a
// database replaces. Errors are application/problem+json (RFC 9457).
//
//     rest [PORT]
//     curl -d '{"title": "Milk", "text": "two bottles", "tags": ["shop"]}' http://localhost:8080/notes
//     curl 'http://localhost:8080/notes?tag=shop&limit=10'
#include <algorithm>
#include <bight/core.hpp>
#include <bight/http.hpp>
#include <bight/http/json.hpp>
#include <charconv>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

struct page {
  std::vector<note> notes;
  std::optional<std::int64_t> next;  // as `after`, for the next page
};
BOOST_DESCRIBE_STRUCT(page, (), (notes, next))

struct violation {
  std::string pointer;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(violation, (), (pointer, detail))

// All that is wrong, not only the first.
std::vector<violation> check(const note_fields& n) {
  std::vector<violation> all;
  if (n.title.empty()) all.push_back({"/title", "must not be empty"});
  if (n.title.size() > 200) all.push_back({"/title", "must not be longer than 200 bytes"});
  if (n.tags.size() > 20) all.push_back({"/tags", "must not be more than 20"});
  for (std::size_t i = 0; i != n.tags.size(); ++i)
    if (n.tags[i].empty()) all.push_back({"/tags/" + std::to_string(i), "must not be empty"});
  return all;
}

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

bight::awaitable<note_fields> read_note(http::server_request& request) {
  auto fields = co_await http::json<note_fields>(request);  // 422 with the place if it is no note
  const auto wrong = check(fields);
  if (!wrong.empty()) throw http::problem{422, "invalid note"}.with_json("errors", http::to_json(wrong));
  co_return fields;
}

std::int64_t number_in_query(const http::server_request& request, std::string_view name,
                             std::int64_t otherwise, std::int64_t most) {
  const auto text = request.query_params().get(name);
  if (!text) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < 0 || value > most)
    throw http::problem{422, std::string{name} + " must be a number from 0 to " + std::to_string(most)};
  return value;
}

http::problem no_note(std::int64_t id) {
  return http::problem{404, "there is no note " + std::to_string(id)};
}

class notes {
 public:
  explicit notes(std::shared_ptr<note_store> store) : store_(std::move(store)) {}

  bight::awaitable<http::server_response> list(http::server_request& request) const {
    constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
    const auto limit = static_cast<std::size_t>(number_in_query(request, "limit", 50, 100));
    const auto after = number_in_query(request, "after", 0, max_id);
    std::string tag{request.query_params().get("tag").value_or("")};
    page found;
    found.notes = co_await store_->list(std::move(tag), after, limit);
    if (found.notes.size() == limit && limit != 0) found.next = found.notes.back().id;
    co_return http::json_response(found);
  }
  bight::awaitable<http::server_response> show(http::server_request& request) const {
    const auto id = request.param<std::int64_t>("id");
    const auto found = co_await store_->find(id);
    if (!found) throw no_note(id);
    co_return http::json_response(*found);
  }
  bight::awaitable<http::server_response> create(http::server_request& request) const {
    auto fields = co_await read_note(request);
    const auto added = co_await store_->add(std::move(fields));
    auto response = http::json_response(added, 201);
    response.headers().set("Location", "/notes/" + std::to_string(added.id));
    co_return response;
  }
  bight::awaitable<http::server_response> replace(http::server_request& request) const {
    note changed;
    changed.id = request.param<std::int64_t>("id");
    auto fields = co_await read_note(request);
    static_cast<note_fields&>(changed) = std::move(fields);
    const bool known = co_await store_->replace(changed);
    if (!known) throw no_note(changed.id);
    co_return http::json_response(changed);
  }
  bight::awaitable<http::server_response> remove(http::server_request& request) const {
    const auto id = request.param<std::int64_t>("id");
    const bool known = co_await store_->remove(id);
    if (!known) throw no_note(id);
    co_return http::server_response{204};
  }

 private:
  std::shared_ptr<note_store> store_;
};

http::router make_site(std::shared_ptr<note_store> store) {
  const auto api = std::make_shared<notes>(std::move(store));
  http::router site;
  site.get("/notes", [api](http::server_request& r) { return api->list(r); });
  site.post("/notes", [api](http::server_request& r) { return api->create(r); }).max_body(64 * 1024);
  site.get("/notes/{id:int}", [api](http::server_request& r) { return api->show(r); });
  site.put("/notes/{id:int}", [api](http::server_request& r) { return api->replace(r); }).max_body(64 * 1024);
  site.delete_("/notes/{id:int}", [api](http::server_request& r) { return api->remove(r); });
  return site;
}

#ifndef REST_TEST
int main(int count, char** arguments) {
  const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 8080);
  http::run_server_options options{net::endpoint{net::ip_address::loopback(), port}};
  options.threads = 1;  // the notes are in memory, and belong to one loop
  options.on_ready = [](const std::vector<net::endpoint>& where) {
    std::cout << "http://" << where.front().to_string() << "/notes" << std::endl;
  };
  return http::run_server(std::move(options), [] { return make_site(std::make_shared<memory_store>()); });
}
#endif
