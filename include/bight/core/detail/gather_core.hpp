// The children of a gather, and the awaiter that waits for them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/task_core.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bight::detail {

/// The result of gather for a T.
template <class T>
using gathered_t = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
/// Same as a member: std::reference_wrapper for references.
template <class T>
using stored_t = std::conditional_t<std::is_reference_v<T>,
                                    std::reference_wrapper<std::remove_reference_t<T>>, gathered_t<T>>;
template <class T>
struct gathered_range {
  using type = std::vector<T>;
};
template <>
struct gathered_range<void> {
  using type = void;
};
template <class T>
struct gathered_range<T&> {
  using type = std::vector<std::reference_wrapper<T>>;
};
template <class T>
using gathered_range_t = typename gathered_range<T>::type;

/// Counts the children and keeps the first error. The `gather_child` objects are stored by derived classes.
class gather_core : public task_owner {
 public:
  explicit gather_core(task_base& parent) noexcept : task_owner(parent) {}
  const char* kind() const noexcept final { return "gather"; }

 protected:
  ~gather_core() = default;
  /// Whether an error or a cancellation prevents further work from being started.
  bool stopped() const noexcept { return stopped_; }
  /// Records that work was skipped, so that the cancellation is thrown.
  void skip() noexcept { skipped_ = true; }

 private:
  friend class gather_awaiter;
  friend class gather_child_base;
  void child_finished(task_base& child) noexcept final;
  void child_started(task_base&) noexcept final {}
  void cancel_children(cancel_reason reason) noexcept;

  std::exception_ptr first_error_;
  std::exception_ptr first_cancelled_;
  awaiter* waiter_ = nullptr;
  bool starting_ = false;
  bool stopped_ = false;          // an error or a cancellation: start no more
  bool skipped_ = false;          // ... and a child was not started
  bool cancelled_ = false;        // during the wait for the children
  bool child_cancelled_ = false;  // ... and the cancellation was delivered to one of them
};

/// A child: a task of its own, stored in the frame of the gather.
class gather_child_base : public task_base {
 public:
  gather_child_base(loop_core& loop, gather_core& owner) noexcept : task_base(loop, owner) {}
  virtual void start(std::uint32_t depth) noexcept = 0;
  bool succeeded() const noexcept { return finished_ && !error_; }
  bool entered() const noexcept { return started_; }

 protected:
  ~gather_child_base() = default;
  void run() noexcept final {}  // never on a ready list
  void abandon() noexcept final {}
  void enter() {
    inherit(*this, owner_->parent());
    started_ = true;
    static_cast<gather_core&>(*owner_).children_.push_back(*this);
  }
  void body_finished(std::exception_ptr error, bool cancelled) noexcept final {
    mark_finished(std::move(error), cancelled);
    owner_->child_finished(*this);
  }
};

/// The constructor argument of a gather_child: a single one, so that a tuple can construct it in place.
template <class T>
struct child_seed {
  loop_core& loop;
  gather_core& owner;
  awaitable<T>& work;
};

template <class T>
class gather_child final : public gather_child_base {
 public:
  explicit gather_child(const child_seed<T>& seed) noexcept
      : gather_child_base(seed.loop, seed.owner), work_(std::move(seed.work)) {}
  ~gather_child() = default;

  void start(std::uint32_t depth) noexcept override {
    bool cancelled = false;
    std::exception_ptr error;
    try {
      enter();
      body_.set(std::move(work_), *this, depth);
      if (!body_.start_in_place()) return;
      error = body_.take_error(cancelled);
    } catch (...) {
      error = std::current_exception();  // it has been awaited before
    }
    body_finished(std::move(error), cancelled);
  }
  gathered_t<T> take() {
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return static_cast<T>(body_.result().take());
  }

 private:
  awaitable<T> work_;
  body<T> body_;
};

/// `co_await` on a gather_core: starts children in place, waits for all.
class gather_awaiter : public awaiter {
 public:
  const char* waiting_for() const noexcept final { return "gather"; }
  bool waits_for_children() const noexcept final { return true; }
  void bind(promise_base& parent) noexcept {
    awaiter::bind(parent);
    depth_ = parent.depth() + 1;
  }

 protected:
  // Started children are awaited even if a cancellation is pending; `start` then starts no more.
  explicit gather_awaiter(gather_core& core) noexcept : awaiter(on_cancel::wait_to_end), core_(&core) {}
  ~gather_awaiter() = default;
  /// Starts `child` unless the gather has stopped.
  void start(gather_child_base& child) noexcept;
  void begin_starting() noexcept { core_->starting_ = true; }
  bool all_ended() noexcept;
  /// Throws the first error, or cancelled_error if a child ended with that or was never started.
  void rethrow_failure();
  /// Throws cancelled_error if a cancellation during the wait was delivered to a child, whatever the child
  /// did with it.
  void rethrow_cancellation() {
    if (core_->child_cancelled_) throw_if_cancelled();
  }
  void park() final { core_->waiter_ = this; }
  bool unpark() noexcept final;

 private:
  friend class gather_core;
  gather_core* core_;
  std::uint32_t depth_ = 0;
};

template <class Children>
class gather_all final : public basic_awaiter<gather_all<Children>, gather_awaiter> {
 public:
  gather_all(gather_core& core, Children& children) noexcept
      : basic_awaiter<gather_all, gather_awaiter>(core), children_(&children) {}

 private:
  friend class basic_awaiter<gather_all, gather_awaiter>;
  bool ready() override {
    this->begin_starting();
    children_->for_each([this](gather_child_base& c) { this->start(c); });
    return this->all_ended();
  }
  void result() {
    this->rethrow_failure();
    this->rethrow_cancellation();
  }
  Children* children_;
};

template <class... Ts>
struct tuple_children final : gather_core {
  explicit tuple_children(task_base& parent, awaitable<Ts>&... work) noexcept
      : gather_core(parent), list(child_seed<Ts>{parent.loop(), *this, work}...) {}
  template <class F>
  void for_each(F&& f) {
    std::apply([&](auto&... c) { (f(c), ...); }, list);
  }
  std::tuple<gather_child<Ts>...> list;
};

template <class... Ts>
awaitable<std::tuple<gathered_t<Ts>...>> gather_tuple(awaitable<Ts>... work) {
  task_awaiter self;
  task_base& parent = co_await self;
  tuple_children<Ts...> children{parent, work...};
  gather_all<tuple_children<Ts...>> all{children, children};
  co_await all;
  co_return std::apply([](auto&... c) { return std::tuple<gathered_t<Ts>...>(c.take()...); }, children.list);
}

template <class T>
class vector_children final : public gather_core {
 public:
  vector_children(task_base& parent, std::vector<awaitable<T>>& work)
      : gather_core(parent), count_(work.size()), list_(allocator_.allocate(count_)) {
    for (std::size_t i = 0; i != count_; ++i)
      std::construct_at(list_ + i, child_seed<T>{parent.loop(), *this, work[i]});
  }
  ~vector_children() {
    std::destroy_n(list_, count_);
    allocator_.deallocate(list_, count_);
  }
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i != count_; ++i) f(list_[i]);
  }

 private:
  std::allocator<gather_child<T>> allocator_;
  std::size_t count_;
  gather_child<T>* list_;
};

template <class T>
awaitable<gathered_range_t<T>> gather_vector(std::vector<awaitable<T>> work) {
  task_awaiter self;
  task_base& parent = co_await self;
  vector_children<T> children{parent, work};
  gather_all<vector_children<T>> all{children, children};
  co_await all;
  if constexpr (!std::is_void_v<T>) {
    gathered_range_t<T> results;
    results.reserve(work.size());
    children.for_each([&](gather_child<T>& c) { results.push_back(c.take()); });
    co_return results;
  }
}

}  // namespace bight::detail
