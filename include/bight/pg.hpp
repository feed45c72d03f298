// bight::pg: PostgreSQL.
#pragma once

// Values and their types
#include <bight/pg/data_type.hpp>  // data_type, type_catalog: the server's types
