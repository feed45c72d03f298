// metrics: what Prometheus gets to read.
#include <bight/core/metrics.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bight::metrics_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(metrics, an_empty_set_has_no_text) { EXPECT_EQ(metrics{}.text(), ""); }

TEST(metrics, writes_counters_and_gauges_in_the_order_in_which_they_were_added) {
  metrics m;
  const auto requests = m.add_counter("http_requests_total", "Requests answered.", {{"code", "200"}});
  const auto failed = m.add_counter("http_requests_total", "Requests answered.", {{"code", "500"}});
  const auto open = m.add_gauge("connections", "Open connections.");
  requests.add();
  requests.add(41);
  failed.add(0);
  open.set(3);
  open.subtract(5);
  EXPECT_EQ(m.text(),
            "# HELP http_requests_total Requests answered.\n"
            "# TYPE http_requests_total counter\n"
            "http_requests_total{code=\"200\"} 42\n"
            "http_requests_total{code=\"500\"} 0\n"
            "# HELP connections Open connections.\n"
            "# TYPE connections gauge\n"
            "connections -2\n");
}

TEST(metrics, writes_histograms_with_buckets_that_count_all_below) {
  metrics m;
  constexpr std::array bounds{0.1, 1.0};
  const auto h = m.add_histogram("seconds", "Time.", {{"path", "/"}}, bounds);
  for (const double v : {0.05, 0.1, 0.5, 7.0}) h.observe(v);
  h.observe(250ms);
  EXPECT_EQ(h.count(), 5U);
  EXPECT_DOUBLE_EQ(h.sum(), 7.9);
  EXPECT_THAT(m.text(), HasSubstr("# TYPE seconds histogram\n"
                                  "seconds_bucket{path=\"/\",le=\"0.1\"} 2\n"
                                  "seconds_bucket{path=\"/\",le=\"1\"} 4\n"
                                  "seconds_bucket{path=\"/\",le=\"+Inf\"} 5\n"
                                  "seconds_sum{path=\"/\"} 7.9"));
  EXPECT_THAT(m.text(), HasSubstr("\nseconds_count{path=\"/\"} 5\n"));
}

TEST(metrics, a_histogram_without_labels_has_only_its_bounds) {
  metrics m;
  m.add_histogram("seconds", "").observe(0.002);
  EXPECT_THAT(m.text(), HasSubstr("seconds_bucket{le=\"0.001\"} 0\nseconds_bucket{le=\"0.0025\"} 1\n"));
  EXPECT_THAT(m.text(), HasSubstr("seconds_bucket{le=\"10\"} 1\nseconds_bucket{le=\"+Inf\"} 1\n"
                                  "seconds_sum 0.002\nseconds_count 1\n"));
}

TEST(metrics, counts_what_is_beyond_all_bounds_and_not_what_is_no_number) {
  metrics m;
  const auto h = m.add_histogram("x", "");
  h.observe(std::numeric_limits<double>::infinity());
  h.observe(std::nan(""));
  h.observe(-1.0);
  EXPECT_EQ(h.count(), 2U);
  EXPECT_THAT(m.text(), HasSubstr("x_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(m.text(), HasSubstr("x_sum +Inf\n"));
}

TEST(metrics, gives_the_same_series_for_the_same_labels_in_any_order) {
  metrics m;
  m.add_counter("c", "", {{"a", "1"}, {"b", "2"}}).add(1);
  m.add_counter("c", "", {{"b", "2"}, {"a", "1"}}).add(1);
  EXPECT_EQ(m.add_counter("c", "", {{"a", "1"}, {"b", "2"}}).value(), 2U);
  EXPECT_EQ(m.series(), 1U);
  EXPECT_THAT(m.text(), HasSubstr("c{a=\"1\",b=\"2\"} 2\n"));
}

TEST(metrics, escapes_what_would_break_the_format) {
  metrics m;
  m.add_counter("c", "two\nlines and a \\", {{"path", "\"/a\\b\"\n"}});
  EXPECT_EQ(m.text(),
            "# HELP c two\\nlines and a \\\\\n"
            "# TYPE c counter\n"
            "c{path=\"\\\"/a\\\\b\\\"\\n\"} 0\n");
}

TEST(metrics, refuses_names_that_prometheus_would_refuse) {
  metrics m;
  for (const char* name : {"", "1a", "a-b", "a b", "\xc3\xa4"})
    EXPECT_THROW(m.add_counter(name, ""), std::invalid_argument) << name;
  for (const char* label : {"", "1a", "a:b", "__a", "a-b"})
    EXPECT_THROW(m.add_counter("ok", "", {{label, "x"}}), std::invalid_argument) << label;
  EXPECT_THROW(m.add_counter("ok", "", {{"a", "1"}, {"a", "2"}}), std::invalid_argument);
  EXPECT_THROW(m.add_histogram("h", "", {{"le", "1"}}), std::invalid_argument);
  m.add_counter("ns:_1", "", {{"le", "1"}, {"_a1", ""}});
  EXPECT_THAT(m.text(), HasSubstr("ns:_1{_a1=\"\",le=\"1\"} 0\n"));
}

TEST(metrics, an_error_names_the_metric_and_what_is_wrong) {
  metrics m;
  m.add_counter("c", "");
  try {
    m.add_gauge("c", "");
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "bight: metric \"c\": is a counter already");
  }
}

TEST(metrics, refuses_bounds_that_do_not_ascend) {
  metrics m;
  constexpr std::array falling{1.0, 1.0};
  EXPECT_THROW(m.add_histogram("h", "", {}, falling), std::invalid_argument);
  constexpr std::array endless{1.0, std::numeric_limits<double>::infinity()};
  EXPECT_THROW(m.add_histogram("h", "", {}, endless), std::invalid_argument);
}

TEST(metrics, has_a_limit_of_series_behind_which_it_only_counts) {
  metrics m{{.max_series = 2}};
  for (int i = 0; i != 5; ++i) m.add_counter("c", "", {{"host", std::to_string(i)}}).add();
  m.add_histogram("h", "").observe(1.0);
  EXPECT_EQ(m.series(), 2U);
  EXPECT_EQ(m.refused(), 4U);
  EXPECT_THAT(m.text(), HasSubstr("c{host=\"1\"} 1\n"));
  EXPECT_THAT(m.text(), Not(HasSubstr("host=\"2\"")));
  EXPECT_EQ(m.add_counter("c", "", {{"host", "0"}}).value(), 1U) << "what is there goes on";
}

TEST(metrics, handles_stay_good_while_others_are_added) {
  metrics m;
  const auto first = m.add_counter("c", "", {{"n", "first"}});
  for (int i = 0; i != 1000; ++i) m.add_counter("c", "", {{"n", std::to_string(i)}});
  first.add();
  EXPECT_THAT(m.text(), HasSubstr("c{n=\"first\"} 1\n"));
}

TEST(metrics, scope_counts_what_is_in_progress) {
  metrics m;
  const auto open = m.add_gauge("open", "");
  {
    const gauge::scope one{open};
    const gauge::scope two{open};
    EXPECT_EQ(open.value(), 2);
  }
  EXPECT_EQ(open.value(), 0);
}

TEST(metrics, merge_adds_the_numbers_of_several_loops) {
  metrics a;
  metrics b;
  a.add_counter("c", "").add(1);
  b.add_counter("c", "").add(2);
  b.add_counter("only_b", "").add(3);
  a.add_gauge("g", "").set(4);
  b.add_gauge("g", "").set(5);
  a.add_histogram("h", "").observe(0.2);
  b.add_histogram("h", "").observe(0.3);
  auto all = a;
  all.merge(b);
  EXPECT_EQ(all.add_counter("c", "").value(), 3U);
  EXPECT_EQ(all.add_counter("only_b", "").value(), 3U);
  EXPECT_EQ(all.add_gauge("g", "").value(), 9);
  EXPECT_EQ(all.add_histogram("h", "").count(), 2U);
  EXPECT_EQ(a.add_counter("c", "").value(), 1U) << "the copy is a copy";
}

TEST(metrics, merge_refuses_what_does_not_fit) {
  metrics a;
  metrics b;
  constexpr std::array other{1.0};
  a.add_histogram("h", "");
  b.add_histogram("h", "", {}, other);
  EXPECT_THROW(a.merge(b), std::invalid_argument);
  metrics c;
  c.add_counter("h", "");
  EXPECT_THROW(a.merge(c), std::invalid_argument);
}

}  // namespace bight::metrics_test
