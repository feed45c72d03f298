// bight-serve: what a person sees of it.
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/certificates.hpp"
#include "support/raw_server.hpp"

namespace bight::test::serve_test {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

program_result serve(std::vector<std::string> arguments) { return run(serve_command(std::move(arguments))); }

TEST(serve, help_teaches_every_option) {
  const auto r = serve({"--help"});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  for (const auto* const option :
       {"DIR",          "--demo",       "--listing",    "--precompressed", "--spa",
        "--cors",       "--upload",     "--max-upload", "--port",          "--host",
        "--threads",    "--grace",      "--cert",       "--key",           "--self-signed",
        "--access-log", "--log-format", "--version",    "SIGHUP",          "Exit status"})
    EXPECT_THAT(r.out, HasSubstr(option));
}

TEST(serve, version_is_one_line) {
  const auto r = serve({"--version"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, ContainsRegex("^bight-serve [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST(serve, wrong_usage_is_one_line_that_names_it_and_a_hint) {
  struct wrong {
    std::vector<std::string> arguments;
    std::string names;
  };
  const wrong cases[] = {
      {{}, "--demo"},
      {{"/tmp", "--demo"}, "--demo"},
      {{"--demo", "--nonsense"}, "--nonsense"},
      {{"/tmp", "/usr"}, "/usr"},
      {{"--demo", "--port", "65536"}, "65536"},
      {{"--demo", "--port", "-1"}, "--port"},
      {{"--demo", "--port", "http"}, "--port"},
      {{"--demo", "--port"}, "--port"},
      {{"--demo", "--host", "localhost.example"}, "localhost.example"},
      {{"--demo", "--host", "127.0.0.256"}, "127.0.0.256"},
      {{"--demo", "--host", ""}, "--host"},
      {{"--demo", "--grace", "-1"}, "--grace"},
      {{"--demo", "--grace", "soon"}, "--grace"},
      {{"--demo", "--key", "key.pem"}, "--cert"},
      {{"--demo", "--listign"}, "--listign"},
      {{"--demo", "--listing"}, "--listing"},
      {{"--demo", "--spa"}, "--spa"},
      {{"--demo", "--threads", "-1"}, "--threads"},
      {{"--demo", "--threads", "2000"}, "--threads"},
      {{"--demo", "--self-signed", "--cert", "x.pem"}, "--self-signed"},
      {{"--demo", "--log-format", "json"}, "--access-log"},
      {{"--demo", "--access-log", "--log-format", "xml"}, "xml"},
      {{"--demo", "--max-upload", "1"}, "--upload"},
      {{"--demo", "--cors", "https://example.org/path"}, "https://example.org/path"},
      {{"--access-log", "folder"}, "--demo"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.arguments));
    const auto r = serve(c.arguments);
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(2)) << r.err;
    EXPECT_THAT(r.errors()[0], StartsWith("bight-serve: "));
    EXPECT_THAT(r.errors()[0], HasSubstr(c.names));
    EXPECT_EQ(r.errors()[1], "Try 'bight-serve --help'.");
  }
}

TEST(serve, a_folder_that_is_not_there_is_one_line_that_names_it) {
  const scratch_folder folder;
  const auto file = folder.write("file.txt", "x");
  for (const auto& path : {folder.file("missing"), file}) {
    const auto r = serve({path, "--port", "0"});
    EXPECT_EQ(r.status, 1);
    EXPECT_EQ(r.out, "");
    ASSERT_THAT(r.errors(), SizeIs(1)) << r.err;
    EXPECT_THAT(r.errors()[0], HasSubstr(path));
    EXPECT_THAT(r.errors()[0], StartsWith("bight-serve: "));
  }
}

TEST(serve, with_a_certificate_it_speaks_https) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  const auto good = certificates::instance().good();
  const served_site site{{"--demo", "--cert", good.file, "--key", good.key}};
  EXPECT_THAT(site.url(), StartsWith("https://127.0.0.1:"));
  const auto r = get({"--cacert", certificates::instance().authority(), site.url()});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("<html"));
}

TEST(serve, a_certificate_that_cannot_be_used_is_one_line_that_names_it) {
  const auto r = serve({"--demo", "--port", "0", "--cert", "/nowhere/chain.pem"});
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out, "");
  ASSERT_THAT(r.errors(), SizeIs(1)) << r.err;
  EXPECT_THAT(r.errors()[0], StartsWith("bight-serve: certificate /nowhere/chain.pem: No such file"));
}

TEST(serve, an_address_that_cannot_be_used_is_one_line_that_names_it) {
  const served_site first{{"--demo"}};
  auto address = first.url().substr(7);
  address.pop_back();
  const auto taken = serve({"--demo", "--port", address.substr(address.rfind(':') + 1)});
  EXPECT_EQ(taken.status, 1);
  ASSERT_THAT(taken.errors(), SizeIs(1)) << taken.err;
  EXPECT_THAT(taken.errors()[0], HasSubstr(address));
  EXPECT_THAT(taken.errors()[0], HasSubstr("in use"));
  EXPECT_THAT(taken.errors()[0], StartsWith("bight-serve: "));

  const auto foreign = serve({"--demo", "--port", "0", "--host", "203.0.113.1"});
  EXPECT_EQ(foreign.status, 1);
  ASSERT_THAT(foreign.errors(), SizeIs(1)) << foreign.err;
  EXPECT_THAT(foreign.errors()[0], HasSubstr("203.0.113.1"));
}

TEST(serve, port_0_gives_every_server_a_port_of_its_own_on_loopback) {
  const served_site one{{"--demo"}};
  const served_site two{{"--demo"}};
  EXPECT_THAT(one.url(), StartsWith("http://127.0.0.1:"));
  EXPECT_THAT(two.url(), StartsWith("http://127.0.0.1:"));
  EXPECT_NE(one.url(), two.url());
}

TEST(serve, an_ipv6_url_can_be_used_as_it_is_printed) {
  const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
  if (probe < 0) GTEST_SKIP() << "no IPv6 here";
  std::string url;
  try {
    const served_site site{{"--demo", "--host", "::1"}};
    EXPECT_THAT(site.url(), StartsWith("http://[::1]:"));
    const auto r = crawl({site.url(), "--depth", "0", "--format", "json"});
    EXPECT_EQ(r.status, 0) << r.err;
  } catch (const std::runtime_error& e) {
    if (std::string{e.what()}.find("assign requested address") == std::string::npos) throw;
    GTEST_SKIP() << "no IPv6 address here";
  }
}

TEST(serve, signals_end_it_with_status_0_and_no_word) {
  for (const int number : {SIGINT, SIGTERM}) {
    program p{serve_command({"--demo", "--port", "0"})};
    p.wait_for_line("http://");
    p.signal(number);
    const auto r = p.finish();
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, 0);
    EXPECT_EQ(r.err, "");
  }
}

// A client that takes little at a time, so that a large file is on its way for as long as the test wants.
class slow_client {
 public:
  explicit slow_client(const std::string& url) {
    const auto colon = url.rfind(':');
    where_.sin_family = AF_INET;
    where_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where_.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
  }
  slow_client(const slow_client&) = delete;
  slow_client& operator=(const slow_client&) = delete;
  ~slow_client() { ::close(socket_); }

  // Asks, and reads a little of the answer.
  void begin(const std::string& path) {
    socket_ = connect(4096);
    if (socket_ < 0) throw std::runtime_error("connect");
    const auto request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("send");
    while (received_.find("\r\n\r\n") == std::string::npos)
      if (!read_more()) throw std::runtime_error("no answer");
  }
  // Waits, at most for some seconds, until nobody listens any more.
  bool wait_until_refused() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < until) {
      const int other = connect(0);
      if (other < 0) return true;
      ::close(other);
      ::sched_yield();
    }
    return false;
  }
  // What comes up to the end of the connection, without the head.
  std::string body() {
    while (read_more()) {}
    return received_.substr(received_.find("\r\n\r\n") + 4);
  }

 private:
  int connect(int buffer) const {
    const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (buffer != 0) ::setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (::connect(s, reinterpret_cast<const sockaddr*>(&where_), sizeof where_) == 0) return s;
    ::close(s);
    return -1;
  }
  bool read_more() {
    char piece[4096];
    const auto n = ::recv(socket_, piece, sizeof piece, 0);
    if (n > 0) received_.append(piece, static_cast<std::size_t>(n));
    return n > 0;
  }

  sockaddr_in where_{};
  int socket_ = -1;
  std::string received_;
};

constexpr std::size_t large = 16'000'000;  // more than the kernel keeps for a socket

TEST(serve, a_download_in_flight_is_completed_after_a_signal) {
  const scratch_folder folder;
  const std::string text(large, 'x');
  folder.write("large.bin", text);
  for (const int number : {SIGINT, SIGTERM}) {
    program p{serve_command({folder.path(), "--port", "0"})};
    slow_client client{p.wait_for_line("http://")};
    client.begin("/large.bin");
    p.signal(number);
    EXPECT_TRUE(client.wait_until_refused());
    const auto body = client.body();
    EXPECT_EQ(body.size(), large);
    EXPECT_TRUE(body == text);
    const auto r = p.finish();
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, 0);
  }
}

TEST(serve, a_second_signal_ends_it_at_once) {
  const scratch_folder folder;
  folder.write("large.bin", std::string(large, 'x'));
  for (const auto& [first, second] : {std::pair{SIGTERM, SIGINT}, std::pair{SIGINT, SIGTERM}}) {
    program p{serve_command({folder.path(), "--port", "0"})};
    slow_client client{p.wait_for_line("http://")};
    client.begin("/large.bin");
    p.signal(first);
    EXPECT_TRUE(client.wait_until_refused());
    p.wait_for_error(
        "bight-serve: waiting for 1 connection(s) to finish; send the signal again to quit immediately\n");
    p.signal(second);
    const auto r = p.finish(std::chrono::seconds{5});
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.status, 128 + second);
    EXPECT_LT(client.body().size(), large);
  }
}

TEST(serve, a_download_that_takes_longer_than_the_grace_is_cut) {
  const scratch_folder folder;
  folder.write("large.bin", std::string(large, 'x'));
  program p{serve_command({folder.path(), "--port", "0", "--grace", "0"})};
  slow_client client{p.wait_for_line("http://")};
  client.begin("/large.bin");
  p.signal(SIGTERM);
  const auto r = p.finish(std::chrono::seconds{5});
  EXPECT_FALSE(r.timed_out);
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err, "");
  EXPECT_LT(client.body().size(), large);
}

TEST(serve, serves_the_files_of_a_folder_and_nothing_beside_it) {
  const scratch_folder folder;
  folder.write("secret.txt", "x");
  folder.write("site/index.html",
               "<a href=a%20b.html>1</a><a href=sub/>2</a><a href=../secret.txt>3</a><a href=.hidden>4</a>");
  folder.write("site/a b.html", "<a href=/>x</a>");
  folder.write("site/sub/index.html", "<img src=pic.png>");
  folder.write("site/sub/pic.png", "png");
  folder.write("site/.hidden", "x");
  const served_site site{{folder.file("site")}};
  const auto r = crawl({site.url(), "--output", "-", "--format", "json"});
  EXPECT_EQ(r.status, 0) << r.err;
  std::set<std::string> fine;
  std::set<std::string> broken;
  auto lines = json_lines(r.out);
  lines.pop_back();
  for (const auto& line : lines)
    (text_of(line, "error").empty() ? fine : broken)
        .insert(text_of(line, "url").substr(site.url().size() - 1));
  EXPECT_THAT(fine, ElementsAre("/", "/a%20b.html", "/sub/", "/sub/pic.png"));
  EXPECT_THAT(broken, ElementsAre("/.hidden", "/secret.txt"));
}

// "/" shows the same text as "/page/0", but is a page of its own.
TEST(serve, the_demo_site_has_a_thousand_pages_and_a_start) {
  const served_site site{{"--demo"}};
  const auto r = crawl({site.url(), "--format", "json", "--fail-on-broken"});
  EXPECT_EQ(r.status, 0) << r.err;
  const auto report = last_line(r.out);
  EXPECT_EQ(text_of(report, "pages"), "1001");
  EXPECT_EQ(text_of(report, "fetched"), "1001");
  EXPECT_EQ(text_of(report, "broken_links"), "0");
  EXPECT_EQ(text_of(report, "complete"), "true");
}

TEST(serve, the_demo_site_knows_what_it_has_not) {
  const served_site site{{"--demo"}};
  const auto r = crawl({site.url() + "page/1000", site.url() + "page/01x", site.url() + "other", "--depth",
                        "0", "--output", "-"});
  for (const auto& line : json_lines(r.out)) EXPECT_EQ(text_of(line, "status"), "404");
}

}  // namespace bight::test::serve_test
