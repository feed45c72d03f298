// An object of a pool, and the list of all of them.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/pool_options.hpp>
#include <cstdint>
#include <utility>

namespace bight::detail {

template <class T>
class pool_entry;

/// All objects of a pool, idle and in use.
template <class T>
class pool_entries {
 public:
  pool_entries() = default;
  pool_entries(const pool_entries&) = delete;
  pool_entries& operator=(const pool_entries&) = delete;

  std::uint64_t destroyed() const noexcept { return destroyed_; }
  template <class F>
  void for_each(F& f) {
    for (auto* e = first_; e;) {
      auto* const here = std::exchange(e, e->next_);
      f(here->object);
    }
  }

 private:
  friend class pool_entry<T>;
  pool_entry<T>* first_ = nullptr;
  std::uint64_t destroyed_ = 0;
};

template <class T>
class pool_entry {
 public:
  pool_entry(pool_entries<T>& all, T&& made) : object(std::move(made)), all_(&all), next_(all.first_) {
    if (next_) next_->previous_ = this;
    all.first_ = this;
  }
  pool_entry(const pool_entry&) = delete;
  pool_entry& operator=(const pool_entry&) = delete;
  ~pool_entry() {
    ++all_->destroyed_;
    if (next_) next_->previous_ = previous_;
    (previous_ ? previous_->next_ : all_->first_) = next_;
  }

  T object;
  clock::time_point expires{};
  clock::time_point returned{};
  std::uint64_t uses = 0;

 private:
  friend class pool_entries<T>;
  pool_entries<T>* all_;
  pool_entry* next_;
  pool_entry* previous_ = nullptr;
};

}  // namespace bight::detail
