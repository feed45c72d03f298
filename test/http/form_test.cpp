// form: what is sent and what is read.
#include <bight/http/form.hpp>

#include <gtest/gtest.h>

#include <bight/http/error.hpp>

namespace bight::http::form_test {

TEST(form, is_written_as_browsers_do) {
  const form f =
      form{}.field("user", "ann lee").field("q", "a&b=c+d%").field("na\xc3\xafve", "\xe2\x82\xac*-._~");
  EXPECT_EQ(f.to_string(), "user=ann+lee&q=a%26b%3Dc%2Bd%25&na%C3%AFve=%E2%82%AC*-._%7E");
  EXPECT_EQ(form{}.to_string(), "");
  EXPECT_EQ(form::content_type, "application/x-www-form-urlencoded");
}

TEST(form, body_is_of_known_size_and_replayable) {
  form f;
  f.field("a", "1").field("a", "2");
  const body b = f.to_body();
  EXPECT_EQ(*b.text(), "a=1&a=2");
  EXPECT_EQ(b.size(), 7U);
  EXPECT_TRUE(b.replayable());
}

TEST(form, is_read_by_servers) {
  const form f = form::parse("a=1&b=x+y%21&a=2&empty").value();
  EXPECT_EQ(f.fields().get("a"), "1");
  EXPECT_EQ(f.fields().get("b"), "x y!");
  EXPECT_EQ(f.fields().get_all("a").size(), 2U);
  EXPECT_EQ(f.fields().get("empty"), "");
  EXPECT_EQ(form::parse("a=1&b=2", {.max_pairs = 1}).error(), errc::body_too_large);
}

}  // namespace bight::http::form_test
