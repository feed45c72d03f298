// Properties: no query and no form makes a handler see values that are not valid, and none is answered with
// an error of the server. The first byte chooses: a query, a form, a form with files with boundary "B", or a
// path.
#include <bight/api/operation.hpp>
#include <bight/api/router.hpp>
#include <bight/core/run.hpp>
#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/require.hpp"

namespace fuzzed {

namespace api = bight::api;
namespace http = bight::http;

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

inline constexpr auto find = api::get<void>(
    "/find", api::query<std::string>("q").length(1, 5), api::query<int>("limit", 10).min(1).max(100),
    api::query<std::vector<colour>>("paint").length(0, 2), api::query<std::optional<double>>("near"),
    api::query<std::optional<bight::uuid>>("id"));
inline constexpr auto fill = api::post<void>(
    "/fill", api::form<std::string>("q").length(1, 5), api::form<int>("limit", 10).min(1).max(100),
    api::form<std::vector<colour>>("paint").length(0, 2), api::form<bool>("flag", false));
inline constexpr auto upload = api::post<void>("/upload", api::form<std::string>("q").length(1, 5),
                                               api::file<std::vector<api::upload>>("file").length(0, 2));
inline constexpr auto show = api::get<void>("/show/{n}/{rest:path}", api::path<std::int16_t>("n").min(-5),
                                            api::path<std::string>("rest").length(0, 100));

std::size_t characters(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++n;
  return n;
}

void check_text(const std::string& q) { require(!q.empty() && characters(q) <= 5); }
void check_numbers(int limit, const std::vector<colour>& paint) {
  require(limit >= 1 && limit <= 100 && paint.size() <= 2);
}

http::router routes() {
  api::router r;
  r.add(find, [](const std::string& q, int limit, const std::vector<colour>& paint,
                 std::optional<double> near, const std::optional<bight::uuid>&) {
    check_text(q);
    check_numbers(limit, paint);
    require(!near || *near - *near == 0);  // finite
  });
  r.add(fill, [](const std::string& q, int limit, const std::vector<colour>& paint, bool) {
    check_text(q);
    check_numbers(limit, paint);
  });
  r.add(upload, [](const std::string& q, const std::vector<api::upload>& files) {
    check_text(q);
    require(files.size() <= 2);
    for (const auto& file : files) {
      const auto name = file.safe_filename();
      require(name.find('/') == name.npos && name.size() <= 200 && (name.empty() || name.front() != '.'));
    }
  });
  r.add(show, [](int n, const std::string& rest) { require(n >= -5 && characters(rest) <= 100); });
  return std::move(r).routes();
}

bight::awaitable<void> ask(http::method m, std::string target, http::headers fields, std::string body) {
  auto site = routes();
  http::server_request request{m, std::move(target), std::move(fields), http::body{std::move(body)}};
  int status = 204;
  try {
    auto response = co_await site(request);
    status = response.status().code();
  } catch (const http::problem& p) { status = p.status().code(); }
  require(status == 204 || (status >= 400 && status < 500));
}

bool is_target(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c == 0x7F || c == '#') return false;
  return true;
}

}  // namespace fuzzed

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  bight::http::headers fields;
  auto method = bight::http::method::get;
  std::string target;
  switch (data[0] % 4) {
    case 0:
      target = "/find?" + text;
      break;
    case 1:
      method = bight::http::method::post;
      target = "/fill";
      fields.set("Content-Type", "application/x-www-form-urlencoded");
      break;
    case 2:
      method = bight::http::method::post;
      target = "/upload";
      fields.set("Content-Type", "multipart/form-data; boundary=B");
      break;
    default:
      target = "/show/" + text;
  }
  if (!fuzzed::is_target(target)) return 0;
  bight::run([&] { return fuzzed::ask(method, target, fields, text); });
  return 0;
}
