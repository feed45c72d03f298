// What is compressed, how it is negotiated, and what else changes.
#include <bight/http/middleware/compression.hpp>

#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/http/static_files.hpp>
#include <bight/net/detail/paged_file.hpp>
#include <bight/testing/async_test.hpp>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include "support/content_codings.hpp"
#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::http::compression_test {

using test::around;
using test::decoded;
using test::field;
using test::page;
using test::served;

std::string lines(std::size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out.append("line ").append(std::to_string(i)).append("\n");
  out.resize(size);
  return out;
}

awaitable<server_response> ask(handler& all, std::string accept, method m = method::get) {
  headers fields;
  if (!accept.empty()) fields.set("Accept-Encoding", accept);
  server_request request{m, "/", fields};
  co_return co_await all(request);
}

ASYNC_TEST(compression, codes_what_the_client_accepts) {
  const auto text = lines(5000);
  auto all = around(compression(), page(text));
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    auto response = co_await ask(all, coding);
    EXPECT_EQ(field(response, "Content-Encoding"), coding);
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding");
    const auto body = co_await response.body().collect();
    EXPECT_LT(body.size(), text.size() / 2);
    EXPECT_EQ(decoded(coding, body), text);
  }
}

ASYNC_TEST(compression, is_negotiated_by_weight) {
  auto all = around(compression(), page(lines(5000)));
  struct row {
    std::string accept;
    std::string coding;
  };
  const std::vector<row> rows{{"gzip, br, zstd", "zstd"},
                              {"gzip, br", "br"},
                              {"gzip;q=0.9, br;q=0.8, zstd;q=0.7", "gzip"},
                              {"gzip;q=0.5, zstd;q=0", "gzip"},
                              {"GZIP", "gzip"},
                              {"x-gzip", "gzip"},
                              {"*", "zstd"},
                              {"*;q=0.5, zstd;q=0, br;q=0", "gzip"},
                              {"gzip;q=0.5, identity", ""},
                              {"gzip, identity", "gzip"},
                              {"gzip;q=0", ""},
                              {"deflate", ""},
                              {"gzip;q=2", ""},
                              {"gzip;q=nan", ""},
                              {"gzip;q=", ""},
                              {"identity;q=0", ""},
                              {"*;q=0", ""},
                              {"", ""}};
  for (const auto& r : rows) {
    const auto response = co_await ask(all, r.accept);
    EXPECT_EQ(field(response, "Content-Encoding"), r.coding) << r.accept;
    EXPECT_EQ(field(response, "Vary"), "Accept-Encoding")
        << r.accept << ": it depends on the request all the same";
  }
}

ASYNC_TEST(compression, leaves_small_bodies_alone) {
  auto all = around(compression(), page(lines(1023)));
  const auto small = co_await ask(all, "gzip");
  EXPECT_FALSE(small.headers().contains("Content-Encoding"));
  EXPECT_FALSE(small.headers().contains("Vary"));
  auto more = around(compression(), page(lines(1024)));
  const auto large = co_await ask(more, "gzip");
  EXPECT_EQ(field(large, "Content-Encoding"), "gzip");
}

ASYNC_TEST(compression, leaves_types_alone_that_are_compressed_already) {
  for (const std::string type :
       {"image/png", "application/zip", "video/mp4", "application/octet-stream", "font/woff2", "nonsense"}) {
    auto all = around(compression(), page(lines(5000), headers{{"Content-Type", type}}));
    const auto response = co_await ask(all, "gzip");
    EXPECT_FALSE(response.headers().contains("Content-Encoding")) << type;
    EXPECT_FALSE(response.headers().contains("Vary")) << type;
  }
  for (const std::string type : {"text/html; charset=utf-8", "application/json", "application/problem+json",
                                 "image/svg+xml", "Application/JavaScript", "application/wasm"}) {
    auto all = around(compression(), page(lines(5000), headers{{"Content-Type", type}}));
    const auto response = co_await ask(all, "gzip");
    EXPECT_EQ(field(response, "Content-Encoding"), "gzip") << type;
  }
}

ASYNC_TEST(compression, leaves_responses_alone_that_must_not_be_changed) {
  const auto untouched = [](headers fields, status code) -> awaitable<void> {
    auto all = around(compression(), page(lines(5000), fields, code));
    const auto response = co_await ask(all, "gzip");
    EXPECT_EQ(*response.body().text(), lines(5000));
    EXPECT_EQ(response.headers().contains("Vary"), false);
  };
  headers none;
  headers coded{{"Content-Encoding", "br"}};
  headers exact{{"Cache-Control", "public, no-transform"}};
  headers ranged{{"Content-Range", "bytes 0-4999/10000"}};
  co_await untouched(coded, status::ok);
  co_await untouched(exact, status::ok);
  co_await untouched(ranged, status::ok);
  co_await untouched(none, status::partial_content);
  co_await untouched(none, status::no_content);
  co_await untouched(none, status::not_modified);
}

ASYNC_TEST(compression, makes_tags_weak_and_drops_what_is_not_true_any_more) {
  auto all = around(compression(), page(lines(5000), headers{{"ETag", "\"v1\""},
                                                             {"Accept-Ranges", "bytes"},
                                                             {"Content-Length", "5000"},
                                                             {"Vary", "Cookie"}}));
  const auto response = co_await ask(all, "gzip");
  EXPECT_EQ(field(response, "ETag"), "W/\"v1\"");
  EXPECT_FALSE(response.headers().contains("Accept-Ranges"));
  EXPECT_FALSE(response.headers().contains("Content-Length"));
  EXPECT_EQ(field(response, "Vary"), "Cookie, Accept-Encoding");
  const auto plain = co_await ask(all, "");
  EXPECT_EQ(field(plain, "ETag"), "\"v1\"");
  EXPECT_EQ(field(plain, "Accept-Ranges"), "bytes");
}

ASYNC_TEST(compression, answers_head_as_get) {
  served s{around(compression(), page(lines(5000), headers{{"ETag", "\"v1\""}}))};
  co_await s.send("HEAD / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto head = co_await s.answer(true);
  const auto get = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  for (const auto* name : {"Content-Encoding", "Vary", "ETag", "Content-Type"})
    EXPECT_EQ(head.field(name), get.field(name)) << name;
  EXPECT_EQ(head.field("Content-Encoding"), "gzip");
  EXPECT_FALSE(head.has("Content-Length")) << "not known without compressing";
  EXPECT_FALSE(head.has("Transfer-Encoding"));
  EXPECT_EQ(decoded("gzip", get.body), lines(5000));
}

ASYNC_TEST(compression, answers_head_of_a_handler_that_knows_the_length_only) {
  const auto handler_of = [](std::string length) -> handler {
    return [length](server_request&) -> awaitable<server_response> {
      server_response r{200};
      r.headers().set("Content-Type", "text/plain");
      if (!length.empty()) r.headers().set("Content-Length", length);
      co_return r;
    };
  };
  auto large = around(compression(), handler_of("5000"));
  const auto coded = co_await ask(large, "gzip", method::head);
  EXPECT_EQ(field(coded, "Content-Encoding"), "gzip");
  EXPECT_FALSE(coded.headers().contains("Content-Length"));
  auto small = around(compression(), handler_of("10"));
  const auto plain = co_await ask(small, "gzip", method::head);
  EXPECT_FALSE(plain.headers().contains("Content-Encoding"));
  EXPECT_EQ(field(plain, "Content-Length"), "10");
  auto unknown = around(compression(), handler_of(""));
  const auto neither = co_await ask(unknown, "gzip", method::head);
  EXPECT_FALSE(neither.headers().contains("Content-Encoding"));
}

// RFC 9110 9.3.2: the fields of GET, but for those that only its content could tell.
ASYNC_TEST(compression, head_has_the_fields_of_get_whatever_the_body_is) {
  const test::scratch_folder folder;
  folder.write("large.txt", lines(300'000));
  folder.write("small.txt", lines(100));
  folder.write("ready.txt", lines(5000));
  folder.write("ready.txt.gz", "already coded");
  static_files_options options;
  options.precompressed = true;
  const static_files files{folder.path(), options};
  const auto typed = [](body content) {
    server_response r{200, std::move(content)};
    r.headers().set("Content-Type", "text/plain");
    return r;
  };
  const auto write = [](body_writer& out) -> awaitable<void> { co_await out.write(lines(3000)); };
  const auto answer = [&](server_request& request) -> awaitable<server_response> {
    const auto path = request.path();
    if (path == "/small") co_return typed(lines(100));
    if (path == "/text") co_return typed(lines(5000));
    if (path == "/large") co_return typed(lines(300'000));
    if (path == "/stream") co_return typed(body::produce(write));
    if (path == "/sized") co_return typed(body::produce(write, 3000));
    if (path == "/empty") co_return typed(body{""});
    co_return co_await files(request);
  };
  for (const std::string target : {"/small", "/text", "/large", "/stream", "/sized", "/empty", "/large.txt",
                                   "/small.txt", "/ready.txt", "/none"}) {
    const auto rest = " HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    served one{around(compression(), answer)};
    co_await one.send("HEAD " + target + rest);
    const auto head = co_await one.answer(true);
    served other{around(compression(), answer)};
    co_await other.send("GET " + target + rest);
    const auto get = co_await other.answer(true);
    for (const auto* const name :
         {"Content-Encoding", "Content-Type", "Vary", "ETag", "Last-Modified", "Accept-Ranges"}) {
      EXPECT_EQ(head.field(name), get.field(name)) << target << ' ' << name;
      EXPECT_EQ(head.has(name), get.has(name)) << target << ' ' << name;
    }
    EXPECT_EQ(head.status(), get.status()) << target;
    if (head.has("Content-Length")) {
      EXPECT_EQ(head.field("Content-Length"), get.field("Content-Length")) << target;
    }
  }
}

ASYNC_TEST(compression, a_304_varies_as_the_200_would) {
  auto all = around(compression(), page("", headers{{"ETag", "\"v1\""}}, status::not_modified));
  const auto same = co_await ask(all, "gzip");
  EXPECT_EQ(field(same, "Vary"), "Accept-Encoding");
  auto exact = around(compression(), page("", headers{{"ETag", "\"v1\""}, {"Cache-Control", "no-transform"}},
                                          status::not_modified));
  const auto untouched = co_await ask(exact, "gzip");
  EXPECT_EQ(field(untouched, "Vary"), "");
}

// A file that is not cached is read on a thread: the loop goes on.
ASYNC_TEST(compression, a_cold_file_does_not_block_the_loop) {
  const test::scratch_folder folder;
  folder.write("large.txt", lines(300'000));
  const static_files files{folder.path()};
  auto all = around(compression(), [&](server_request& r) { return files(r); });
  for (const bool cold : {false, true}) {
    headers fields{{"Accept-Encoding", "gzip"}};
    server_request request{method::get, "/large.txt", fields};
    auto response = co_await all(request);
    bool others_ran = false;
    const auto other = spawn([&]() -> awaitable<void> {
      others_ran = true;
      co_return;
    });
    net::detail::paged_file::injected_error = cold ? EAGAIN : 0;
    const auto body = co_await response.body().collect();
    net::detail::paged_file::injected_error = 0;
    EXPECT_EQ(others_ran, cold);
    EXPECT_EQ(decoded("gzip", body), lines(300'000));
    co_await other;
  }
}

ASYNC_TEST(compression, flushes_streams_after_each_write) {
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    event more;
    const auto streaming = [&more](server_request&) -> awaitable<server_response> {
      server_response r{200, body::produce([&more](body_writer& out) -> awaitable<void> {
                          co_await out.write("first\n");
                          co_await more.wait();
                          co_await out.write("second\n");
                        })};
      r.headers().set("Content-Type", "text/event-stream");
      co_return r;
    };
    auto all = around(compression(), streaming);
    auto response = co_await ask(all, coding);
    EXPECT_EQ(field(response, "Content-Encoding"), coding);
    class watcher final : public body_writer {
     public:
      watcher(std::string_view coding, event& more)
          : decoder_(coding::content_decoder::create(coding).value()), more_(&more) {}
      ~watcher() = default;
      awaitable<void> write(std::string_view piece) override {
        EXPECT_FALSE(decoder_.feed(piece, [this](std::string_view p) { text += p; }));
        if (text == "first\n") more_->set();
        co_return;
      }
      void trailers(headers) override {}
      std::string text;

     private:
      coding::content_decoder decoder_;
      event* more_;
    };
    watcher out{coding, more};
    co_await response.body().write_to(out);
    EXPECT_EQ(out.text, "first\nsecond\n");
  }
}

ASYNC_TEST(compression, compresses_large_texts_as_a_stream) {
  const auto text = lines(1'000'000);
  auto all = around(compression(), page(text));
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    auto response = co_await ask(all, coding);
    EXPECT_EQ(response.body().text(), nullptr);
    EXPECT_EQ(response.body().size(), std::nullopt);
    const auto body = co_await response.body().collect();
    EXPECT_EQ(decoded(coding, body), text);
  }
}

ASYNC_TEST(compression, keeps_trailers_and_frames_streams) {
  const auto streaming = [](server_request&) -> awaitable<server_response> {
    server_response r{200, body::produce([](body_writer& out) -> awaitable<void> {
                        co_await out.write(lines(3000));
                        out.trailers(headers{{"X-Sum", "42"}});
                      })};
    r.headers().set("Content-Type", "text/plain");
    co_return r;
  };
  served s{around(compression(), streaming)};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(answer.field("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(answer.has("Content-Length"));
  const auto tail = co_await s.client.read_until("\r\n\r\n");
  EXPECT_NE((answer.body + tail).find("X-Sum: 42"), std::string::npos);
}

ASYNC_TEST(compression, has_options) {
  compression_options options;
  options.zstd_level = options.brotli_level = 0;
  options.gzip_level = 1;
  options.min_size = 10;
  options.compressible = [](std::string_view type) { return type == "application/x-mine"; };
  auto all = around(compression(std::move(options)),
                    page(lines(100), headers{{"Content-Type", "application/x-mine"}}));
  const auto response = co_await ask(all, "zstd, br, gzip;q=0.1");
  EXPECT_EQ(field(response, "Content-Encoding"), "gzip");
  compression_options wrong;
  wrong.gzip_level = 10;
  EXPECT_THROW(compression(std::move(wrong)), std::invalid_argument);
}

ASYNC_TEST(compression, uses_contexts_again) {
  auto all = around(compression(), page(lines(5000)));
  compression_options strong;
  strong.gzip_level = 9;
  strong.zstd_level = 10;
  auto other = around(compression(std::move(strong)), page(lines(5000)));
  for (int i = 0; i != 3; ++i) {
    for (auto* h : {&all, &other}) {
      for (const std::string coding : {"gzip", "zstd"}) {
        auto response = co_await ask(*h, coding);
        EXPECT_EQ(decoded(coding, *response.body().text()), lines(5000));
      }
    }
  }
}

}  // namespace bight::http::compression_test
