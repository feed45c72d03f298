#include <bight/http/download.hpp>

#include <utility>

#include "http/download/downloading.hpp"

namespace bight::http {

awaitable<download_result> download(client c, std::string url, std::filesystem::path to,
                                    download_options options) {
  auto r = c.get(url).build();
  co_return co_await download(std::move(c), std::move(r), std::move(to), std::move(options));
}

awaitable<download_result> download(client c, http::url where, std::filesystem::path to,
                                    download_options options) {
  auto r = c.get(std::move(where)).build();
  co_return co_await download(std::move(c), std::move(r), std::move(to), std::move(options));
}

awaitable<download_result> download(client c, http::request r, std::filesystem::path to,
                                    download_options options) {
  detail::downloading work{std::move(c), std::move(r), std::move(to), std::move(options)};
  co_return co_await work.run();
}

awaitable<download_result> download(client c, http::request r, http::response first, std::filesystem::path to,
                                    download_options options) {
  detail::downloading work{std::move(c), std::move(r), std::move(to), std::move(options)};
  work.use(std::move(first));
  co_return co_await work.run();
}

}  // namespace bight::http
