// SASLprep: the examples of RFC 4013, and what PostgreSQL does with what they prohibit.
#include "pg/wire/saslprep.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bight::pg::saslprep_test {

using wire::saslprep;

TEST(pg_saslprep, the_examples_of_the_rfc) {
  EXPECT_EQ(saslprep("I\u00adX"), "IX");
  EXPECT_EQ(saslprep("user"), "user");
  EXPECT_EQ(saslprep("USER"), "USER");
  EXPECT_EQ(saslprep("\u00aa"), "a");
  EXPECT_EQ(saslprep("\u2168"), "IX");
}

TEST(pg_saslprep, spaces_and_composition) {
  EXPECT_EQ(saslprep("a\u00a0b"), "a b");
  EXPECT_EQ(saslprep("A\u030a"), "\u00c5");
  EXPECT_EQ(saslprep("\ufdfa").size(), std::string_view{"\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 "
                                                        "\u0639\u0644\u064a\u0647 \u0648\u0633\u0644\u0645"}
                                           .size());
}

TEST(pg_saslprep, what_is_prohibited_is_used_as_it_is) {
  for (const std::string& text :
       {std::string{"\u00e4\x07"}, std::string{"\u06271"}, std::string{"\u0221"}, std::string{"\u00ad"},
        std::string{"\xff\xfe"}, std::string{"\u00e4\xc3"}, std::string(70'000, '\xc3')})
    EXPECT_EQ(saslprep(text), text);
  EXPECT_EQ(saslprep(""), "");
}

}  // namespace bight::pg::saslprep_test
