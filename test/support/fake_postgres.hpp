// A server that answers every statement with one row, in a fake network; and what it may do wrong.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/supervised_group.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "support/pg_messages.hpp"

namespace bight::test {

/// Speaks the protocol. Statements have one parameter and return one row, both int4; the row is 7. "sleep" in
/// a statement makes its execution wait for a cancel request.
class fake_postgres {
 public:
  /// Answers to the messages of a client, by type; empty: the usual one.
  std::map<char, std::string> answers;
  std::string greeting = server::authentication(0) + server::key(1, 2) + server::ready();
  std::size_t sessions = 0;
  std::size_t cancels = 0;
  std::size_t executed = 0;
  std::size_t pings = 0;  ///< Empty queries.

  /// Serves until it is cancelled.
  awaitable<void> run(net::listener& l) {
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      while (true) {
        auto s = std::make_shared<net::stream>(co_await l.accept());
        group.spawn([this, s] { return serve(*s); });
      }
    });
  }

 private:
  static std::uint32_t number(std::string_view bytes) {
    std::uint32_t n = 0;
    for (const char c : bytes) n = n << 8U | static_cast<unsigned char>(c);
    return n;
  }

  awaitable<void> serve(net::stream& s) {
    try {
      net::reader in{s, 1U << 20U};
      auto head = co_await in.read_exactly(8);
      const auto rest = co_await in.read_exactly(number(head.substr(0, 4)) - 8);
      if (number(head.substr(4)) == 80877102) {
        ++cancels;
        cancelled_.set();
        co_return;
      }
      ++sessions;
      co_await s.write(greeting);
      co_await answer_all(s, in);
    } catch (const boost::system::system_error&) {  // the client has gone
    }
  }

  awaitable<void> answer_all(net::stream& s, net::reader& in) {
    bool asleep = false;
    bool skipping = false;
    while (true) {
      const auto head = co_await in.read_exactly(5);
      const auto body = co_await in.read_exactly(number(head.substr(1)) - 4);
      const char type = head.front();
      if (type == 'X') co_return;
      if (type == 'P' || type == 'Q') asleep = body.find("sleep") != body.npos;
      if (skipping && type != 'S') continue;
      if (asleep && (type == 'E' || type == 'Q')) {
        cancelled_.clear();
        co_await cancelled_.wait();
        skipping = type == 'E';
        auto answer = server::error("57014", "canceled");
        if (type == 'Q') answer += server::ready();
        co_await s.write(answer);
        continue;
      }
      if (type == 'S') skipping = false;
      co_await s.write(answer_to(type, body));
    }
  }

  std::string answer_to(char type, std::string_view body) {
    if (const auto given = answers.find(type); given != answers.end()) return given->second;
    switch (type) {
      case 'P':
        return server::message('1');
      case 'B':
        return server::message('2');
      case 'C':
        return server::message('3');
      case 'D':
        return (body.front() == 'S' ? server::message('t', server::n16(1) + server::n32(23))
                                    : std::string{}) +
               server::columns({{"id", 23}});
      case 'E':
        ++executed;
        return server::row({server::n32(7)}) + server::complete("SELECT 1");
      case 'S':
        return server::ready(transaction_);
      case 'Q':
        pings += body.size() == 1;
        if (body.starts_with("begin")) transaction_ = 'T';
        if (body.starts_with("commit") || body.starts_with("rollback")) transaction_ = 'I';
        return (body.size() == 1 ? server::message('I') : server::complete("OK")) +
               server::ready(transaction_);
      default:
        return {};
    }
  }

  event cancelled_;
  char transaction_ = 'I';  // of the only session that uses them
};

}  // namespace bight::test
