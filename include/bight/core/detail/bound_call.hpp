// A callable together with its arguments.
#pragma once
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

namespace bight::detail {

/// A callable and its arguments, called once with rvalues. They exist until `drop`.
template <class F, class... Args>
class bound_call {
 public:
  template <class G, class... Us>
  explicit bound_call(G&& g, Us&&... us)
      : call_(std::in_place, std::forward<G>(g), std::forward<Us>(us)...) {}
  decltype(auto) operator()() {
    return std::apply([](F& f, Args&... args) { return std::invoke(std::move(f), std::move(args)...); },
                      *call_);
  }
  void drop() noexcept { call_.reset(); }

 private:
  std::optional<std::tuple<F, Args...>> call_;
};
// The usual case, without instantiating optional and tuple for each lambda.
template <class F>
class bound_call<F> {
 public:
  template <class G>
  explicit bound_call(G&& f) : call_(static_cast<G&&>(f)) {}
  bound_call(const bound_call&) = delete;
  bound_call& operator=(const bound_call&) = delete;
  ~bound_call() { drop(); }
  decltype(auto) operator()() { return static_cast<F&&>(call_)(); }
  void drop() noexcept {
    if (!there_) return;
    there_ = false;
    call_.~F();
  }

 private:
  union {
    F call_;
  };
  bool there_ = true;
};

}  // namespace bight::detail
