#include <bight/http/headers.hpp>

#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <string>
#include <utility>
#include <vector>

#include <bight/http/error.hpp>

namespace bight::http::headers_test {

using namespace std::string_literals;

std::string show(headers_view fields) {
  std::string text;
  for (const header_view field : fields)
    text += std::string(field.name) + "=" + std::string(field.value) + ";";
  return text;
}
std::vector<std::string> list(header_values_view values) { return {values.begin(), values.end()}; }

TEST(headers, keep_order_spelling_and_duplicates) {
  headers h;
  h.append("Set-Cookie", "a=1");
  h.append("X-Own", "x");
  h.append("set-cookie", "b=2");
  EXPECT_EQ(show(h), "Set-Cookie=a=1;X-Own=x;set-cookie=b=2;");
  EXPECT_EQ(h.size(), 3U);
  EXPECT_EQ(h[1].name, "X-Own");
  EXPECT_EQ(list(h.get_all("SET-COOKIE")), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(list(h.get_all(header_id::set_cookie)), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(list(h.get_all("x-own")), std::vector<std::string>{"x"});
  EXPECT_TRUE(h.get_all("absent").empty());
  EXPECT_TRUE(h.get_all(header_id::host).empty());
}

TEST(headers, get_ignores_case_for_known_and_unknown_names) {
  const headers h{{"Content-Type", "text/html"}, {"x-own-NAME", "1"}};
  EXPECT_EQ(h.get("content-TYPE"), "text/html");
  EXPECT_EQ(h.get(header_id::content_type), "text/html");
  EXPECT_EQ(h.get("X-Own-Name"), "1");
  EXPECT_EQ(h.get("X-Own-Nam"), std::nullopt);
  EXPECT_EQ(h.get("content\rtype"), std::nullopt);
  EXPECT_EQ(h.get(""), std::nullopt);
  EXPECT_TRUE(h.contains(header_id::content_type));
  EXPECT_FALSE(h.contains("accept"));
}

TEST(headers, every_known_name_is_found_by_its_id) {
  headers h;
  for (std::size_t i = 1; i != header_id_count; ++i) {
    const auto id = static_cast<header_id>(i);
    std::string name(to_string(id));
    EXPECT_EQ(find_header_id(name), id);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(find_header_id(name), id) << name;
    name.back() = '!';
    EXPECT_EQ(find_header_id(name), header_id::unknown) << name;
    h.append(id, std::to_string(i));
  }
  for (std::size_t i = 1; i != header_id_count; ++i)
    EXPECT_EQ(h.get(static_cast<header_id>(i)), std::to_string(i));
  EXPECT_EQ(find_header_id("content-length\r"), header_id::unknown);
  EXPECT_EQ(find_header_id("content\rlength"), header_id::unknown);
  EXPECT_EQ(find_header_id(std::string(100, 'a')), header_id::unknown);
}

TEST(headers, set_replaces_in_place_and_removes_the_others) {
  headers h{{"A", "1"}, {"Via", "first"}, {"B", "2"}, {"via", "second"}};
  h.set("VIA", "x");
  EXPECT_EQ(show(h), "A=1;Via=x;B=2;");
  h.set("via", "a longer value than before");
  EXPECT_EQ(show(h), "A=1;Via=a longer value than before;B=2;");
  h.set("C", "3");
  h.set(header_id::host, "h");
  EXPECT_EQ(show(h), "A=1;Via=a longer value than before;B=2;C=3;Host=h;");
}

TEST(headers, set_accepts_a_view_of_itself) {
  headers h{{"A", "some value"}, {"B", "b"}};
  h.set("A", h.get("A")->substr(5));
  EXPECT_EQ(show(h), "A=value;B=b;");
  h.set("B", *h.get("A"));
  EXPECT_EQ(show(h), "A=value;B=value;");
  h.append("C", *h.get("A"));
  EXPECT_EQ(show(h), "A=value;B=value;C=value;");
}

TEST(headers, remove_returns_how_many_there_were) {
  headers h{{"A", "1"}, {"Age", "2"}, {"a", "3"}, {"Age", "4"}};
  EXPECT_EQ(h.remove("a"), 2U);
  EXPECT_EQ(h.remove("a"), 0U);
  EXPECT_EQ(show(h), "Age=2;Age=4;");
  EXPECT_EQ(h.remove(header_id::age), 2U);
  EXPECT_TRUE(h.empty());
  EXPECT_FALSE(h.contains(header_id::age));
}

TEST(headers, names_that_are_no_tokens_are_refused) {
  for (const std::string& name :
       {""s, "a b"s, "a:"s, "a\r\n"s, "\xc3\xa9"s, "a\0"s, "(a)"s, std::string(70000, 'a')}) {
    headers h;
    EXPECT_THROW(h.append(name, "x"), boost::system::system_error) << name.substr(0, 9);
    EXPECT_THROW(h.set(name, "x"), boost::system::system_error) << name.substr(0, 9);
    EXPECT_TRUE(h.empty());
  }
}

TEST(headers, values_that_could_split_a_message_are_refused_not_stripped) {
  for (const std::string& value :
       {"a\r\nB: c"s, "a\n"s, "a\r"s, "a\0b"s, "\x01"s, "\x7f"s, " a"s, "a "s, "a\t"s}) {
    headers h{{"A", "old"}};
    EXPECT_THROW(h.append("A", value), boost::system::system_error) << value;
    EXPECT_THROW(h.set("A", value), boost::system::system_error) << value;
    EXPECT_EQ(show(h), "A=old;");
  }
  headers h;
  h.set("A", "tab\tand \xc3\xa9, and nothing more than 16 characters");
  h.set("B", "");
  EXPECT_EQ(h.get("B"), "");
}

TEST(headers, the_error_names_the_header_and_not_the_value) {
  headers h;
  try {
    h.set("Authorization", "secret\n");
    FAIL();
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), errc::invalid_header);
    EXPECT_NE(std::string(error.what()).find("Authorization"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST(headers, are_values) {
  headers a{{"Host", "a"}};
  headers b = a;
  b.set("Host", "b");
  EXPECT_EQ(a.get("host"), "a");
  headers c = std::move(b);
  EXPECT_EQ(c.get("host"), "b");
  b = headers{};
  EXPECT_TRUE(b.empty());
  a = std::move(c);
  EXPECT_EQ(a.get("host"), "b");
  c.clear();
  c.append("Host", "again");
  EXPECT_EQ(c.get("host"), "again");
}

TEST(headers, a_moved_from_object_is_empty) {
  headers a{{"Host", "a"}};
  const headers b = std::move(a);
  EXPECT_FALSE(a.contains(header_id::host));
  EXPECT_EQ(b.get(header_id::host), "a");
}

// As a lenient parser hands it on: lines of "name:value\n", with values that no field may have.
class received_headers {
 public:
  void add(std::string_view name, std::string_view value) {
    const auto at = text_.size();
    text_.append(name).append(":").append(value).append("\n");
    table_.add(at, name.size(), at + name.size() + 1, value.size(), find_header_id(name));
  }
  headers copy() const { return headers{headers_view{text_.data(), table_}}; }

 private:
  std::string text_;
  detail::header_table table_;
};

TEST(headers, a_received_table_with_invalid_fields_can_be_changed) {
  received_headers received;
  received.add("X-Odd", "a\x01z");
  received.add("Server", std::string(3000, 's'));
  received.add("a b", " x ");
  received.add("Via", std::string(3000, 'v'));
  headers removed = received.copy();
  EXPECT_EQ(removed.remove("Server"), 1U);
  EXPECT_EQ(removed.remove(header_id::via), 1U);
  EXPECT_EQ(show(removed), "X-Odd=a\x01z;a b= x ;");
  removed.append("X-New", "n");
  EXPECT_EQ(removed.get("x-new"), "n");
  EXPECT_EQ(removed.get("X-ODD"), "a\x01z");

  headers changed = received.copy();
  changed.set("Server", "bight");
  changed.set("Via", "1.1 proxy");
  EXPECT_EQ(show(changed), "X-Odd=a\x01z;Server=bight;a b= x ;Via=1.1 proxy;");
}

TEST(headers, all_of_a_received_table_can_be_removed) {
  received_headers received;
  for (int i = 0; i != 600; ++i) received.add("A", "");  // four bytes each, where ours would have five
  headers h = received.copy();
  EXPECT_EQ(h.remove("a"), 600U);
  EXPECT_TRUE(h.empty());
}

TEST(headers, assign_copies_a_view) {
  headers a{{"X", "removed"}, {"Host", "a"}, {"Y", "z"}};
  a.remove("X");
  headers b(a.view());
  a.clear();
  EXPECT_EQ(show(b), "Host=a;Y=z;");
  EXPECT_EQ(b.get(header_id::host), "a");
  b.assign(headers_view());
  EXPECT_TRUE(b.empty());
}

TEST(headers, many_changes_do_not_grow_without_end) {
  headers h;
  for (int i = 0; i != 20000; ++i) h.set("Via", std::string(static_cast<std::size_t>(i % 50), 'v'));
  EXPECT_EQ(h.get("Via")->size(), 49U);
  const auto base = h[0].name.data();
  EXPECT_LT(h[0].value.data() - base, 8192);
}

TEST(headers, more_fields_than_the_index_can_count) {
  headers h;
  for (int i = 0; i != 300; ++i) h.append("X-" + std::to_string(i), std::to_string(i));
  h.append("Host", "late");
  h.append("Host", "later");
  EXPECT_EQ(h.get(header_id::host), "late");
  EXPECT_EQ(h.get("x-299"), "299");
  EXPECT_EQ(list(h.get_all("host")), (std::vector<std::string>{"late", "later"}));
  EXPECT_EQ(h.remove("x-7"), 1U);
  EXPECT_EQ(h.get("host"), "late");
}

TEST(headers, list_tokens_ignore_case_and_empty_elements) {
  EXPECT_TRUE(list_contains_token("a, Close ,b", "close"));
  EXPECT_TRUE(list_contains_token(",,close", "close"));
  EXPECT_FALSE(list_contains_token("closed, not-close", "close"));
  EXPECT_FALSE(list_contains_token("", "close"));
  const headers h{{"Connection", "keep-alive"}, {"Connection", "x, upgrade"}};
  EXPECT_TRUE(list_contains_token(h, header_id::connection, "Upgrade"));
  EXPECT_FALSE(list_contains_token(h, header_id::connection, "close"));
}

TEST(headers, content_length_is_one_number) {
  const auto length = [](const char* value) { return content_length(headers{{"Content-Length", value}}); };
  EXPECT_EQ(length("0"), 0U);
  EXPECT_EQ(length("9223372036854775807"), 9223372036854775807U);
  EXPECT_EQ(length("9223372036854775808"), std::nullopt);
  EXPECT_EQ(length("-1"), std::nullopt);
  EXPECT_EQ(length(""), std::nullopt);
  EXPECT_EQ(length("1,1"), std::nullopt);
  EXPECT_EQ(content_length(headers{}), std::nullopt);
  EXPECT_EQ(content_length(headers{{"Content-Length", "1"}, {"Content-Length", "1"}}), 1U);
  EXPECT_EQ(content_length(headers{{"Content-Length", "1"}, {"Content-Length", "2"}}), std::nullopt);
}

TEST(headers, equal_ignoring_case_folds_letters_alone) {
  EXPECT_TRUE(equal_ignoring_case("aBc-1", "AbC-1"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
}

TEST(media_type, type_subtype_and_charset) {
  const auto charset = [](std::string_view text) {
    const auto type = media_type_view::parse(text);
    return type ? std::string(type->charset) : "none";
  };
  const auto html = media_type_view::parse(" Text/HTML ; charset=UTF-8");
  ASSERT_TRUE(html);
  EXPECT_TRUE(html->is("text", "html"));
  EXPECT_FALSE(html->is("text", "plain"));
  EXPECT_EQ(html->charset, "UTF-8");
  EXPECT_EQ(charset("a/b"), "");
  EXPECT_EQ(charset("a/b;charset=\"utf-8\"; x"), "utf-8");
  EXPECT_EQ(charset("a/b; x=\"y;charset=no\\\"\"; Charset=yes"), "yes");
  EXPECT_EQ(charset("a/b;;charset = z ;"), "z");
  EXPECT_EQ(charset("a/b; charset=\"open"), "open");
  EXPECT_EQ(charset("a/b; charset=1; charset=2"), "1");
  EXPECT_EQ(charset("a/b; charset"), "");
  EXPECT_EQ(charset("text"), "none");
  EXPECT_EQ(charset("/html"), "none");
  EXPECT_EQ(charset("text/"), "none");
  EXPECT_EQ(charset("te xt/html"), "none");
}

}  // namespace bight::http::headers_test
