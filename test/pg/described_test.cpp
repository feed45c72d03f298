#include <bight/pg/described.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "pg/values.hpp"

namespace bight::pg::described_test {

BOOST_DEFINE_ENUM_CLASS(colour, red, green)

struct place {
  std::string city;
  friend bool operator==(const place&, const place&) = default;
};
BOOST_DESCRIBE_STRUCT(place, (), (city))

struct address : place {
  std::optional<int> number;
  std::vector<colour> colours;
  friend bool operator==(const address&, const address&) = default;
};
BOOST_DESCRIBE_STRUCT(address, (place), (number, colours))

struct other {
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(other, (), (number))

using namespace samples;

class pg_described : public ::testing::Test {
 protected:
  pg_described() {
    std::vector<type_row> rows(3);
    rows[0].id = 20001, rows[0].name = "colour", rows[0].kind = 'e';
    rows[1].id = 20002, rows[1].name = "colour[]", rows[1].kind = 'a', rows[1].element = 20001;
    rows[2].id = 20003, rows[2].name = "address", rows[2].kind = 'c';
    rows[2].attribute_names = {"number", "colours", "city"};  // in another order than the members
    rows[2].attribute_types = {oids::int4, 20002, oids::text};
    catalog_.add(rows);
  }
  const data_type& type(oid id) const { return *catalog_.find(id); }
  static address sample() {
    address a;
    a.city = "Ulm";
    a.number = 7;
    a.colours = {colour::green, colour::red};
    return a;
  }

  type_catalog catalog_;
};

TEST_F(pg_described, enums_have_the_names_of_their_enumerators) {
  EXPECT_EQ(encoded(colour::green, type(20001)), to_hex("green"));
  EXPECT_EQ(decoded<colour>(type(20001), "red"), colour::red);
  EXPECT_EQ(problem_of<colour>(type(20001), "blue"), "the label \"blue\" is not known");
  EXPECT_EQ(decoded<colour>(type_of(oids::text), "red"), colour::red);
}

TEST_F(pg_described, structs_are_composites_by_name) {
  const std::string hex =
      "00000003"
      "00000017"
      "0000000400000007"
      "00004e22"
      "00000024"
      "000000010000000000004e21"
      "0000000200000001"
      "00000005677265656e"
      "00000003726564"
      "00000019"
      "00000003556c6d";
  EXPECT_EQ(encoded(sample(), type(20003)), hex);
  EXPECT_EQ(hex_decoded<address>(type(20003), hex), sample());
  EXPECT_EQ(hex_decoded<std::optional<address>>(type(20003), hex), sample());
}

TEST_F(pg_described, null_fields_need_optional_members) {
  auto a = sample();
  a.number.reset();
  const auto hex = encoded(a, type(20003));
  EXPECT_EQ(hex_decoded<address>(type(20003), hex), a);
  EXPECT_EQ(hex_problem_of<other>(type(20003), hex), ".number: NULL, which only a std::optional holds");
}

TEST_F(pg_described, results_may_have_fields_without_a_member) {
  EXPECT_EQ(hex_decoded<other>(type(20003), encoded(sample(), type(20003))).number, 7);
  EXPECT_EQ(check_parameter<other>(type(20003)), "pg::described_test::other cannot be written as address");
}

TEST_F(pg_described, members_without_a_field_are_errors) {
  EXPECT_NE(check_result<address>(type_of(oids::int4), format::binary), "");
  type_catalog catalog;
  std::vector<type_row> rows(1);
  rows[0].id = 20009, rows[0].name = "bare", rows[0].kind = 'c';
  rows[0].attribute_names = {"city"};
  rows[0].attribute_types = {oids::text};
  catalog.add(rows);
  EXPECT_EQ(check_result<address>(*catalog.find(20009), format::binary),
            "bare cannot be read as pg::described_test::address");
  EXPECT_EQ(check_result<place>(*catalog.find(20009), format::binary), "");
}

TEST_F(pg_described, records_have_no_names) {
  EXPECT_NE(check_result<other>(type_of(oids::record), format::binary), "");
}

TEST_F(pg_described, errors_name_the_field) {
  auto hex = encoded(sample(), type(20003));
  const auto at = hex.find(to_hex("green"));
  hex.replace(at, 10, to_hex("grean"));
  EXPECT_EQ(hex_problem_of<address>(type(20003), hex), ".colours[0]: the label \"grean\" is not known");
}

}  // namespace bight::pg::described_test
