// Collects what the library logs, while it lives.
#pragma once
#include <bight/core/log.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace bight::test {

class log_capture {
 public:
  log_capture() {
    previous_ = set_log_handler([all = all_](log_level, std::string_view text) {
      const std::lock_guard lock{all->mutex};
      all->lines.emplace_back(text);
    });
  }
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;
  ~log_capture() { set_log_handler(previous_); }

  std::vector<std::string> lines() const {
    const std::lock_guard lock{all_->mutex};
    return all_->lines;
  }

 private:
  struct contents {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  std::shared_ptr<contents> all_ = std::make_shared<contents>();
  log_handler previous_;
};

}  // namespace bight::test
