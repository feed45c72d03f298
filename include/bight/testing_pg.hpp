// bight::testing_pg: tests of programs that use PostgreSQL.
#pragma once
#include <bight/testing_pg/pg_cluster.hpp>  // pg_cluster: a PostgreSQL server for tests
#include <bight/testing_pg/pg_test.hpp>     // pg_test: a fixture with a connection and a schema of its own
