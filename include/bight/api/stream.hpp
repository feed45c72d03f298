// lines, events: results that arrive item by item.
#pragma once
#include <bight/api/detail/reading.hpp>
#include <bight/api/detail/shape_of.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/generator.hpp>
#include <bight/http/event_source.hpp>
#include <bight/http/response.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bight::api {

namespace detail {

/// Reads an item; throws problem.
void read_item(const shape& type, void* to, std::string_view text, std::string_view operation);

class line_source {
 public:
  line_source(http::response r, std::string operation);
  awaitable<std::optional<std::string>> next();
  const std::string& operation() const noexcept { return operation_; }

 private:
  // In one place, because the generator refers to the response.
  struct state;
  std::shared_ptr<state> state_;
  std::string operation_;
};

}  // namespace detail

/// A result of many items, each a line of JSON (application/x-ndjson). The handler is a generator, or a
/// function that returns one; it runs while the response is sent, and is destroyed when the client
/// disconnects. If it throws, the response breaks off, which clients notice.
///
///     inline constexpr auto export_notes = api::get<api::lines<note>>("/notes/export");
///
///     routes.add(export_notes, [&]() -> bight::generator<note> {
///       for (int id : store.ids()) co_yield co_await store.find(id);
///     });
///     auto notes = co_await client.call(export_notes);
///     auto one = co_await notes.next();
///     while (one) { use(*one); one = co_await notes.next(); }
///
/// To a client it is the open response. Move-only.
template <class T>
class lines {
 public:
  using item_type = T;

  explicit lines(detail::line_source from) noexcept : from_(std::move(from)) {}
  /// The next item; nullopt after the last. Errors: problem if a line is not a T; those of http::response.
  [[nodiscard]] awaitable<std::optional<T>> next() {
    const auto line = co_await from_.next();
    std::optional<T> item;
    if (!line) co_return item;
    detail::read_item(detail::shape_of<T>(), &item.emplace(), *line, from_.operation());
    co_return item;
  }

 private:
  detail::line_source from_;
};

/// A server-sent event with data in JSON.
template <class T>
class event {
 public:
  event() = default;
  explicit event(T d, std::string name = {}, std::string event_id = {})
      : data(std::move(d)), type(std::move(name)), id(std::move(event_id)) {}

  T data{};
  std::string type;  ///< See http::server_sent_event.
  std::string id;
};

/// A result of server-sent events (text/event-stream), whose data is JSON. The handler is a generator of T or
/// of event<T>, or a function that returns one; it is cancelled when the client disconnects and when the
/// server stops. Comments keep the connection alive (http::event_stream).
///
///     inline constexpr auto watch_prices = api::get<api::events<price>>("/prices");
///
/// To a client it is the open response, which it does not ask for again: http::event_source does. Move-only.
template <class T>
class events {
 public:
  using item_type = T;

  events(http::event_source from, std::string operation) noexcept
      : from_(std::move(from)), operation_(std::move(operation)) {}
  /// The next event; nullopt at the end. Errors: problem if its data is not a T; those of
  /// http::event_source.
  [[nodiscard]] awaitable<std::optional<event<T>>> next() {
    auto e = co_await from_.next();
    std::optional<event<T>> item;
    if (!e) co_return item;
    item.emplace();
    item->type = std::move(e->type);
    item->id = std::move(e->id);
    detail::read_item(detail::shape_of<T>(), &item->data, e->data, operation_);
    co_return item;
  }

 private:
  http::event_source from_;
  std::string operation_;
};

}  // namespace bight::api
