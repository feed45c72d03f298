// Collects what the library logs, while it lives.
#pragma once
#include <bight/core/log.hpp>
#include <memory>
#include <string>
#include <vector>

namespace bight::test {

class log_capture {
 public:
  log_capture() {
    previous_ =
        set_log_handler([lines = lines_](log_level, std::string_view text) { lines->emplace_back(text); });
  }
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;
  ~log_capture() { set_log_handler(previous_); }

  const std::vector<std::string>& lines() const noexcept { return *lines_; }

 private:
  std::shared_ptr<std::vector<std::string>> lines_ = std::make_shared<std::vector<std::string>>();
  log_handler previous_;
};

}  // namespace bight::test
