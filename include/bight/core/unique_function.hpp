// unique_function: a move-only function object.
#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace bight {

/// A move-only std::function (std::move_only_function of C++23).
///
///     bight::unique_function<bight::awaitable<void>(net::stream)> serve =
///         [db = std::move(connection)](net::stream s) { return talk(*db, std::move(s)); };
///
/// Callables of up to three pointers that are nothrow-movable are stored in place; others are allocated.
/// Errors: std::bad_function_call if an empty one is called.
template <class Signature>
class unique_function;

template <class R, class... Args>
class unique_function<R(Args...)> {
 public:
  unique_function() noexcept {}
  unique_function(std::nullptr_t) noexcept {}
  /// Stores `f`; empty if `f` is a null pointer or an empty std::function.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, unique_function> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  unique_function(F&& f) {
    if constexpr (!std::is_function_v<std::remove_reference_t<F>> && requires { f == nullptr; }) {
      if (f == nullptr) return;
    }
    using target = std::decay_t<F>;
    if constexpr (in_place<target>)
      ::new (static_cast<void*>(storage_)) target(std::forward<F>(f));
    else
      ::new (static_cast<void*>(storage_)) target*(new target(std::forward<F>(f)));
    actions_ = &actions_of<target>;
  }
  unique_function(unique_function&& other) noexcept { take(other); }
  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~unique_function() { reset(); }

  explicit operator bool() const noexcept { return actions_ != nullptr; }
  R operator()(Args... args) {
    if (!actions_) [[unlikely]]
      throw std::bad_function_call{};
    return actions_->call(storage_, std::forward<Args>(args)...);
  }

 private:
  static constexpr std::size_t capacity = 3 * sizeof(void*);
  struct actions {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;  // destroys the source
    void (*destroy)(void*) noexcept;
  };
  template <class F>
  static constexpr bool in_place =
      sizeof(F) <= capacity && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template <class F>
  static F& target_of(void* storage) noexcept {
    if constexpr (in_place<F>)
      return *std::launder(static_cast<F*>(storage));
    else
      return **std::launder(static_cast<F**>(storage));
  }
  template <class F>
  static constexpr actions actions_of = {[](void* storage, Args&&... args) -> R {
                                           if constexpr (std::is_void_v<R>)
                                             std::invoke(target_of<F>(storage), std::forward<Args>(args)...);
                                           else
                                             return std::invoke(target_of<F>(storage),
                                                                std::forward<Args>(args)...);
                                         },
                                         [](void* from, void* to) noexcept {
                                           if constexpr (in_place<F>) {
                                             F& f = target_of<F>(from);
                                             ::new (to) F(std::move(f));
                                             f.~F();
                                           } else {
                                             ::new (to) F*(&target_of<F>(from));
                                           }
                                         },
                                         [](void* storage) noexcept {
                                           if constexpr (in_place<F>)
                                             target_of<F>(storage).~F();
                                           else
                                             delete &target_of<F>(storage);
                                         }};

  void take(unique_function& other) noexcept {
    if (!other.actions_) return;
    other.actions_->move(other.storage_, storage_);
    actions_ = std::exchange(other.actions_, nullptr);
  }
  void reset() noexcept {
    if (const auto* const a = std::exchange(actions_, nullptr)) a->destroy(storage_);
  }

  const actions* actions_ = nullptr;
  alignas(void*) std::byte storage_[capacity];
};

}  // namespace bight
