// `openssl s_client`: a TLS client of others, with any options.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/command.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/net/address.hpp>
#include <string>
#include <vector>

#include "support/certificates.hpp"

namespace bight::test {

/// What s_client says when it has sent `input` and the server has closed. It trusts the authority of the
/// tests, and goes on all the same if it does not like the server's certificate.
inline awaitable<std::string> openssl_client(const net::endpoint& to,
                                             const std::vector<std::string>& arguments, std::string input) {
  command c("openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(to.port()), "-CAfile",
            certificates::instance().authority(), "-verify_hostname", "localhost");
  c.args(arguments);
  c.input(stdio::pipe()).output(stdio::pipe()).error(stdio::to_output());
  subprocess child{c};
  if (!input.empty()) co_await child.input().write(input);
  auto all = co_await bight::read_all(child.output());
  co_await child.wait();
  co_return all;
}

}  // namespace bight::test
