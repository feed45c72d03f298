#include <bight/api/content.hpp>

#include <bight/fs/file.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/static_files.hpp>
#include <boost/system/system_error.hpp>

namespace bight::api {
namespace {

bool is_no_file(const boost::system::error_code& code) noexcept {
  using namespace boost::system::errc;
  return code == no_such_file_or_directory || code == is_a_directory || code == not_a_directory ||
         code == invalid_seek;
}

}  // namespace

awaitable<content> file_content(std::filesystem::path path, std::string media_type) {
  if (media_type.empty()) media_type = http::media_type_of(path.filename().string());
  try {
    auto file = co_await fs::open(path);
    const auto size = co_await file.size();
    co_return content{std::move(media_type), http::body::file(std::move(file), 0, size)};
  } catch (const boost::system::system_error& e) {
    if (!is_no_file(e.code())) throw;
  }
  throw http::problem{http::status::not_found, "there is no such file"};
}

}  // namespace bight::api
