// One download: its attempts, and what the answers mean for its file.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/download.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "http/download/part_file.hpp"

namespace bight::http::detail {

class downloading {
 public:
  downloading(client c, request r, std::filesystem::path to, download_options options);

  /// The response to the first request is this one.
  void use(response first) { first_.emplace(std::move(first)); }
  awaitable<download_result> run();

 private:
  awaitable<void> look_at_target();
  awaitable<void> open_part();
  awaitable<void> attempt_until_done();
  awaitable<void> attempt();
  awaitable<response> ask_for_rest();
  awaitable<response> ask();
  bool is_complete(const response& answer);
  request next_request();
  awaitable<void> begin(response& answer);
  bool continues(const response& answer) const;
  bool was_complete(const response& answer) const;
  awaitable<void> receive(response& answer);
  awaitable<void> finish(const response& answer);
  void check_hash();
  void report();
  bool may_retry() const noexcept;
  bool keeps_partial() const noexcept { return options_.keep_partial || options_.resume; }

  client client_;
  request request_;
  std::filesystem::path to_;  // as the caller said
  bool into_folder_ = false;
  download_options options_;
  std::optional<response> first_;
  std::string url_text_;
  part_file part_;
  std::optional<std::uint64_t> total_;
  std::uint64_t most_ = 0;  // bytes that an attempt has reached
  std::uint64_t asked_from_ = 0;
  bool from_start_ = false;  // the next request asks for everything
  bool resuming_ = false;    // the last one did not
  download_result result_;
};

}  // namespace bight::http::detail
