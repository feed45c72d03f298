#include <bight/core/metrics.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>

namespace bight {

namespace detail {

class histogram_cells {
 public:
  explicit histogram_cells(std::span<const double> bounds)
      : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

  void observe(double value) noexcept {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(at)];
    sum_ += value;
  }
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto n : counts_) all += n;
    return all;
  }
  double sum() const noexcept { return sum_; }
  const std::vector<double>& bounds() const noexcept { return bounds_; }
  const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }
  void add(const histogram_cells& other) noexcept {
    for (std::size_t i = 0; i != counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
  }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  // per bucket; the last one is for larger values
  double sum_ = 0;
};

}  // namespace detail

namespace {

enum class kind { counter, gauge, histogram };
constexpr std::array kind_names{"counter", "gauge", "histogram"};

[[noreturn]] void refuse_metric(std::string_view name, std::string_view why) {
  throw std::invalid_argument(fmt::format("bight: metric \"{}\": {}", name, why));
}

// The data model of Prometheus: names of metrics may have colons, those of labels may not.
bool valid_name(std::string_view name, bool colons) noexcept {
  const auto begins = [&](char c) { return detail::is_alpha(c) || c == '_' || (colons && c == ':'); };
  return !name.empty() && begins(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return begins(c) || detail::is_digit(c); });
}

// The text format escapes the backslash and the line feed, and quotes inside the values of labels.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

// `a="1",b="2"`, by name: which is also what tells one series from another.
std::string label_text(std::string_view metric, kind k, metrics::labels l) {
  std::sort(l.begin(), l.end());
  std::string out;
  for (std::size_t i = 0; i != l.size(); ++i) {
    const auto& name = l[i].first;
    if (!valid_name(name, false) || name.starts_with("__"))
      refuse_metric(metric, fmt::format("\"{}\" is no name for a label", name));
    if (k == kind::histogram && name == "le")
      refuse_metric(metric, "the label \"le\" belongs to the buckets");
    if (i != 0 && l[i - 1].first == name)
      refuse_metric(metric, fmt::format("the label \"{}\" is there twice", name));
    out += fmt::format("{}{}=\"{}\"", i == 0 ? "" : ",", name, escaped(l[i].second, true));
  }
  return out;
}

struct entry {
  explicit entry(std::string l, std::span<const double> bounds) : labels(std::move(l)), spread(bounds) {}
  std::string labels;
  std::uint64_t count = 0;
  std::int64_t level = 0;
  detail::histogram_cells spread;
};

struct family {
  std::string name;
  std::string help;
  kind type = kind::counter;
  std::vector<double> bounds;
  std::deque<entry> all;  // stable addresses, since handles refer to them
  std::map<std::string, std::size_t, std::less<>> by_labels;
};

void check_bounds(std::string_view name, std::span<const double> bounds) {
  for (std::size_t i = 0; i != bounds.size(); ++i) {
    if (!std::isfinite(bounds[i])) refuse_metric(name, "a bound is not finite");
    if (i != 0 && bounds[i] <= bounds[i - 1]) refuse_metric(name, "the bounds do not ascend");
  }
}

std::string number(double d) {
  if (std::isinf(d)) return d < 0 ? "-Inf" : "+Inf";
  return fmt::format("{}", d);
}

std::string in_braces(std::string_view labels) {
  return labels.empty() ? std::string{} : fmt::format("{{{}}}", labels);
}

void write_histogram(std::string& out, const family& f, const entry& s) {
  std::uint64_t so_far = 0;
  const auto& counts = s.spread.counts();
  const std::string comma = s.labels.empty() ? "" : ",";
  for (std::size_t i = 0; i != counts.size(); ++i) {
    so_far += counts[i];
    const auto bound = i == f.bounds.size() ? std::string{"+Inf"} : number(f.bounds[i]);
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", f.name, s.labels, comma, bound, so_far);
  }
  out += fmt::format("{}_sum{} {}\n", f.name, in_braces(s.labels), number(s.spread.sum()));
  out += fmt::format("{}_count{} {}\n", f.name, in_braces(s.labels), so_far);
}

}  // namespace

class metrics::impl {
 public:
  explicit impl(const metrics_options& o) : options(o) {}

  entry& find(std::string_view name, std::string_view help, kind k, std::span<const double> bounds,
              const labels& l) {
    return find(name, help, k, bounds, label_text(name, k, l));
  }
  void merge(const impl& other);
  std::string text() const;

  const metrics_options options;
  std::size_t count = 0;
  std::uint64_t refused = 0;

 private:
  family& find_family(std::string_view name, std::string_view help, kind k, std::span<const double> bounds);
  entry& find(std::string_view name, std::string_view help, kind k, std::span<const double> bounds,
              const std::string& labels);

  std::deque<family> families_;
  std::map<std::string, family*, std::less<>> by_name_;
  std::deque<entry> hidden_;  // series beyond max_series
};

family& metrics::impl::find_family(std::string_view name, std::string_view help, kind k,
                                   std::span<const double> bounds) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    if (known->second->type != k)
      refuse_metric(
          name, fmt::format("is a {} already", kind_names[static_cast<std::size_t>(known->second->type)]));
    return *known->second;
  }
  if (!valid_name(name, true)) refuse_metric(name, "is no name for a metric");
  check_bounds(name, bounds);
  families_.push_back({std::string{name}, std::string{help}, k, {bounds.begin(), bounds.end()}, {}, {}});
  by_name_.emplace(name, &families_.back());
  return families_.back();
}

entry& metrics::impl::find(std::string_view name, std::string_view help, kind k,
                           std::span<const double> bounds, const std::string& labels) {
  auto& f = find_family(name, help, k, bounds);
  if (const auto known = f.by_labels.find(labels); known != f.by_labels.end()) return f.all[known->second];
  if (count == options.max_series) {
    ++refused;
    for (auto& s : hidden_)
      if (s.spread.bounds() == f.bounds) return s;
    return hidden_.emplace_back("", f.bounds);
  }
  f.by_labels.emplace(labels, f.all.size());
  ++count;
  return f.all.emplace_back(labels, f.bounds);
}

void metrics::impl::merge(const impl& other) {
  for (const auto& f : other.families_) {
    if (find_family(f.name, f.help, f.type, f.bounds).bounds != f.bounds)
      refuse_metric(f.name, "the bounds of the buckets differ");
    for (const auto& s : f.all) {
      auto& mine = find(f.name, f.help, f.type, f.bounds, s.labels);
      mine.count += s.count;
      mine.level += s.level;
      mine.spread.add(s.spread);
    }
  }
  refused += other.refused;
}

std::string metrics::impl::text() const {
  std::string out;
  for (const auto& f : families_) {
    out += fmt::format("# HELP {} {}\n", f.name, escaped(f.help, false));
    out += fmt::format("# TYPE {} {}\n", f.name, kind_names[static_cast<std::size_t>(f.type)]);
    for (const auto& s : f.all) {
      if (f.type == kind::histogram)
        write_histogram(out, f, s);
      else if (f.type == kind::counter)
        out += fmt::format("{}{} {}\n", f.name, in_braces(s.labels), s.count);
      else
        out += fmt::format("{}{} {}\n", f.name, in_braces(s.labels), s.level);
    }
  }
  return out;
}

void histogram::observe(double value) const noexcept {
  if (!std::isnan(value)) cells_->observe(value);
}
std::uint64_t histogram::count() const noexcept { return cells_->count(); }
double histogram::sum() const noexcept { return cells_->sum(); }

std::span<const double> histogram::default_bounds() noexcept {
  static constexpr std::array bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                     0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
  return bounds;
}

metrics::metrics(const metrics_options& options) : impl_(new impl(options)) {}
metrics::metrics(const metrics& other) : metrics(other.impl_->options) { merge(other); }
metrics::metrics(metrics&&) noexcept = default;
metrics& metrics::operator=(metrics other) noexcept {
  impl_ = std::move(other.impl_);
  return *this;
}
metrics::~metrics() = default;

counter metrics::add_counter(std::string_view name, std::string_view help, const labels& l) {
  return counter{impl_->find(name, help, kind::counter, {}, l).count};
}
gauge metrics::add_gauge(std::string_view name, std::string_view help, const labels& l) {
  return gauge{impl_->find(name, help, kind::gauge, {}, l).level};
}
histogram metrics::add_histogram(std::string_view name, std::string_view help, const labels& l,
                                 std::span<const double> bounds) {
  return histogram{impl_->find(name, help, kind::histogram, bounds, l).spread};
}

void metrics::merge(const metrics& other) { impl_->merge(*other.impl_); }
std::string metrics::text() const { return impl_->text(); }
std::size_t metrics::series() const noexcept { return impl_->count; }
std::uint64_t metrics::refused() const noexcept { return impl_->refused; }

}  // namespace bight
