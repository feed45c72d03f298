#include <bight/pg/query_record.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace bight::pg {
namespace {

struct series {
  counter queries;
  counter errors;
  counter rows;
  histogram seconds;
};

series series_of(metrics& to, std::string_view name) {
  const metrics::labels labels{{"name", std::string{name}}};
  return {to.add_counter("pg_queries_total", "Calls to PostgreSQL.", labels),
          to.add_counter("pg_query_errors_total", "Calls to PostgreSQL that failed.", labels),
          to.add_counter("pg_rows_total", "Rows received or affected.", labels),
          to.add_histogram("pg_query_seconds", "Duration of calls to PostgreSQL.", labels)};
}

}  // namespace

std::function<void(const query_record&)> record_queries(metrics& to) {
  auto known = std::make_shared<std::map<std::string, series, std::less<>>>();
  return [known = std::move(known), &to](const query_record& q) {
    auto found = known->find(q.name);
    if (found == known->end()) {
      constexpr std::size_t most = 1000;  // names are for a program's queries, of which there are few
      const auto name = known->size() < most ? q.name : std::string_view{"other"};
      found = known->try_emplace(std::string{name}, series_of(to, name)).first;
    }
    const auto& s = found->second;
    s.queries.add();
    if (q.error) s.errors.add();
    s.rows.add(q.rows);
    s.seconds.observe(q.duration);
  };
}

}  // namespace bight::pg
