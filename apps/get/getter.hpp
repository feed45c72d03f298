// Gets all URLs of a command line.
#pragma once
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <bight/http.hpp>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "progress.hpp"
#include "settings.hpp"

namespace get {

class getter {
 public:
  explicit getter(const settings& s);

  /// Returns the exit status.
  bight::awaitable<int> run();

 private:
  bight::awaitable<void> get_all();
  bight::awaitable<void> get_one(std::size_t index);
  bight::awaitable<void> fetch(std::size_t index, transfer*& shown);
  bight::awaitable<void> print_or_save(http::request r, transfer*& shown);
  bight::awaitable<void> print_body(http::response answer, const http::request& r, transfer*& shown);
  bight::awaitable<void> save(std::size_t index, http::request r, std::optional<http::response> first,
                              transfer*& shown);
  http::request make_request(const http::url& where) const;
  http::download_options download_options_for(transfer& shown) const;
  std::filesystem::path target(std::size_t index) const;
  bight::awaitable<void> print_head(http::status status, http::headers_view fields);
  void tell_saved(const http::download_result& got, bight::clock::duration took);
  void tell_failure(const http::url& where, const std::exception& e);
  transfer& begin(std::string name);
  void open_device();

  const settings* settings_;
  http::client client_;
  bight::fs::output_stream stdout_{STDOUT_FILENO, "stdout"};
  std::optional<bight::fs::output_stream> device_;  // where the body goes instead
  std::vector<std::string> names_;
  progress progress_;
  int status_ = 0;
};

/// Runs a getter, with the cookie jar and the folder that the settings name.
bight::awaitable<int> get_all(const settings& s);

}  // namespace get
