// metrics: counters, gauges and histograms, as Prometheus reads them.
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

/// Counts what happens. A cheap handle; its metrics must be alive when it counts.
class counter {
 public:
  void add(std::uint64_t n = 1) const noexcept { *value_ += n; }
  std::uint64_t value() const noexcept { return *value_; }

 private:
  friend class metrics;
  explicit counter(std::uint64_t& value) noexcept : value_(&value) {}
  std::uint64_t* value_;
};

/// A number that goes up and down. A cheap handle, likewise.
class gauge {
 public:
  void set(std::int64_t value) const noexcept { *value_ = value; }
  void add(std::int64_t n = 1) const noexcept { *value_ += n; }
  void subtract(std::int64_t n = 1) const noexcept { *value_ -= n; }
  std::int64_t value() const noexcept { return *value_; }

  /// Counts one more until it goes: for what is in progress.
  class [[nodiscard("dropping it counts one less at once")]] scope {
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

/// How numbers are spread: durations in seconds, sizes in bytes. A cheap handle, likewise.
class histogram {
 public:
  /// Counts `value`; NaN is not counted.
  void observe(double value) const noexcept;
  template <class Rep, class Period>
  void observe(std::chrono::duration<Rep, Period> d) const noexcept {
    observe(std::chrono::duration<double>(d).count());
  }
  std::uint64_t count() const noexcept;
  double sum() const noexcept;
  /// The bounds for durations of requests: 1 ms to 10 s, in steps of about 2.
  static std::span<const double> default_bounds() noexcept;

 private:
  friend class metrics;
  explicit histogram(detail::histogram_cells& c) noexcept : cells_(&c) {}
  detail::histogram_cells* cells_;
};

/// Limits of metrics. Trivially copyable.
struct metrics_options {
  /// Series in all: families times combinations of labels. Labels whose values come from outside (paths,
  /// hosts) would make them grow without bound; what would be one too many is counted in `refused` and not
  /// shown.
  std::size_t max_series = 10'000;
};

/// A set of metrics, one integer each: per loop, without atomics.
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
/// Asking for the same name and labels again gives the same series, so a handle can be kept or looked up.
/// Several loops: each has a set of its own; copies go to one place and are merged there.
/// Concurrency: one thread at a time. Lifetime: handles refer to the set they come from.
class metrics {
 public:
  using labels = std::vector<std::pair<std::string, std::string>>;

  explicit metrics(const metrics_options& options = {});
  /// A copy of the numbers; handles stay with the original. What was moved from may only be assigned to.
  metrics(const metrics&);
  metrics(metrics&&) noexcept;
  metrics& operator=(metrics) noexcept;
  ~metrics();

  /// Errors, of all three: std::invalid_argument naming what is wrong with the name (the letters that
  /// Prometheus allows: [a-zA-Z_:][a-zA-Z0-9_:]*), a label's name ([a-zA-Z_][a-zA-Z0-9_]*, not beginning with
  /// two underscores, `le` not in histograms, none twice), or that the name is in use for another kind.
  counter add_counter(std::string_view name, std::string_view help, const labels& l = {});
  gauge add_gauge(std::string_view name, std::string_view help, const labels& l = {});
  /// `bounds`: upper bounds of the buckets, ascending; one for all the rest is added. The first series of a
  /// name decides.
  histogram add_histogram(std::string_view name, std::string_view help, const labels& l = {},
                          std::span<const double> bounds = histogram::default_bounds());

  /// Adds the numbers of `other`, a set of another loop: counters, gauges and buckets are summed, what is
  /// missing here is added. Errors: std::invalid_argument if kinds or bounds of a name differ.
  void merge(const metrics& other);
  /// Everything in Prometheus' text format, version 0.0.4: content type
  /// "text/plain; version=0.0.4; charset=utf-8". Families in the order in which they were added.
  std::string text() const;
  /// The content type of `text`.
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  /// Series that exist, and requests for one that came when there were max_series.
  std::size_t series() const noexcept;
  std::uint64_t refused() const noexcept;

 private:
  class impl;
  detail::pimpl<impl> impl_;
};

}  // namespace bight
