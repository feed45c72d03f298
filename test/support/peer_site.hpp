// What the clients of others are sent to: a site that shows what has arrived.
#pragma once
#include <algorithm>
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/fs/file.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/middleware/compression.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/router.hpp>
#include <bight/http/static_files.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/program.hpp"

namespace bight::test {

/// What a peer_site has seen.
class peer_notes {
 public:
  std::vector<std::string> requests;  ///< "GET /hello", in the order of their responses.
  std::vector<std::string> ranges;    ///< "bytes=0-: 206", of the requests for clips.
  std::string report;                 ///< What was posted to /report ...
  event reported;                     ///< ... and that it was.
};

namespace peer_site_parts {

using http::server_request;
using http::server_response;

inline awaitable<server_response> echo_request(server_request& r) {
  std::string text{r.method().name()};
  text.append(" ").append(r.target()).append("\n");
  text += co_await r.text();
  co_return server_response{200, text};
}

inline awaitable<std::string> count_body(server_request& r) {
  std::size_t all = 0;
  auto piece = co_await r.read_piece();
  while (!piece.empty()) {
    all += piece.size();
    piece = co_await r.read_piece();
  }
  co_return std::to_string(all) + " bytes\n";
}

inline awaitable<std::string> list_parts(server_request& r) {
  std::string lines;
  http::multipart_reader form{r, r.headers()};
  auto* part = co_await form.next();
  while (part) {
    const auto content = co_await part->text();
    lines.append(part->name()).append(" ").append(part->filename().value_or("-")).append(" ");
    lines.append(part->content_type()).append(" ").append(std::to_string(content.size())).append("\n");
    part = co_await form.next();
  }
  co_return lines;
}

inline server_response write_lines(server_request& r) {
  const auto pieces = std::stoi(std::string{r.query_params().get("pieces").value_or("3")});
  return server_response{200, http::body::produce([pieces](http::body_writer& out) -> awaitable<void> {
                           for (int i = 0; i != pieces; ++i) {
                             const auto line = "line " + std::to_string(i) + "\n";
                             co_await out.write(std::string_view{line});
                           }
                         })};
}

// "bytes=10-19" or "bytes=10-", as media players and programs that resume ask.
class byte_range {
 public:
  static std::optional<byte_range> parse(std::string_view text, std::uint64_t size) {
    if (!text.starts_with("bytes=") || size == 0) return std::nullopt;
    text.remove_prefix(6);
    byte_range r;
    const auto* const end = text.data() + text.size();
    const auto [dash, error] = std::from_chars(text.data(), end, r.first);
    if (error != std::errc{} || dash == end || *dash != '-' || r.first >= size) return std::nullopt;
    r.last = size - 1;
    if (dash + 1 != end) std::from_chars(dash + 1, end, r.last);
    r.last = std::min(r.last, size - 1);
    return r;
  }
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

inline awaitable<server_response> send_clip(std::shared_ptr<peer_notes> notes, std::string folder,
                                            server_request& r) {
  const auto path = folder + '/' + std::string{r.param("name")};
  auto file = co_await fs::open(path);
  const auto size = std::filesystem::file_size(path);
  const auto asked = r.headers().get("Range");
  const auto range = byte_range::parse(asked.value_or(""), size);
  const auto first = range ? range->first : 0;
  const auto count = range ? range->last - range->first + 1 : size;
  server_response out{range ? 206 : 200, http::body::file(std::move(file), first, count)};
  if (range) {
    out.headers().set("Content-Range", "bytes " + std::to_string(range->first) + '-' +
                                           std::to_string(range->last) + '/' + std::to_string(size));
  }
  out.headers().set("Content-Type", http::media_type_of(path));
  out.headers().set("Accept-Ranges", "bytes");
  if (asked) notes->ranges.push_back(std::string{*asked} + ": " + std::to_string(out.status().code()));
  co_return out;
}

inline awaitable<void> store_clip(std::string folder, server_request& r) {
  const auto content = co_await r.text();
  co_await fs::write_file(folder + '/' + std::string{r.param("name")}, content);
}

inline std::string long_text() {
  std::string text;
  for (int i = 0; i != 2000; ++i) text.append("line ").append(std::to_string(i)).append(" of a long text\n");
  return text;
}

inline http::middleware note_requests(std::shared_ptr<peer_notes> notes) {
  return [notes](server_request& r, http::next next) -> awaitable<server_response> {
    auto response = co_await next(r);
    auto line = std::string{r.method().name()};
    notes->requests.push_back(line.append(" ").append(r.path()));
    co_return response;
  };
}

}  // namespace peer_site_parts

/// | GET /hello | a short text |
/// | GET /text | a long one, compressed for those who accept that |
/// | GET /stream?pieces=N | N lines, chunked |
/// | GET /redirect | 302 to /hello |
/// | /echo | method, target and body as they came |
/// | POST, PUT /count | the size of the body, read as a stream |
/// | POST /form | a line "name filename type size" for each part |
/// | GET, PUT /clip/{name} | files of `folder`, with ranges |
/// | GET /page/{name} | files of test/support |
/// | POST /report | into the notes |
inline http::router peer_site(std::shared_ptr<peer_notes> notes, std::string folder) {
  using namespace peer_site_parts;
  http::router site;
  site.add_middleware(note_requests(notes));
  site.add_middleware(http::compression());
  site.get("/hello", [] { return "hello, world\n"; });
  site.get("/text", [text = long_text()] { return text; });
  site.get("/stream", write_lines);
  site.get("/redirect", [] { return http::redirect_to("/hello", 302); });
  site.any("/echo", echo_request);
  site.post("/count", count_body);
  site.put("/count", count_body);
  site.post("/form", list_parts);
  site.get("/clip/{name}", [notes, folder](server_request& r) { return send_clip(notes, folder, r); });
  site.put("/clip/{name}", [folder](server_request& r) { return store_clip(folder, r); });
  site.mount("/page", http::static_files{BIGHT_SOURCE_DIR "/test/support"});
  site.post("/report", [notes](server_request& r) -> awaitable<void> {
    notes->report = co_await r.text();
    notes->reported.set();
  });
  return site;
}

/// Runs a program to its end on a thread, at most 30 s.
inline awaitable<program_result> run_client(std::vector<std::string> arguments) {
  auto work = [command = std::move(arguments)] {
    program p{command};
    return p.finish(std::chrono::seconds{30});
  };
  co_return co_await to_thread(std::move(work));
}

}  // namespace bight::test
