// What TLS makes of a transport that is cut off, stalls or lies, at any byte: the text or an error.
#include <bight/net/tls.hpp>

#include <bight/core/clock.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "support/sockets.hpp"
#include "support/tls_peer.hpp"

namespace bight::net::tls_faults_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::certificates;
using ::testing::AnyOf;
using ::testing::Eq;
using testing::faults;
namespace sys = boost::system::errc;

// Says hello and goodbye.
awaitable<void> greet(stream transport) {
  tls_test::server peer{std::move(transport), certificates::instance().good()};
  try {
    co_await peer.accept();
    co_await peer.write("hello");
    co_await peer.say_goodbye();
    co_await peer.transport().shutdown_write();
    co_await peer.read_all();
  } catch (const std::exception&) {}  // the client has gone, or is not understood
}

class outcome {
 public:
  outcome() = default;
  bool whole() const noexcept { return !error && text == "hello"; }
  std::string text;
  boost::system::error_code error;
  std::string message;
  clock::duration took{};
};

// Reads what the server says, over a transport on which something goes wrong at the client's end.
awaitable<outcome> listen_to(faults wrong) {
  static const auto trusting = tls_client_context::from_ca_file(certificates::instance().authority());
  auto [mine, other] = memory_pipe();
  auto greeting = spawn(greet, std::move(other));
  auto transport = testing::with_faults(std::move(mine), std::move(wrong));
  outcome o;
  const auto start = clock::now();
  try {
    auto connecting = tls_connect(std::move(transport), "localhost", trusting);
    auto s = co_await wait_for(std::move(connecting), 1h);
    o.text = co_await wait_for(test::read_all(s), 1h);
  } catch (const system_error& e) {
    o.error = e.code();
    o.message = e.what();
  }
  o.took = clock::now() - start;
  greeting.cancel();
  co_await greeting.wait();
  co_return o;
}

class tls_faults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

constexpr std::size_t step = 17;  // no divisor of the sizes of records
constexpr std::size_t most = 20'000;

// Tries what `wrong_at(n)` makes of the transport for more and more bytes, until nothing goes wrong any more.
template <class F, class G>
awaitable<void> try_everywhere(F wrong_at, G check) {
  std::size_t n = 0;
  for (; n < most; n += step) {
    auto o = co_await listen_to(wrong_at(n));
    EXPECT_EQ(o.error ? "" : o.text, o.error ? "" : "hello") << n;
    if (o.whole()) break;
    check(o, n);
  }
  EXPECT_GT(n, 1000U);  // it was inside the handshake, and after it
  EXPECT_LT(n, most);
}

#define TLS_FAULTS_TEST(name)                                                      \
  static awaitable<void> tls_faults_body_##name();                                 \
  TEST_F(tls_faults, name) { testing::detail::run_test(&tls_faults_body_##name); } \
  static awaitable<void> tls_faults_body_##name()

TLS_FAULTS_TEST(in_single_bytes_it_is_the_same) {
  faults wrong;
  wrong.reading.split_every(1);
  wrong.writing.split_every(1);
  const auto o = co_await listen_to(std::move(wrong));
  EXPECT_TRUE(o.whole()) << o.message;
}

TLS_FAULTS_TEST(a_reset_anywhere_is_an_error) {
  co_await try_everywhere(
      [](std::size_t n) {
        faults wrong;
        wrong.reading.reset_at(n);
        return wrong;
      },
      [](const outcome& o, std::size_t n) {
        EXPECT_EQ(o.error, sys::connection_reset) << n << ": " << o.message;
        EXPECT_EQ(o.took, 0s);
      });
}

TLS_FAULTS_TEST(an_end_anywhere_is_an_error) {
  co_await try_everywhere(
      [](std::size_t n) {
        faults wrong;
        wrong.reading.end_at(n);
        return wrong;
      },
      [](const outcome& o, std::size_t n) {
        EXPECT_THAT(o.error, AnyOf(Eq(errc::tls_handshake), Eq(errc::tls_truncated)))
            << n << ": " << o.message;
        EXPECT_EQ(o.took, 0s);
      });
}

TLS_FAULTS_TEST(a_stall_anywhere_ends_at_the_limit) {
  co_await try_everywhere(
      [](std::size_t n) {
        faults wrong;
        wrong.reading.stall_at(n);
        return wrong;
      },
      [](const outcome& o, std::size_t n) {
        EXPECT_EQ(o.error, bight::errc::timed_out) << n << ": " << o.message;
        EXPECT_EQ(o.took, 1h);
      });
}

// A byte that was changed is noticed wherever it matters; the version in the header of a record does not (RFC
// 8446 5.1), and one that was not read does not either.
TLS_FAULTS_TEST(a_changed_byte_is_never_believed) {
  std::size_t refused = 0;
  for (std::size_t n = 0; n != 60 * step; n += step) {
    faults wrong;
    wrong.reading.corrupt_at(n, std::byte{0x10});
    const auto o = co_await listen_to(std::move(wrong));
    EXPECT_TRUE(o.error || o.text == "hello") << n << ": " << o.text;
    refused += o.error ? 1U : 0U;
    EXPECT_LE(o.took, 1h);
  }
  EXPECT_GE(refused, 57U);  // of 60
}

}  // namespace bight::net::tls_faults_test
