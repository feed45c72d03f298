#include <bight/http/middleware/request_metrics.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace bight::http {
namespace {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

std::string_view label_of(const method& m) noexcept {
  return m.id() == method_id::other ? std::string_view{"other"} : m.name();
}

// The series of each route, so that a request makes no label sets.
class request_meter {
 public:
  request_meter(metrics& into, request_metrics_options o)
      : metrics_(&into),
        options_(std::move(o)),
        in_progress_(into.add_gauge(options_.prefix + "_requests_in_progress", "Requests being answered.")) {
    // Appear from the start, and bad names are found now.
    add_seconds("GET", "");
  }

  awaitable<server_response> operator()(server_request& request, next rest) {
    in_progress_.add();
    request.after_response([this, &request](const response_record& record) { count(request, record); });
    return rest(request);
  }

 private:
  struct of_status {
    int code;
    counter requests;
    counter bytes;
  };
  struct of_method {
    std::optional<histogram> seconds;
    std::vector<of_status> statuses;
  };
  struct of_route {
    std::unordered_map<method_id, of_method> methods;
  };

  void count(const server_request& request, const response_record& record);
  std::pair<const std::string, of_route>& find(std::string_view route);
  of_status& find(of_method& series, const method& m, const std::string& route, int code);
  histogram add_seconds(std::string_view method, const std::string& route) {
    const auto bounds =
        options_.bounds.empty() ? histogram::default_bounds() : std::span<const double>{options_.bounds};
    return metrics_->add_histogram(options_.prefix + "_request_seconds",
                                   "Time from the request head to the end of the response.",
                                   {{"method", std::string{method}}, {"route", route}}, bounds);
  }

  metrics* metrics_;
  request_metrics_options options_;
  gauge in_progress_;
  std::unordered_map<std::string, of_route, text_hash, std::equal_to<>> routes_;
};

std::pair<const std::string, request_meter::of_route>& request_meter::find(std::string_view route) {
  const auto known = routes_.find(route);
  if (known != routes_.end()) return *known;
  if (routes_.size() >= options_.max_routes) route = "other";
  return *routes_.try_emplace(std::string{route}).first;
}

request_meter::of_status& request_meter::find(of_method& series, const method& m, const std::string& route,
                                              int code) {
  for (auto& known : series.statuses)
    if (known.code == code) return known;
  const metrics::labels labels{
      {"method", std::string{label_of(m)}}, {"route", route}, {"status", std::to_string(code)}};
  series.statuses.push_back(
      {code, metrics_->add_counter(options_.prefix + "_requests_total", "Requests answered.", labels),
       metrics_->add_counter(options_.prefix + "_response_bytes_total", "Size of response bodies.", labels)});
  return series.statuses.back();
}

void request_meter::count(const server_request& request, const response_record& record) {
  in_progress_.subtract();
  auto& [route, known] = find(options_.route ? options_.route(request) : request.route());
  auto& series = known.methods[request.method().id()];
  if (!series.seconds) series.seconds = add_seconds(label_of(request.method()), route);
  series.seconds->observe(record.duration);
  auto& status = find(series, request.method(), route, record.status.code());
  status.requests.add();
  status.bytes.add(record.bytes);
}

}  // namespace

middleware request_metrics(metrics& into, request_metrics_options options) {
  return request_meter{into, std::move(options)};
}

}  // namespace bight::http
