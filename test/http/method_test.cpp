#include <bight/http/method.hpp>

#include <gtest/gtest.h>

#include <string>

#include <bight/http/error.hpp>

namespace bight::http::method_test {

TEST(method, known_methods_are_read_and_written) {
  for (const method& m : {method::get, method::head, method::post, method::put, method::delete_,
                          method::options, method::patch, method::connect, method::trace}) {
    const auto parsed = method::parse(m.name());
    ASSERT_TRUE(parsed) << m.name();
    EXPECT_EQ(*parsed, m);
    EXPECT_NE(m.id(), method_id::other);
  }
  EXPECT_EQ(method::delete_.name(), "DELETE");
  EXPECT_EQ(method(), method::get);
}

TEST(method, any_token_is_an_extension_method) {
  const method purge = method::parse("PURGE").value();
  EXPECT_EQ(purge.id(), method_id::other);
  EXPECT_EQ(purge.name(), "PURGE");
  EXPECT_EQ(purge, method::parse("PURGE").value());
  EXPECT_NE(purge, method::parse("PURGA").value());
  EXPECT_NE(purge, method::get);
  EXPECT_EQ(method::parse("get").value().id(), method_id::other) << "case-sensitive";
  EXPECT_EQ(method::parse(std::string(method::max_size, 'x')).value().name().size(), method::max_size);
}

TEST(method, what_is_no_token_is_refused) {
  for (const std::string& text : {std::string(), std::string("A B"), std::string("A\r\n"), std::string("A:"),
                                  std::string(method::max_size + 1, 'x')})
    EXPECT_EQ(method::parse(text).error(), errc::malformed_start_line) << text;
}

TEST(method, safe_and_idempotent_as_in_rfc_9110) {
  EXPECT_TRUE(method::get.is_safe() && method::head.is_safe() && method::options.is_safe() &&
              method::trace.is_safe());
  EXPECT_FALSE(method::post.is_safe() || method::put.is_safe() || method::delete_.is_safe() ||
               method::patch.is_safe() || method::connect.is_safe());
  EXPECT_TRUE(method::get.is_idempotent() && method::put.is_idempotent() && method::delete_.is_idempotent());
  EXPECT_FALSE(method::post.is_idempotent() || method::patch.is_idempotent() ||
               method::parse("X").value().is_idempotent());
}

}  // namespace bight::http::method_test
