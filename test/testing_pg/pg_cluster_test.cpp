#include <bight/testing_pg/pg_cluster.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>

namespace bight::testing::pg_cluster_test {

using ::testing::HasSubstr;

class testing_pg : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = pg_cluster::missing(); !why.empty()) GTEST_SKIP() << why;
  }
};

TEST_F(testing_pg, starts_stops_and_leaves_nothing) {
  std::string folder;
  pid_t server = 0;
  {
    pg_cluster cluster;
    folder = cluster.socket_directory();
    server = cluster.pid();
    EXPECT_TRUE(std::filesystem::exists(folder + "/.s.PGSQL." + std::to_string(cluster.port())));
    EXPECT_EQ(cluster.options().hosts.at(0).name, folder);
    EXPECT_EQ(cluster.tcp_options().password, "secret");
    EXPECT_EQ(::kill(server, 0), 0);
    cluster.stop();
    EXPECT_NE(::kill(server, 0), 0);
    cluster.start();
    server = cluster.pid();
  }
  EXPECT_NE(::kill(server, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(testing_pg, a_server_that_does_not_start_says_why) {
  pg_cluster_options options;
  options.settings = {{"max_connections", "many"}};
  try {
    const pg_cluster cluster{options};
    FAIL();
  } catch (const std::runtime_error& e) { EXPECT_THAT(e.what(), HasSubstr("max_connections")); }
}

}  // namespace bight::testing::pg_cluster_test
