// The same folder served by nginx and by static_files: where the standard leaves no choice, they agree.
#include <bight/http/static_files.hpp>

#include <algorithm>
#include <bight/net/connect.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/http_served.hpp"
#include "support/nginx.hpp"

namespace bight::http::static_files_nginx_test {

using test::nginx;
using test::raw_message;

class static_files_nginx : public test::with_peers<nginx> {};

std::string text_of(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size()) + ' ';
  text.resize(bytes);
  return text;
}

struct question {
  explicit question(std::string f = {}, std::string t = "/page.txt", std::string m = "GET")
      : target(std::move(t)), fields(std::move(f)), method(std::move(m)) {}

  std::string target;
  std::string fields;
  std::string method;
};

// On a connection of its own: bodies need no guess then.
awaitable<raw_message> ask(net::endpoint server, question q) {
  auto connection = co_await net::connect(server);
  test::peer client{std::move(connection)};
  std::string request =
      q.method + ' ' + q.target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + q.fields;
  co_await client.send(request + "\r\n");
  const auto all = co_await client.read_to_end();
  const auto end = std::min(all.find("\r\n\r\n"), all.size() - 4) + 4;
  co_return raw_message{all.substr(0, end), all.substr(end)};
}

// The parts of a multipart/byteranges body, without what each server chooses.
std::string parts_of(const raw_message& m) {
  std::string text = m.body;
  const auto type = m.field("Content-Type");
  const auto at = type.find("boundary=");
  if (at == type.npos) return text;
  const auto boundary = "--" + type.substr(at + 9);
  std::string out;
  std::size_t from = text.find(boundary);
  while (from != text.npos) {
    const auto head = text.find("\r\n\r\n", from);
    const auto next = text.find("\r\n" + boundary, from + 1);
    if (head == text.npos || next == text.npos) return out + "|end";
    const auto range = text.find("Content-Range: ", from);
    out += "|" + text.substr(range, text.find("\r\n", range) - range) + "|" +
           text.substr(head + 4, next - head - 4);
    from = next + 2;
  }
  return out;
}

std::string shown(const raw_message& m) {
  std::string text = std::to_string(m.status());
  for (const auto* const name : {"Content-Range", "Last-Modified"})
    if (m.has(name) || m.status() == 206) text += "; " + m.field(name);
  if (m.status() != 416 && m.status() != 412 && m.status() != 404) text += "; " + parts_of(m);
  return text;
}

// Without "bytes=5-4", to which nginx answers 416: RFC 9110 14.2 has malformed fields ignored or rejected.
std::vector<question> questions() {
  std::vector<question> all{question{}, question{"", "/page.txt", "HEAD"}};
  for (const auto* const target : {"/none", "/sub/", "/%70age.txt"}) all.emplace_back("", target);
  for (const auto* const range : {"bytes=0-0", "bytes=0-", "bytes=-1", "bytes=-5000", "bytes=990-5000",
                                  "bytes=1000-", "bytes=0-0,500-500", "bytes=900-,100-109", "bytes=2000-,0-9",
                                  "items=0-1", "bytes=1-2,900-901,200-201", "bytes=3000-,4000-"})
    all.emplace_back("Range: " + std::string{range} + "\r\n");
  const std::string date = "Thu, 29 Feb 2024 00:00:00 GMT\r\n";
  all.emplace_back("If-Modified-Since: " + date);
  all.emplace_back("If-Unmodified-Since: Wed, 28 Feb 2024 00:00:00 GMT\r\n");
  all.emplace_back("If-None-Match: *\r\n");
  all.emplace_back("If-Match: \"other\"\r\n");
  all.emplace_back("Range: bytes=0-4\r\nIf-Range: " + date);
  all.emplace_back("Range: bytes=0-4\r\nIf-Range: Wed, 28 Feb 2024 00:00:00 GMT\r\n");
  all.emplace_back("Range: bytes=0-4\r\nIf-Range: \"other\"\r\n");
  return all;
}

TEST_F(static_files_nginx, agrees_on_ranges_and_conditions) {
  const test::scratch_folder folder;
  const std::filesystem::path file = folder.write("page.txt", text_of(1000));
  const auto modified = std::chrono::sys_seconds{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}};
  std::filesystem::last_write_time(file, std::chrono::file_clock::from_sys(modified));
  test::nginx_options options;
  options.root = folder.path();
  const nginx other{options};
  testing::run_virtual([&]() -> awaitable<void> {
    test::running own{static_files{folder.path()}};
    const net::endpoint theirs{net::ip_address::loopback(), other.port()};
    for (const auto& q : questions()) {
      const auto mine = co_await ask(own.where(), q);
      const auto reference = co_await ask(theirs, q);
      EXPECT_EQ(shown(mine), shown(reference)) << q.method << ' ' << q.target << ' ' << q.fields;
    }
  });
}

}  // namespace bight::http::static_files_nginx_test
