// reply: a body with a status of its own.
#pragma once
#include <utility>

namespace bight::api {

/// A body that is sent with a status of its own. Operations with several successes have a std::variant of
/// them as their result, each with another status:
///
///     inline constexpr auto order_item = api::post<std::variant<api::reply<201, order>, api::reply<202,
///     ticket>>>(
///         "/orders", api::body<order>());
///
///     routes.add(order_item, [&](order o) -> bight::awaitable<api::result_of<order_item>> {
///       if (o.amount > 100) co_return api::reply<202, ticket>{co_await office.ask(o)};
///       co_return api::reply<201, order>{co_await store.add(o)};
///     });
///
/// A client receives the one that the status names. `reply<204, void>` has no body.
template <int Status, class T = void>
class reply {
 public:
  using body_type = T;
  static constexpr int status = Status;

  reply() = default;
  explicit reply(T b) : body(std::move(b)) {}

  T body{};
};
template <int Status>
class reply<Status, void> {
 public:
  using body_type = void;
  static constexpr int status = Status;
};

}  // namespace bight::api
