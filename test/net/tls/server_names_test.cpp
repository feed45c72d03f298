// The server names of TLS: their normal form, and how they are found.
#include "net/tls/server_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "net/tls/context.hpp"

namespace bight::net::tls::server_names_test {

TEST(tls_normal_name, is_in_lower_case_without_a_final_dot) {
  EXPECT_EQ(normal_name("WWW.Example.ORG."), "www.example.org");
  EXPECT_EQ(normal_name("localhost"), "localhost");
  EXPECT_EQ(normal_name("_a-b.xn--bcher-kva.example"), "_a-b.xn--bcher-kva.example");
  EXPECT_EQ(normal_name(std::string(253, 'a')), std::string(253, 'a'));
}

TEST(tls_normal_name, is_empty_for_what_is_no_host_name) {
  using namespace std::string_view_literals;
  for (const auto name : {""sv, "."sv, ".."sv, "a.."sv, ".a"sv, "a..b"sv, "a b"sv, "a\0b"sv, "a\n"sv,
                          "b\xfc"sv, "*.a"sv, "::1"sv, "a/b"sv})
    EXPECT_EQ(normal_name(name), "") << name;
  EXPECT_EQ(normal_name(std::string(254, 'a')), "");
}

class tls_names : public ::testing::Test {
 protected:
  const context_ptr one_ = new_context(TLS_server_method());
  const context_ptr two_ = new_context(TLS_server_method());
  server_names names_;
};

TEST_F(tls_names, are_found_as_they_are_and_then_by_wildcard) {
  EXPECT_TRUE(names_.add("*.Example.org", one_.get()));
  EXPECT_TRUE(names_.add("www.example.org", two_.get()));
  EXPECT_EQ(names_.find("www.example.org"), two_.get());
  EXPECT_EQ(names_.find("a.example.org"), one_.get());
  for (const char* const name : {"example.org", "a.b.example.org", "org", "a.example.net", "xexample.org"})
    EXPECT_EQ(names_.find(name), nullptr) << name;
}

TEST_F(tls_names, stay_with_the_first_context) {
  EXPECT_TRUE(names_.add("a.example", one_.get()));
  EXPECT_TRUE(names_.add("A.example.", two_.get()));
  EXPECT_EQ(names_.find("a.example"), one_.get());
}

TEST_F(tls_names, that_are_none_are_not_added) {
  for (const char* const name : {"", "*", "*.", "*.*.a", "a*.b", "*a.b", "a.*.b", "*..a"})
    EXPECT_FALSE(names_.add(name, one_.get())) << name;
}

}  // namespace bight::net::tls::server_names_test
