// Requests of a client whose answers are read to their ends.
#pragma once
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/http/client.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bight::test {

/// One answer, read to its end.
struct answer {
  int status = 0;
  std::string text;
  http::headers fields;
  std::uint64_t received = 0;  ///< Bytes of the body as sent.
  /// The value of a field; "(none)" if there is none.
  std::string at(std::string_view name) const { return std::string{fields.get(name).value_or("(none)")}; }
};

inline awaitable<answer> finish(http::response r) {
  answer a;
  a.status = r.status().code();
  a.text = co_await r.bytes();
  a.fields = r.headers();
  a.received = r.received();
  EXPECT_FALSE(r.deviates());
  co_return a;
}

inline awaitable<answer> get(http::client& c, std::string where, http::headers fields = {}) {
  http::request r{http::url{where}};
  r.headers() = std::move(fields);
  auto got = co_await c.send(std::move(r));
  co_return co_await finish(std::move(got));
}

inline awaitable<answer> send(http::client& c, http::method m, std::string where, std::string body = {}) {
  http::request r{m, http::url{where}};
  r.set_body(std::move(body));
  auto got = co_await c.send(std::move(r));
  co_return co_await finish(std::move(got));
}

}  // namespace bight::test
