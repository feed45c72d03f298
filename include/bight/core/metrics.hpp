// metrics: counters, gauges and histograms in the Prometheus text format.
#pragma once
#include <bight/core/detail/pimpl.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight {

class metrics;
namespace detail {
class histogram_cells;
}

/// A counter. A cheap handle; must not outlive its `metrics`.
class counter {
 public:
  void add(std::uint64_t n = 1) const noexcept { *value_ += n; }
  std::uint64_t value() const noexcept { return *value_; }

 private:
  friend class metrics;
  explicit counter(std::uint64_t& value) noexcept : value_(&value) {}
  std::uint64_t* value_;
};

/// A value that can go up and down. A cheap handle; must not outlive its `metrics`.
class gauge {
 public:
  void set(std::int64_t value) const noexcept { *value_ = value; }
  void add(std::int64_t n = 1) const noexcept { *value_ += n; }
  void subtract(std::int64_t n = 1) const noexcept { *value_ -= n; }
  std::int64_t value() const noexcept { return *value_; }

  /// Adds one while it exists, to count operations in progress.
  class [[nodiscard("destroying it subtracts one immediately")]] scope {
   public:
    explicit scope(const gauge& g) noexcept : value_(g.value_) { ++*value_; }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { --*value_; }

   private:
    std::int64_t* value_;
  };

 private:
  friend class metrics;
  explicit gauge(std::int64_t& value) noexcept : value_(&value) {}
  std::int64_t* value_;
};

/// A distribution of values, such as durations in seconds or sizes in bytes. A cheap handle; must not outlive
/// its `metrics`.
class histogram {
 public:
  /// Records `value`; NaN is ignored.
  void observe(double value) const noexcept;
  template <class Rep, class Period>
  void observe(std::chrono::duration<Rep, Period> d) const noexcept {
    observe(std::chrono::duration<double>(d).count());
  }
  std::uint64_t count() const noexcept;
  double sum() const noexcept;
  /// Bounds for request durations: 1 ms to 10 s, in steps of about 2.
  static std::span<const double> default_bounds() noexcept;

 private:
  friend class metrics;
  explicit histogram(detail::histogram_cells& c) noexcept : cells_(&c) {}
  detail::histogram_cells* cells_;
};

/// Limits of metrics. Trivially copyable.
struct metrics_options {
  /// The maximum number of series (families times label combinations). Label values that come from outside
  /// (paths, hosts) could otherwise grow without bound; further series are counted in `refused` and not
  /// exported.
  std::size_t max_series = 10'000;
};

/// A set of metrics. Per loop, without atomics.
///
///     bight::metrics metrics;
///     const auto requests = metrics.add_counter("requests_total", "Requests.", {{"code", "200"}});
///     const auto seconds = metrics.add_histogram("request_seconds", "Time to answer.");
///     ...
///     requests.add();
///     seconds.observe(bight::clock::now() - begin);
///     ...
///     co_await reply.send(metrics.text());           // what GET /metrics answers
///
/// Requesting the same name and labels again returns the same series. With several loops, use one set per
/// loop and `merge` copies of them. Concurrency: one thread at a time. Lifetime: handles refer to the set
/// that created them.
class metrics {
 public:
  using labels = std::vector<std::pair<std::string, std::string>>;

  explicit metrics(const metrics_options& options = {});
  /// Copies the values; handles still refer to the original. A moved-from object may only be assigned to.
  metrics(const metrics&);
  metrics(metrics&&) noexcept;
  metrics& operator=(metrics) noexcept;
  ~metrics();

  /// Errors of all three: std::invalid_argument for an invalid metric name ([a-zA-Z_:][a-zA-Z0-9_:]*), an
  /// invalid label name ([a-zA-Z_][a-zA-Z0-9_]*, not starting with two underscores, not `le` in histograms,
  /// no duplicates), or a name that is in use for another kind of metric.
  counter add_counter(std::string_view name, std::string_view help, const labels& l = {});
  gauge add_gauge(std::string_view name, std::string_view help, const labels& l = {});
  /// `bounds`: the upper bounds of the buckets, ascending; a bucket for all larger values is added. The first
  /// call for a name determines them.
  histogram add_histogram(std::string_view name, std::string_view help, const labels& l = {},
                          std::span<const double> bounds = histogram::default_bounds());

  /// Adds the values of `other`, such as the set of another loop: counters, gauges and buckets are summed,
  /// missing series are added. Errors: std::invalid_argument if the kinds or bounds of a name differ.
  void merge(const metrics& other);
  /// Returns all metrics in the Prometheus text format, version 0.0.4, in order of creation.
  std::string text() const;
  /// The content type of `text`.
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  /// The number of series, and of requests for a series beyond max_series.
  std::size_t series() const noexcept;
  std::uint64_t refused() const noexcept;

 private:
  class impl;
  detail::pimpl<impl> impl_;
};

}  // namespace bight
