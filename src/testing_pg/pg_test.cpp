#include <bight/testing_pg/pg_test.hpp>

#include <unistd.h>

#include <utility>

namespace bight::testing {

void pg_test::SetUp() {
  if (const auto why = pg_cluster::missing(); !why.empty()) GTEST_SKIP() << why;
  static int count = 0;
  schema_ = "test_" + std::to_string(++count);
}

pg::options pg_test::options() const {
  auto o = pg_cluster::shared().options();
  o.settings.emplace_back("search_path", schema_);
  o.on_notice = [](const pg::notice&) {};
  return o;
}

awaitable<void> pg_test::async_set_up() {
  db = co_await pg::connect(options());
  co_await db.execute("create schema " + schema_);
}

// By another connection: that of the test may be in any state.
awaitable<void> pg_test::async_tear_down() {
  db = pg::connection{};
  auto cleaner = co_await pg::connect(options());
  co_await cleaner.execute("drop schema " + schema_ + " cascade");
  co_await cleaner.close();
}

}  // namespace bight::testing
