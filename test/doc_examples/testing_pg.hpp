// What the examples in doc comments of the room testing_pg use and do not declare.
#include <bight/core.hpp>
#include <bight/pg.hpp>
#include <bight/testing.hpp>
#include <bight/testing_pg.hpp>

using bight::awaitable;
namespace pg = bight::pg;
