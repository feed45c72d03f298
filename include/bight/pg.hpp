// bight::pg: PostgreSQL.
#pragma once
#include <bight/pg/error.hpp>     // error, errc: what can go wrong
#include <bight/pg/sqlstate.hpp>  // sqlstate: the error codes of PostgreSQL
