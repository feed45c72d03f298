// bight::testing_pg: tests of programs that use PostgreSQL.
#pragma once
#include <bight/testing_pg/pg_cluster.hpp>  // pg_cluster: a PostgreSQL server for tests
