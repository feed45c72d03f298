// Decoder contexts that a thread keeps for its next bodies.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace bight::http::coding {

/// Up to eight contexts of one library per thread: they are expensive to make. `Pointer` is a unique_ptr.
template <class Pointer>
class context_pool {
 public:
  context_pool() = default;
  context_pool(const context_pool&) = delete;
  context_pool& operator=(const context_pool&) = delete;
  ~context_pool() { alive() = false; }

  /// A context that was given back; null if there is none.
  static Pointer take() noexcept {
    if (!alive() || local().free_.empty()) return nullptr;
    Pointer context = std::move(local().free_.back());
    local().free_.pop_back();
    return context;
  }

  static void give_back(Pointer context) noexcept {
    if (context && alive() && local().free_.size() < kept) local().free_.push_back(std::move(context));
  }

 private:
  static constexpr std::size_t kept = 8;

  static context_pool& local() {
    thread_local context_pool pool;
    return pool;
  }
  // A decoder may outlive the pool of its thread, for instance in a static object.
  static bool& alive() noexcept {
    thread_local bool value = true;
    return value;
  }

  std::vector<Pointer> free_ = [] {
    std::vector<Pointer> contexts;
    contexts.reserve(kept);
    return contexts;
  }();
};

}  // namespace bight::http::coding
