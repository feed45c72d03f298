// query_record: what a call did, for logs and metrics.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/metrics.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <string_view>

namespace bight::pg {

/// A call that has ended. Passed to options::on_query; the texts are valid during the call.
class query_record {
 public:
  query_record() {}

  std::string_view sql;
  std::string_view name;  ///< Given with `pg::query`; otherwise empty.
  clock::duration duration{};
  std::uint64_t rows = 0;           ///< Received, or affected.
  boost::system::error_code error;  ///< operation_canceled if it was cancelled, or its time was up.
  std::uint32_t server_pid = 0;
};

/// Returns a function for options::on_query that counts calls, errors and rows, and measures durations:
/// pg_queries_total{name}, pg_query_errors_total{name}, pg_rows_total{name}, pg_query_seconds{name}. Queries
/// without a name share one series. Lifetime: `to` must outlive it.
std::function<void(const query_record&)> record_queries(metrics& to);

}  // namespace bight::pg
