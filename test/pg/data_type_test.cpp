#include <bight/pg/data_type.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bight::pg::data_type_test {

type_row make_row(oid id, std::string name, char kind, oid element = 0) {
  type_row row;
  row.id = id;
  row.name = std::move(name);
  row.kind = kind;
  row.element = element;
  return row;
}

TEST(pg_data_type, builtin_types_are_known_by_number) {
  const auto* const int4 = find_builtin(oids::int4);
  ASSERT_NE(int4, nullptr);
  EXPECT_EQ(int4->name(), "int4");
  EXPECT_EQ(int4->kind(), type_kind::base);
  EXPECT_EQ(int4->format(), format::binary);
  EXPECT_EQ(int4->element(), nullptr);
  EXPECT_EQ(find_builtin(1'000'000), nullptr);
  EXPECT_EQ(find_builtin(0), nullptr);
}

TEST(pg_data_type, arrays_ranges_and_multiranges_know_their_parts) {
  const auto* const array = find_builtin_array(oids::int4);
  ASSERT_NE(array, nullptr);
  EXPECT_EQ(array, find_builtin(1007));
  EXPECT_EQ(array->name(), "int4[]");
  EXPECT_EQ(array->kind(), type_kind::array);
  EXPECT_EQ(array->element(), find_builtin(oids::int4));

  const auto* const multirange = find_builtin(4535);
  ASSERT_NE(multirange, nullptr);
  EXPECT_EQ(multirange->name(), "datemultirange");
  EXPECT_EQ(multirange->element()->name(), "daterange");
  EXPECT_EQ(multirange->element()->element()->name(), "date");
  EXPECT_EQ(find_builtin(30)->element()->name(), "oid");
}

TEST(pg_data_type, types_without_a_codec_are_transferred_as_text) {
  EXPECT_EQ(find_builtin(790)->name(), "money");
  EXPECT_EQ(find_builtin(790)->format(), format::text);
  EXPECT_EQ(find_builtin(791)->format(), format::text);
}

TEST(pg_type_catalog, user_types_are_linked_in_any_order) {
  type_catalog catalog;
  EXPECT_EQ(catalog.find(20001), nullptr);
  auto pair = make_row(20003, "pair", 'c');
  pair.attribute_names = {"left", "all"};
  pair.attribute_types = {20001, 20004};
  const std::vector rows{make_row(20004, "pair[]", 'a', 20003), pair, make_row(20001, "mood", 'e'),
                         make_row(20002, "positive", 'd', oids::int4)};
  catalog.add(rows);

  EXPECT_EQ(catalog.find(oids::int4), find_builtin(oids::int4));
  EXPECT_EQ(catalog.find(20001)->kind(), type_kind::enumeration);
  EXPECT_EQ(catalog.find(20002)->base().id(), oids::int4);
  const auto* const composite = catalog.find(20003);
  ASSERT_EQ(composite->attributes().size(), 2u);
  EXPECT_EQ(composite->attributes()[0].name, "left");
  EXPECT_EQ(composite->attributes()[1].type->element(), composite);
  EXPECT_EQ(composite->format(), format::binary);
  EXPECT_EQ(catalog.find_array(20003), catalog.find(20004));
  EXPECT_EQ(catalog.find_array(oids::text), find_builtin(1009));
  EXPECT_EQ(catalog.find_array(20001), nullptr);
}

TEST(pg_type_catalog, what_has_a_part_in_text_is_text) {
  type_catalog catalog;
  auto outer = make_row(20003, "outer", 'c');
  outer.attribute_names = {"n", "inner"};
  outer.attribute_types = {oids::int4, 20004};
  const std::vector rows{outer, make_row(20004, "hstore[]", 'a', 20005), make_row(20005, "hstore", 'b'),
                         make_row(20006, "outer[]", 'a', 20003)};
  catalog.add(rows);
  for (oid id = 20003; id <= 20006; ++id) EXPECT_EQ(catalog.find(id)->format(), format::text) << id;

  type_catalog with_codec{{"hstore"}};
  with_codec.add(rows);
  for (oid id = 20003; id <= 20006; ++id) EXPECT_EQ(with_codec.find(id)->format(), format::binary) << id;
}

TEST(pg_type_catalog, rows_that_make_no_sense_are_harmless) {
  type_catalog catalog;
  auto lopsided = make_row(20005, "lopsided", 'c');
  lopsided.attribute_names = {"a", "b"};
  lopsided.attribute_types = {oids::int4};
  const std::vector rows{make_row(20001, "a", 'd', 20002),      make_row(20002, "b", 'd', 20001),
                         make_row(20003, "self", 'd', 20003),   make_row(20004, "missing[]", 'a', 29999),
                         make_row(oids::int4, "impostor", 'e'), lopsided,
                         make_row(20006, "loop[]", 'a', 20006)};
  catalog.add(rows);
  for (oid id = 20001; id <= 20003; ++id) {
    EXPECT_EQ(&catalog.find(id)->base(),
              catalog.find(id)->kind() == type_kind::domain ? catalog.find(id)->element() : catalog.find(id));
  }
  EXPECT_EQ(catalog.find(20004)->format(), format::text);
  EXPECT_EQ(catalog.find(29999)->name(), "type 29999");
  EXPECT_EQ(catalog.find(oids::int4)->name(), "int4");
  EXPECT_EQ(catalog.find(20005)->attributes().size(), 1u);
}

}  // namespace bight::pg::data_type_test
