// The samples, started and used as their READMEs say. The pages are in sample_pages_test.cpp.
#include <bight/http/sync_client.hpp>
#include <csignal>
#include <string>
#include <utility>

#include "apps/apps.hpp"
#include "support/program.hpp"

namespace bight::test::samples_test {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(samples, fetch_prints_a_row_for_each_url) {
  const scratch_folder folder;
  folder.write("page.html", "hello");
  const served_site site{{folder.path()}};
  const auto r = run({BIGHT_SAMPLE_FETCH, "-j", "2", site.url() + "page.html", site.url() + "missing"});
  EXPECT_EQ(r.status, 1);
  EXPECT_THAT(r.out, ContainsRegex(" 200 +[0-9]+ ms +1 kB  " + site.url() + "page.html\n"));
  EXPECT_THAT(r.out, ContainsRegex(" 404 +[0-9]+ ms +[0-9]+ kB  " + site.url() + "missing\n"));
  EXPECT_THAT(r.out, HasSubstr("2 URLs, 1 failed\n"));

  const auto list = run({"sh", "-c", "echo " + site.url() + "page.html | " BIGHT_SAMPLE_FETCH " -"});
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(run({BIGHT_SAMPLE_FETCH, "-j", "none"}).status, 2);
}

TEST(samples, pipeline_counts_the_files_of_a_list) {
  const scratch_folder folder;
  folder.write("a.txt", "one two\nthree\n");
  const auto command = "find " + folder.path() + " -name '*.txt' | " BIGHT_SAMPLE_PIPELINE " -";
  const auto r = run({"sh", "-c", command});
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.out, R"({"path":")" + folder.file("a.txt") +
                       R"(","lines":2,"words":3,"bytes":14,"error":null})"
                       "\n");
  EXPECT_EQ(r.err, "pipeline: 1 files\n");
}

TEST(samples, pipeline_watches_a_folder_until_it_is_told_to_stop) {
  const scratch_folder folder;
  folder.write("a.txt", "one\n");
  program watching{{BIGHT_SAMPLE_PIPELINE, folder.path()}};
  watching.wait_for_line(R"({"path":")" + folder.file("a.txt"));
  folder.write("b.txt", "two\n");
  watching.wait_for_line(R"({"path":")" + folder.file("b.txt"));
  watching.signal(SIGINT);
  EXPECT_EQ(watching.finish().status, 0);
}

// A small JSON API over HTTP.
class api {
 public:
  explicit api(std::string url, const std::string& token = {}) : url_(std::move(url)), client_(with(token)) {}
  std::string get(const std::string& path) {
    auto answer = client_.get(url_ + path).send();
    return std::to_string(answer.status().code()) + ' ' + answer.text();
  }
  std::string post(const std::string& path, std::string body) {
    auto answer = client_.post(url_ + path).body(std::move(body), "application/json").send();
    return std::to_string(answer.status().code()) + ' ' + answer.text();
  }
  std::string erase(const std::string& path) {
    auto answer = client_.delete_(url_ + path).send();
    return std::to_string(answer.status().code()) + ' ' + answer.text();
  }

 private:
  static http::client_options with(const std::string& token) {
    http::client_options options;
    if (!token.empty()) options.default_headers.set("Authorization", "Bearer " + token);
    return options;
  }

  std::string url_;
  http::sync_client client_;
};

TEST(samples, rest_creates_lists_and_deletes) {
  program_options secret;
  secret.environment = {"NOTES_SECRET=0123456789abcdef0123456789abcdef"};
  program token{{BIGHT_SAMPLE_REST, "token", "ann"}, secret};
  auto shown = token.finish().out;
  shown.pop_back();
  program server{{BIGHT_SAMPLE_REST, "0"}, secret};
  const auto page = "http" + server.wait_for_line("http");
  api anyone{page.substr(0, page.find("/docs")) + "/notes"};
  EXPECT_THAT(anyone.post("", R"({"title": "Milk"})"), StartsWith("401 "));
  api notes{page.substr(0, page.find("/docs")) + "/notes", shown};
  const auto created = notes.post("", R"({"title": "Milk", "text": "two bottles", "tags": ["shop"]})");
  EXPECT_EQ(created, R"(201 {"title":"Milk","text":"two bottles","tags":["shop"],"id":1})");
  EXPECT_THAT(notes.get("?tag=shop&limit=10"), AllOf(StartsWith("200 "), HasSubstr("two bottles")));
  EXPECT_EQ(notes.get("?tag=other"), R"(200 {"items":[],"next":null})");
  EXPECT_EQ(notes.erase("/1"), "204 ");
  EXPECT_THAT(notes.get("/1"), StartsWith("404 "));
  server.signal(SIGTERM);
  EXPECT_EQ(server.finish().status, 0);
}

TEST(samples, gateway_forwards_to_its_backends_and_shows_how_they_are) {
  const scratch_folder folder;
  folder.write("health", "good");
  folder.write("page.html", "hello");
  const served_site one{{folder.path()}};
  const served_site two{{folder.path()}};
  program server{{BIGHT_SAMPLE_GATEWAY, "0", one.url(), two.url()}};
  const auto status = "http" + server.wait_for_line("http");
  api site{status.substr(0, status.find("/gateway"))};
  for (int i = 0; i != 4; ++i) EXPECT_EQ(site.get("/page.html"), "200 hello");
  EXPECT_THAT(site.get("/missing"), StartsWith("404 "));
  EXPECT_THAT(site.get("/gateway/status"), AllOf(StartsWith("200 "), HasSubstr(R"("healthy":true)")));
  server.signal(SIGTERM);
  EXPECT_EQ(server.finish().status, 0);
}

TEST(samples, webhooks_prints_at_its_end_what_it_could_not_deliver) {
  const scratch_folder empty;
  const served_site receiver{{empty.path()}};  // 405 for POST
  program server{{BIGHT_SAMPLE_WEBHOOKS, "0"}};
  api hub{"http" + server.wait_for_line("http")};
  EXPECT_EQ(hub.post("subscribers", R"({"url": ")" + receiver.url() + R"(hook", "secret": "s3cret"})"),
            R"(201 {"id":1})");
  EXPECT_EQ(hub.post("events", R"({"type": "order.paid", "data": "{\"id\": 7}"})"), R"(202 {"id":1})");
  EXPECT_THAT(hub.post("subscribers", R"({"url": "nowhere", "secret": ""})"), StartsWith("422 "));
  server.signal(SIGTERM);
  const auto r = server.finish();
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out, AllOf(HasSubstr(R"({"id":1,"subscriber":1,"type":"order.paid")"), HasSubstr("405")));
}

TEST(samples, agents_answer_within_a_budget_that_they_share) {
  const auto r = run({BIGHT_SAMPLE_AGENTS, "--budget", "20", "--seconds", "3", "what is six times seven"});
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.out,
              HasSubstr("\n== planner: complete, 8 tokens\nquick thinks about: what is six times seven"));
  EXPECT_THAT(r.out, HasSubstr("\n== analyst: complete, 7 tokens, tool calls: 1\n"));
  EXPECT_THAT(r.out, HasSubstr("the budget is used up"));
  EXPECT_THAT(r.out, HasSubstr("\n0 tokens are left\n"));
  EXPECT_EQ(run({BIGHT_SAMPLE_AGENTS}).status, 2);
}

}  // namespace bight::test::samples_test
