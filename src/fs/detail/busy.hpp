// Detects concurrent use of an object by several tasks.
#pragma once
#include <stdexcept>
#include <string>

namespace bight::fs::detail {

class busy_flag {
 public:
  void require_idle(const char* name) const {
    if (set_) throw std::logic_error(std::string{"bight: concurrent use by two tasks: "} + name);
  }

 private:
  friend class busy_while;
  bool set_ = false;
};

class busy_while {
 public:
  explicit busy_while(busy_flag& flag) noexcept : flag_(&flag) { flag_->set_ = true; }
  busy_while(const busy_while&) = delete;
  busy_while& operator=(const busy_while&) = delete;
  ~busy_while() { flag_->set_ = false; }

 private:
  busy_flag* flag_;
};

}  // namespace bight::fs::detail
