// timeline: when the steps of a request took place.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/connect_timeline.hpp>
#include <memory>
#include <optional>

namespace bight::http {

/// When the steps of a request took place, for the last hop of its redirects.
class timeline {
 public:
  timeline() {}

  clock::time_point start{};
  /// How the connection was obtained; null if an idle one was used at once.
  std::shared_ptr<const connect_timeline> connection;
  std::optional<clock::time_point> sent;  ///< The request was sent, or the response began before that.
  std::optional<clock::time_point> head;  ///< The response head has arrived.
  std::optional<clock::time_point> end;   ///< The body has arrived.
  /// How often the request was sent again because a reused connection turned out to be dead.
  unsigned replays = 0;
};

}  // namespace bight::http
