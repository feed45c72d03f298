// The category of bight::net.
#include <bight/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <set>
#include <string>

namespace bight::net::error_test {

constexpr errc all[] = {
    errc::host_not_found,       errc::resolver_failed,        errc::invalid_address,
    errc::invalid_host_name,    errc::stream_broken,          errc::stream_closed,
    errc::tls_configuration,    errc::tls_handshake,          errc::tls_protocol,
    errc::tls_truncated,        errc::certificate_invalid,    errc::certificate_name,
    errc::address_not_allowed,  errc::certificate_not_pinned, errc::proxy_protocol,
    errc::too_many_connections,
};

TEST(error, every_code_is_a_failure_with_a_text_of_its_own) {
  std::set<std::string> texts;
  for (const auto e : all) {
    const boost::system::error_code code = e;
    EXPECT_TRUE(code.failed());
    EXPECT_EQ(&code.category(), &net_category());
    EXPECT_EQ(code, e);
    EXPECT_FALSE(code.message().empty());
    texts.insert(code.message());
  }
  EXPECT_EQ(texts.size(), std::size(all));
}

TEST(error, transient_are_a_resolver_that_failed_and_a_connection_that_was_cut) {
  const std::set<errc> transient_ones{errc::resolver_failed, errc::tls_truncated};
  for (const auto e : all)
    EXPECT_EQ(make_error_code(e) == transient, transient_ones.count(e) != 0) << make_error_code(e).message();
}

TEST(error, category_is_called_bight_net) {
  EXPECT_STREQ(net_category().name(), "bight.net");
  EXPECT_NE(boost::system::error_code(errc::host_not_found),
            boost::system::error_code(1, boost::system::system_category()));
}

TEST(error, an_unknown_code_has_a_text_too) {
  EXPECT_FALSE(net_category().message(0).empty());
  EXPECT_FALSE(net_category().message(4711).empty());
}

TEST(error, can_be_thrown_with_a_name_in_front) {
  const boost::system::system_error e{make_error_code(errc::host_not_found), "nowhere.example"};
  EXPECT_THAT(e.what(), ::testing::AllOf(::testing::HasSubstr("nowhere.example"),
                                         ::testing::HasSubstr("host not found")));
}

}  // namespace bight::net::error_test
