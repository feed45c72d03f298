// Socket activation: a program that gets its listening socket from who starts it, as systemd does.
#include <bight/net/activation.hpp>

#include <sys/socket.h>

#include <bight/core/command.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::net::activation_test {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A listening socket of a service manager.
class manager {
 public:
  manager() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (::listen(socket_, 16) != 0) throw std::runtime_error("listen failed");
    const int copy = ::dup(socket_);
    where_ = endpoint{ip_address::loopback(), listener::from_descriptor(copy).local_endpoint().port()};
  }
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;
  ~manager() { ::close(socket_); }

  const endpoint& where() const noexcept { return where_; }
  // Starts the program with the socket as descriptors 3 and 4.
  command start(const std::string& variables, const std::string& name = {}) const {
    const std::string script = "export " + variables + "; exec \"$0\" \"$1\" 3<&0 4<&0 0</dev/null";
    command c("sh", "-c", script, BIGHT_PROGRAM_ACTIVATED, name);
    c.input(stdio::to(socket_)).output(stdio::pipe());
    return c;
  }

 private:
  int socket_;
  endpoint where_;
};

ASYNC_TEST(activation, takes_every_socket_and_accepts_on_it) {
  const manager m;
  subprocess program{m.start("LISTEN_PID=$$ LISTEN_FDS=2")};
  line_reader lines{program.output()};
  const auto port = ":" + std::to_string(m.where().port());
  const auto first = co_await lines.next();
  EXPECT_EQ(first, "0.0.0.0" + port);
  const auto second = co_await lines.next();
  EXPECT_EQ(second, "0.0.0.0" + port);
  const auto left = co_await lines.next();
  EXPECT_EQ(left, "left: 0");
  auto s = co_await connect(m.where());
  const auto hello = co_await test::read_all(s);
  EXPECT_EQ(hello, "hello");
  const auto status = co_await program.wait();
  EXPECT_TRUE(status.success());
}

ASYNC_TEST(activation, finds_them_by_name) {
  const manager m;
  subprocess program{m.start("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:admin", "admin")};
  line_reader lines{program.output()};
  const auto first = co_await lines.next();
  EXPECT_THAT(first.value_or(""), StartsWith("0.0.0.0:"));
  const auto left = co_await lines.next();
  EXPECT_EQ(left, "left: 1");  // "web"
  program.kill();
  co_await program.wait();
}

ASYNC_TEST(activation, ignores_what_is_for_another_process) {
  const manager m;
  for (const std::string variables : {"LISTEN_PID=1 LISTEN_FDS=2", "LISTEN_FDS=2", "LISTEN_PID=$$", "A=B"}) {
    subprocess program{m.start(variables)};
    const auto said = co_await read_all(program.output());
    EXPECT_EQ(said, "left: 0\n") << variables;
    co_await program.wait();
  }
}

ASYNC_TEST(activation, says_what_is_wrong_with_the_variables) {
  const manager m;
  for (const std::string wrong : {"LISTEN_FDS=many", "LISTEN_FDS=-1", "LISTEN_FDS=1000"}) {
    subprocess program{m.start("LISTEN_PID=$$ " + wrong)};
    const auto said = co_await read_all(program.output());
    EXPECT_THAT(said, HasSubstr(wrong));
    co_await program.wait();
  }
}

}  // namespace bight::net::activation_test
