// Forms and files.
#include <bight/api/upload.hpp>

#include <unistd.h>
#include <bight/api/client.hpp>
#include <bight/api/router.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_http/test_client.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/shop.hpp"

namespace bight::api_form_test {

using namespace test::shop;
using bight::testing::test_client;
using ::testing::HasSubstr;
using ::testing::Not;

inline constexpr auto order = api::post<std::string>(
    "/order", api::form<std::string>("name").length(1, 20), api::form<int>("count", 1).min(1),
    api::form<std::vector<colour>>("paint").length(0, 2), api::form<std::optional<bool>>("gift"));
inline constexpr auto add_photo =
    api::post<std::string>("/photos/{id}", api::path<int>("id"), api::form<std::string>("title"),
                           api::file("photo").length(1, 1000));
inline constexpr auto add_photos =
    api::post<int>("/photos", api::file<std::vector<api::upload>>("photos").length(1, 2),
                   api::file<std::optional<api::upload>>("note"));

std::string show(const std::string& name, int count, const std::vector<colour>& paint,
                 std::optional<bool> gift) {
  return name + ' ' + std::to_string(count) + ' ' + std::to_string(paint.size()) + ' ' +
         (gift ? *gift ? "gift" : "no gift" : "-");
}

http::router routes() {
  api::router r;
  r.add(order, show);
  r.add(add_photo, [](int id, std::string title, api::upload photo) -> awaitable<std::string> {
    const auto text = co_await photo.text();
    co_return std::to_string(id) + '|' + title + '|' + photo.filename() + '|' + photo.safe_filename() + '|' +
        std::string{photo.content_type()} + '|' + text;
  });
  r.add(add_photos, [](const std::vector<api::upload>& photos, const std::optional<api::upload>& note) {
    return static_cast<int>(photos.size()) + (note ? 10 : 0);
  });
  return std::move(r).routes();
}

ASYNC_TEST(api_form, a_client_sends_fields_and_a_handler_gets_values) {
  test_client web{routes()};
  const api::client client{web};
  const std::vector<colour> paint{colour::red, colour::green};
  const auto all = co_await client.call(order, "rope & co", 3, paint, true);
  EXPECT_EQ(all, "rope & co 3 2 gift");
  const auto few = co_await client.call(order, "rope");
  EXPECT_EQ(few, "rope 1 0 -");
}

ASYNC_TEST(api_form, fields_arrive_in_either_type) {
  test_client web{routes()};
  auto r = co_await web.post("/order").form("name", "a b").form("count", 2).form("paint", "red");
  auto text = co_await r.text();
  EXPECT_EQ(text, R"("a b 2 1 -")");
  http::multipart parts;
  parts.field("name", "a\nb").field("gift", "false");
  r = co_await web.post("/order").multipart(std::move(parts));
  text = co_await r.text();
  EXPECT_EQ(text, R"("a\nb 1 0 no gift")");
}

ASYNC_TEST(api_form, everything_that_is_wrong_is_named) {
  test_client web{routes()};
  auto r = co_await web.post("/order").form("name", "").form("count", "many").form("paint", "blue");
  EXPECT_EQ(r.status(), 422);
  const auto text = co_await r.text();
  EXPECT_THAT(text, HasSubstr(R"({"in":"form","name":"name","pointer":"","constraint":"minLength")"));
  EXPECT_THAT(text,
              HasSubstr(R"("name":"count","pointer":"","constraint":"type","detail":"expected an integer")"));
  EXPECT_THAT(text, HasSubstr(R"("name":"paint","pointer":"/0","constraint":"enum")"));
  auto nothing = co_await web.post("/order");
  EXPECT_EQ(nothing.status(), 422);
  const auto missing = co_await nothing.text();
  EXPECT_THAT(missing, HasSubstr(R"("name":"name","pointer":"","constraint":"required")"));
}

// As browsers send <form>: all fields, empty ones too, and "on" for a box that is ticked.
ASYNC_TEST(api_form, fields_of_a_page_that_were_not_filled_in) {
  test_client web{routes()};
  auto r = co_await web.post("/order").form("name", "rope").form("count", "").form("gift", "");
  auto text = co_await r.text();
  EXPECT_EQ(text, R"("rope 1 0 -")");
  r = co_await web.post("/order").form("name", "rope").form("gift", "on");
  text = co_await r.text();
  EXPECT_EQ(text, R"("rope 1 0 gift")");
  r = co_await web.post("/order").form("name", "rope").form("gift", "yes");
  EXPECT_EQ(r.status(), 422);
}

inline constexpr auto pick = api::post<int>("/pick", api::query<std::vector<int>>("id").length(1, 3),
                                            api::form<std::vector<int>>("n").length(2));

ASYNC_TEST(api_form, a_sequence_with_a_least_length_is_required) {
  api::router r;
  r.add(pick, [](const std::vector<int>& ids, const std::vector<int>& n) { return ids.front() + n.back(); });
  const auto document = boost::json::parse(r.openapi());
  const auto& post = document.at_pointer("/paths/~1pick/post");
  EXPECT_EQ(post.at_pointer("/parameters/0/required"), boost::json::value(true));
  EXPECT_EQ(post.at_pointer("/requestBody/content/application~1x-www-form-urlencoded/schema/required/0"),
            boost::json::value("n"));
  test_client web{std::move(r).routes()};
  const auto none = co_await web.post("/pick");
  EXPECT_EQ(none.status(), 422);
  const auto few = co_await web.post("/pick?id=1").form("n", "2");
  EXPECT_EQ(few.status(), 422);
  auto enough = co_await web.post("/pick?id=1").form("n", "2").form("n", "3");
  const auto text = co_await enough.text();
  EXPECT_EQ(text, "4");
}

ASYNC_TEST(api_form, other_media_types_are_415) {
  test_client web{routes()};
  for (const std::string_view type : {"application/json", "text/plain", "multipart/mixed; boundary=x"}) {
    auto request = web.post("/order");
    request.body(std::string{"name=rope"}, type);
    const auto r = co_await std::move(request);
    EXPECT_EQ(r.status(), 415) << type;
  }
  const auto without_files = co_await web.post("/photos/1").form("title", "x");
  EXPECT_EQ(without_files.status(), 415);
}

ASYNC_TEST(api_form, a_file_name_is_data_and_no_path) {
  test_client web{routes()};
  const api::client client{web};
  const api::upload photo{"../../etc/passwd.jpg", "bytes", "image/jpeg"};
  const auto seen = co_await client.call(add_photo, 7, "Beach", photo);
  EXPECT_EQ(seen, "7|Beach|../../etc/passwd.jpg|passwd.jpg|image/jpeg|bytes");
}

ASYNC_TEST(api_form, a_file_on_disk_is_sent_and_saved) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("bight-api-form-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto from = folder / "a.txt";
  std::ofstream{from} << "content";
  api::router r;
  r.add(add_photo, [&](int, std::string, api::upload photo) -> awaitable<std::string> {
    co_await photo.save_to(folder / "saved");
    co_return std::string{photo.content_type()};
  });
  test_client web{std::move(r).routes()};
  const api::client client{web};
  const auto type = co_await client.call(add_photo, 7, "x", api::upload::from_file(from));
  EXPECT_THAT(type, HasSubstr("text/plain"));
  std::ifstream in{folder / "saved"};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{in}, {}), "content");
  const api::upload made{"b", "other"};
  co_await made.save_to(folder / "made");
  EXPECT_EQ(std::filesystem::file_size(folder / "made"), 5U);
  EXPECT_EQ(api::upload::from_file(from).size(), 7U);
  std::filesystem::remove_all(folder);
}

ASYNC_TEST(api_form, sizes_and_numbers_of_files_are_limited) {
  test_client web{routes()};
  const api::client client{web};
  const auto failure = [&](auto call) -> awaitable<std::string> {
    try {
      static_cast<void>(co_await std::move(call));
    } catch (const api::problem& e) { co_return boost::json::serialize(e.document()); }
    co_return std::string{"none"};
  };
  const api::upload large{"l", std::string(1001, 'x')};
  auto text = co_await failure(client.call(add_photo, 1, "x", large));
  EXPECT_THAT(text, HasSubstr("must have at most 1000 bytes"));
  const api::upload small{"s", "x"};
  const std::vector<api::upload> three(3, small);
  text = co_await failure(client.call(add_photos, three));
  EXPECT_THAT(text, HasSubstr("must have at most 2 items"));
  const std::vector<api::upload> two(2, small);
  const int n = co_await client.call(add_photos, two, small);
  EXPECT_EQ(n, 12);
}

TEST(api_form, is_in_the_document) {
  api::router r;
  r.add(order, show);
  r.add(add_photo, [](int, std::string, const api::upload&) { return std::string{}; });
  const auto document = boost::json::parse(r.openapi());
  const auto at = [&](std::string_view pointer) {
    boost::json::error_code failed;
    const auto* const found = document.find_pointer(pointer, failed);
    return found ? boost::json::serialize(*found) : "nothing";
  };
  EXPECT_EQ(at("/paths/~1order/post/requestBody/content/application~1x-www-form-urlencoded/schema/required"),
            R"(["name"])");
  EXPECT_EQ(
      at("/paths/~1photos~1{id}/post/requestBody/content/multipart~1form-data/schema/properties/photo"),
      R"({"type":"string","contentMediaType":"application/octet-stream","minLength":1,"maxLength":1000})");
  EXPECT_EQ(at("/paths/~1photos~1{id}/post/requestBody/content/application~1x-www-form-urlencoded"),
            "nothing");
}

}  // namespace bight::api_form_test
