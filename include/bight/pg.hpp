// bight::pg: PostgreSQL.
#pragma once

// Errors
#include <bight/pg/error.hpp>     // error, errc: what can go wrong
#include <bight/pg/sqlstate.hpp>  // sqlstate: the error codes of PostgreSQL

// Values and their types
#include <bight/pg/data_type.hpp>  // data_type, type_catalog: the server's types
