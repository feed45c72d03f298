// pg_test: a fixture with a connection and a schema of its own.
#pragma once
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/options.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_pg/pg_cluster.hpp>

#include <string>

namespace bight::testing {

/// A fixture of tests with PostgreSQL, which are skipped where it is not installed. Each test has a schema of
/// its own in the shared server, which is dropped afterwards, so that tests do not see each other's tables.
///
///     class accounts : public bight::testing::pg_test {};
///
///     ASYNC_TEST_F(accounts, can_be_opened) {
///       co_await db.execute("create table accounts (id int primary key)");
///       ...
///     }
class pg_test : public ::testing::Test {
 public:
  /// For further connections, whose search_path is the schema of the test.
  pg::options options() const;
  const std::string& schema() const noexcept { return schema_; }

  awaitable<void> async_set_up();
  awaitable<void> async_tear_down();

  /// A connection to it.
  pg::connection db;

 protected:
  void SetUp() override;

 private:
  std::string schema_;
};

}  // namespace bight::testing
