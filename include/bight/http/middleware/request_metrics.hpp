// request_metrics: counts and durations of requests.
#pragma once
#include <bight/core/metrics.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// Options of request_metrics. Not an aggregate, so that it is safe in co_await expressions.
struct request_metrics_options {
  request_metrics_options() {}

  /// Beginning of all names.
  std::string prefix = "http_server";
  /// Upper bounds of the buckets of durations, in seconds; empty: histogram::default_bounds.
  std::vector<double> bounds;
  /// Returns the value of the `route` label. If empty, it is the pattern of the route that a router chose,
  /// and empty if there is none. It must not return paths: anyone can request any number of them.
  unique_function<std::string_view(const server_request&)> route;
  /// Maximum number of routes; further ones are counted as "other".
  std::size_t max_routes = 1000;
};

/// Counts requests in `into`, which must outlive the server. `metrics::text` returns the result, for example
/// to GET /metrics. With several loops: one `metrics` per loop, see `metrics::merge`.
///
/// | `<prefix>_requests_total{method,route,status}` | responses, also those that failed |
/// | `<prefix>_response_bytes_total{method,route,status}` | sizes of their bodies |
/// | `<prefix>_request_seconds{method,route}` | histogram of the time from the head to the end of the
/// response | | `<prefix>_requests_in_progress` | gauge |
///
/// Extension methods are counted as "other". Errors: std::invalid_argument if the prefix is not a metric
/// name.
middleware request_metrics(metrics& into, request_metrics_options options = {});

}  // namespace bight::http
