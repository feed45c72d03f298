// bight-serve: listings, logs, uploads, certificates and threads, as a person uses them.
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "apps/apps.hpp"
#include "support/certificates.hpp"

namespace bight::test::serve_options_test {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using texts = std::vector<std::string>;

// What bight-get prints: head and body.
std::string fetch(const std::string& url, texts more = {}) {
  texts arguments{"--include", "--quiet", "--insecure", "--no-proxy", "--retries", "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  arguments.push_back(url);
  const auto r = get(std::move(arguments));
  return r.out + r.err;
}

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Waits, at most 10 s, until it holds.
template <class Condition>
void wait_until(Condition holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!holds() && std::chrono::steady_clock::now() < until) ::sched_yield();
}

// Waits until the file has so many lines.
std::string wait_for_lines(const std::string& path, std::ptrdiff_t lines) {
  std::string text;
  wait_until([&] {
    text = content_of(path);
    return std::count(text.begin(), text.end(), '\n') >= lines;
  });
  return text;
}

TEST(serve_listing, is_a_page_of_names_when_asked_for) {
  const scratch_folder folder;
  folder.write("sub/a & b.txt", "text");
  const served_site plain{{folder.path()}};
  EXPECT_THAT(fetch(plain.url() + "sub/"), HasSubstr(" 404 "));
  const served_site site{{folder.path(), "--listing"}};
  EXPECT_THAT(fetch(site.url()), AllOf(HasSubstr(" 200 "), HasSubstr("<a href=\"./sub/\">sub/</a>")));
  EXPECT_THAT(fetch(site.url() + "sub/"), HasSubstr("<a href=\"./a%20%26%20b.txt\">a &amp; b.txt</a>"));
}

TEST(serve_precompressed, sends_what_is_beside_the_file) {
  const scratch_folder folder;
  folder.write("a.css", "plain");
  folder.write("a.css.br", "coded");
  const served_site site{{folder.path(), "--precompressed"}};
  EXPECT_THAT(fetch(site.url() + "a.css", {"-H", "Accept-Encoding: br"}), HasSubstr("ontent-Encoding: br"));
}

TEST(serve_spa, sends_the_start_for_pages_and_404_for_files) {
  const scratch_folder folder;
  folder.write("index.html", "<p>application</p>");
  folder.write("app.js", "code");
  const served_site site{{folder.path(), "--spa"}};
  const texts browser{"-H", "Accept: text/html,*/*"};
  EXPECT_THAT(fetch(site.url() + "orders/7", browser), AllOf(HasSubstr(" 200 "), HasSubstr("application")));
  EXPECT_THAT(fetch(site.url() + "app.js", browser), HasSubstr("code"));
  EXPECT_THAT(fetch(site.url() + "old.js", browser), HasSubstr(" 404 "));
  EXPECT_THAT(fetch(site.url() + "api/items", {"-H", "Accept: application/json"}), HasSubstr(" 404 "));
}

TEST(serve_cors, allows_the_origin) {
  const served_site site{{"--demo", "--cors", "https://app.example", "--cors", "http://localhost:3000"}};
  EXPECT_THAT(fetch(site.url(), {"-H", "Origin: https://app.example"}),
              HasSubstr("Access-Control-Allow-Origin: https://app.example"));
  EXPECT_THAT(fetch(site.url(), {"-H", "Origin: https://evil.example"}),
              Not(HasSubstr("Access-Control-Allow")));
  const served_site all{{"--demo", "--cors", "*"}};
  EXPECT_THAT(fetch(all.url(), {"-H", "Origin: https://any.example"}),
              HasSubstr("Access-Control-Allow-Origin: *"));
}

TEST(serve_upload, saves_files_under_safe_names_and_replaces_none) {
  const scratch_folder folder;
  std::filesystem::create_directory(folder.file("in"));
  const auto file = folder.write("photo.jpg", "JPEG");
  const served_site site{{"--demo", "--upload", folder.file("in"), "--threads", "2"}};
  const auto url = site.url() + "upload";
  EXPECT_THAT(fetch(url), HasSubstr("<form method=\"post\" enctype=\"multipart/form-data\">"));
  EXPECT_THAT(fetch(url, {"-F", "file=@" + file}),
              AllOf(HasSubstr(" 201 "), HasSubstr("saved photo.jpg, 4 bytes")));
  EXPECT_EQ(content_of(folder.file("in/photo.jpg")), "JPEG");
  folder.write("photo.jpg", "other");
  EXPECT_THAT(fetch(url, {"-F", "file=@" + file}),
              AllOf(HasSubstr(" 409 "), HasSubstr("photo.jpg exists already")));
  EXPECT_EQ(content_of(folder.file("in/photo.jpg")), "JPEG");
  EXPECT_THAT(fetch(url, {"-F", "file=text"}), HasSubstr(" 400 "));
  const std::string body =
      "--B\r\nContent-Disposition: form-data; name=\"f\"; "
      "filename=\"../../../escaped.txt\"\r\n\r\nx\r\n--B--\r\n";
  const texts traversal{"-H", "Content-Type: multipart/form-data; boundary=B", "--data", body};
  EXPECT_THAT(fetch(url, traversal), HasSubstr("saved escaped.txt"));
  EXPECT_TRUE(std::filesystem::exists(folder.file("in/escaped.txt")));
  EXPECT_THAT(fetch(url, {"-X", "DELETE"}), HasSubstr(" 405 "));
}

// A page of another site can make a browser send a form.
TEST(serve_upload, refuses_forms_of_other_sites) {
  const scratch_folder folder;
  const auto file = folder.write("a.txt", "text");
  std::filesystem::create_directory(folder.file("in"));
  const served_site site{{"--demo", "--upload", folder.file("in")}};
  const auto url = site.url() + "upload";
  for (const auto* const origin : {"https://evil.example", "null", "http://127.0.0.1"})
    EXPECT_THAT(fetch(url, {"-F", "file=@" + file, "-H", "Origin: " + std::string{origin}}),
                HasSubstr(" 403 "))
        << origin;
  EXPECT_TRUE(std::filesystem::is_empty(folder.file("in")));
  auto own = site.url();
  own.pop_back();
  EXPECT_THAT(fetch(url, {"-F", "file=@" + file, "-H", "Origin: " + own}), HasSubstr(" 201 "));
}

TEST(serve_upload, has_a_limit_and_is_off_by_default) {
  const scratch_folder folder;
  const auto file = folder.write("large.bin", std::string(1'200'000, 'x'));
  std::filesystem::create_directory(folder.file("in"));
  const served_site site{{"--demo", "--upload", folder.file("in"), "--max-upload", "1"}};
  EXPECT_THAT(fetch(site.url() + "upload", {"-F", "file=@" + file}), HasSubstr(" 413 "));
  EXPECT_TRUE(std::filesystem::is_empty(folder.file("in")));
  const served_site off{{folder.path()}};
  EXPECT_THAT(fetch(off.url() + "upload", {"-F", "file=@" + file}), HasSubstr(" 405 "));
  EXPECT_THAT(fetch(off.url() + "upload"), HasSubstr(" 404 "));
  const auto missing = run(serve_command({"--demo", "--upload", folder.file("none")}));
  EXPECT_EQ(missing.status, 1);
  ASSERT_THAT(missing.errors(), SizeIs(1)) << missing.err;
  EXPECT_THAT(missing.err, HasSubstr(folder.file("none")));
}

TEST(serve_log, is_written_in_the_format_asked_for) {
  const scratch_folder folder;
  const auto log = folder.file("access.log");
  for (const auto& [format, line] :
       {std::pair{"common", "^127\\.0\\.0\\.1 - - \\[.*\\] \"GET /page/7 HTTP/1\\.1\" 200 [0-9]+\n$"},
        std::pair{"combined", "^127.*\" 200 [0-9]+ \"-\" \"[^\"]*\"\n$"},
        std::pair{"json", "^\\{.*\"status\":200.*\\}\n$"}}) {
    std::filesystem::remove(log);
    const served_site site{{"--demo", "--access-log", log, "--log-format", format}};
    fetch(site.url() + "page/7");
    EXPECT_THAT(wait_for_lines(log, 1), ContainsRegex(line)) << format;
  }
}

TEST(serve_log, goes_to_stdout_by_default) {
  program p{serve_command({"--demo", "--port", "0", "--access-log"})};
  const auto url = "http://" + p.wait_for_line("http://");
  fetch(url + "page/1");
  EXPECT_THAT(p.wait_for_line("127.0.0.1 - - "), HasSubstr("GET /page/1"));
  p.signal(SIGTERM);
  EXPECT_EQ(p.finish().status, 0);
}

TEST(serve_log, is_opened_again_at_a_hang_up) {
  const scratch_folder folder;
  const auto log = folder.file("access.log");
  program p{serve_command({"--demo", "--port", "0", "--access-log", log})};
  const auto url = "http://" + p.wait_for_line("http://");
  fetch(url + "page/1");
  EXPECT_THAT(wait_for_lines(log, 1), HasSubstr("/page/1"));
  std::filesystem::rename(log, log + ".1");
  p.signal(SIGHUP);
  wait_until([&] { return std::filesystem::exists(log); });
  fetch(url + "page/2");
  EXPECT_THAT(wait_for_lines(log, 1), HasSubstr("/page/2"));
  EXPECT_THAT(content_of(log + ".1"), Not(HasSubstr("/page/2")));
  p.signal(SIGTERM);
  EXPECT_EQ(p.finish().status, 0);
}

TEST(serve_log, a_file_that_cannot_be_opened_is_one_line_that_names_it) {
  const auto r = run(serve_command({"--demo", "--port", "0", "--access-log", "/nowhere/access.log"}));
  EXPECT_EQ(r.status, 1);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err, "bight-serve: --access-log: open '/nowhere/access.log': No such file or directory\n");
}

TEST(serve_tls, a_self_signed_certificate_encrypts_and_is_trusted_by_nobody) {
  const served_site site{{"--demo", "--self-signed"}};
  EXPECT_THAT(site.url(), StartsWith("https://127.0.0.1:"));
  EXPECT_THAT(fetch(site.url()), HasSubstr("<html"));
  const auto strict = get({"--no-proxy", "--retries", "0", site.url()});
  EXPECT_NE(strict.status, 0);
  EXPECT_THAT(strict.err, HasSubstr("certificate"));
}

TEST(serve_tls, a_hang_up_reads_the_certificate_again_and_keeps_it_if_that_fails) {
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  const scratch_folder folder;
  const auto install = [&](const certificate& c) {
    folder.write("chain.pem", content_of(c.file));
    folder.write("key.pem", content_of(c.key));
  };
  auto& all = certificates::instance();
  install(all.expired());  // and for another name
  program p{serve_command(
      {"--demo", "--port", "0", "--cert", folder.file("chain.pem"), "--key", folder.file("key.pem")})};
  const auto url = "https://" + p.wait_for_line("https://");
  const texts check{"--no-proxy", "--retries", "0", "--cacert", all.authority(), url};
  EXPECT_THAT(get(check).err, HasSubstr("certificate"));
  install(all.good());
  p.signal(SIGHUP);
  p.wait_for_error("bight-serve: SIGHUP: the certificate has been read again\n");
  EXPECT_THAT(get(check).out, HasSubstr("<html"));
  folder.write("key.pem", "nonsense");
  p.signal(SIGHUP);
  p.wait_for_error("bight-serve: SIGHUP: key " + folder.file("key.pem"));
  EXPECT_THAT(get(check).out, HasSubstr("<html"));
  p.signal(SIGTERM);
  EXPECT_EQ(p.finish().status, 0);
}

TEST(serve_threads, serve_one_port_together) {
  for (const auto* const threads : {"0", "4"}) {
    const served_site site{{"--demo", "--threads", threads}};
    const auto r = crawl({site.url(), "--format", "json", "--fail-on-broken"});
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(text_of(last_line(r.out), "pages"), "1001");
  }
}

}  // namespace bight::test::serve_options_test
