// Entry into a loop from an Asio handler.
#pragma once
#include <bight/core/detail/loop_core.hpp>

namespace bight::detail {

/// Makes a loop current during an Asio handler.
class bridge_entry {
 public:
  explicit bridge_entry(loop_core& loop);
  bridge_entry(const bridge_entry&) = delete;
  bridge_entry& operator=(const bridge_entry&) = delete;
  ~bridge_entry();

 private:
  alignas(void*) unsigned char storage_[2 * sizeof(void*)];
};

}  // namespace bight::detail
