// What the examples in doc comments of the room pg use and do not declare. Nothing here is defined: they are
// compiled and not linked.
#include <array>
#include <bight/core.hpp>
#include <bight/pg.hpp>
#include <bight/pg/described.hpp>
#include <bight/pg/json.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using bight::awaitable;
namespace pg = bight::pg;

extern pg::connection db;
void print(const auto&...);
extern std::int64_t id;

// ---- data_type.hpp
extern pg::type_catalog catalog;
extern pg::oid column_type;
void use(const pg::data_type& type);

// ---- described.hpp
struct address {
  std::string street;
  std::optional<int> number;
};
BOOST_DESCRIBE_STRUCT(address, (), (street, number))

// ---- types.hpp
void show(std::chrono::sys_days date);

// ---- connection.hpp
void count(const pg::row_view& row);
extern std::vector<std::tuple<int, std::string>> rows;

// ---- copy.hpp
extern std::vector<std::tuple<int, std::string>> rows;

// ---- error.hpp
extern std::string name;

// ---- listener.hpp
awaitable<void> reload();
void handle(const std::string& channel, const std::string& payload);

// ---- row.hpp
extern pg::row row;
