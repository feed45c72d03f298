// The bridge to Boost.Asio, in both directions. The one public header that includes it.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/bridge_entry.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <boost/version.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight {

namespace detail {

/// What must be the same in the program and in the library.
struct asio_configuration {
  int boost_version;
  unsigned layout;

  static constexpr asio_configuration of_this_unit() noexcept {
    unsigned layout = 0;
#if defined(BOOST_ASIO_HAS_IO_URING)
    layout |= 1U;
#endif
#if defined(BOOST_ASIO_DISABLE_EPOLL)
    layout |= 2U;
#endif
#if defined(BOOST_ASIO_DISABLE_THREADS)
    layout |= 4U;
#endif
#if defined(BOOST_ASIO_NO_DEPRECATED)
    layout |= 8U;
#endif
#if defined(BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE)
    layout |= 16U;
#endif
#if defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING)
    layout |= 32U;
#endif
#if defined(BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT)
    layout |= 64U;
#endif
    return {BOOST_VERSION, layout};
  }
};

/// The loop of `io`, made when there is none. Throws errc::configuration.
loop_core& loop_on(boost::asio::io_context& io, asio_configuration unit);
boost::asio::io_context& context_of(loop_core& loop) noexcept;

}  // namespace detail

/// The io_context that `l` runs on.
inline boost::asio::io_context& io_context_of(loop& l) noexcept {
  return detail::context_of(detail::core_of(l));
}

/// The loop that belongs to `io`, so that bight's tasks run wherever `io.run()` is called. Made at the first
/// call; it counts as work for `io` while one of its tasks lives. `io` must be run by one thread only.
/// Lifetime: as long as `io`; tasks that have not ended are destroyed with it.
/// Errors: errc::configuration if this program was built with another Boost version or other Asio macros that
/// change layouts than bight was.
inline loop& loop_of(boost::asio::io_context& io) {
  return *detail::loop_on(io, detail::asio_configuration::of_this_unit()).owner;
}

namespace detail {

/// Where the arguments of a completion handler go.
template <class... Args>
struct completion {
  using result_type = std::tuple<std::decay_t<Args>...>;
  static result_type unpack(std::tuple<std::decay_t<Args>...>&& all) { return std::move(all); }
};
template <>
struct completion<> {
  using result_type = void;
  static void unpack(std::tuple<>&&) noexcept {}
};
template <class T>
  requires(!std::is_same_v<T, boost::system::error_code> && !std::is_same_v<T, std::exception_ptr>)
struct completion<T> {
  using result_type = std::decay_t<T>;
  static result_type unpack(std::tuple<std::decay_t<T>>&& all) { return std::get<0>(std::move(all)); }
};
template <class... Rest>
struct completion<boost::system::error_code, Rest...> {
  using result_type = typename completion<Rest...>::result_type;
  static result_type unpack(std::tuple<boost::system::error_code, std::decay_t<Rest>...>&& all) {
    if (auto& ec = std::get<0>(all)) throw boost::system::system_error(ec);
    return std::apply(
        [](auto&&, auto&&... rest) {
          return completion<Rest...>::unpack(std::tuple<std::decay_t<Rest>...>(std::move(rest)...));
        },
        std::move(all));
  }
};
template <class... Rest>
struct completion<std::exception_ptr, Rest...> {
  using result_type = typename completion<Rest...>::result_type;
  static result_type unpack(std::tuple<std::exception_ptr, std::decay_t<Rest>...>&& all) {
    if (auto& error = std::get<0>(all)) std::rethrow_exception(error);
    return std::apply(
        [](auto&&, auto&&... rest) {
          return completion<Rest...>::unpack(std::tuple<std::decay_t<Rest>...>(std::move(rest)...));
        },
        std::move(all));
  }
};

/// Awaits one Asio operation. The awaiter owns the cancellation signal and emits every type at once, and
/// decides from the error code whether the operation was cancelled or had completed before.
template <class Operation, class... Args>
class asio_awaiter final : public basic_awaiter<asio_awaiter<Operation, Args...>> {
 public:
  explicit asio_awaiter(Operation&& operation) : operation_(std::move(operation)) {}
  asio_awaiter(asio_awaiter&&) = default;
  ~asio_awaiter() {
    if (link_) link_->awaiter = nullptr;
  }
  const char* waiting_for() const noexcept override { return "Asio operation"; }

 private:
  friend class basic_awaiter<asio_awaiter>;
  struct link {
    asio_awaiter* awaiter;
    loop_core* loop;
    boost::asio::cancellation_signal signal;
  };
  struct handler {
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;
    executor_type get_executor() const noexcept { return context_of(*state->loop).get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return state->signal.slot(); }
    template <class... As>
    void operator()(As&&... args) {
      const auto keep = std::move(state);
      if (!keep->awaiter) return;  // the frame is gone, with its loop
      const bridge_entry entry{*keep->loop};
      --keep->loop->external_work;
      keep->awaiter->completed(std::forward<As>(args)...);
    }
    std::shared_ptr<link> state;
  };

  bool ready() override { return false; }
  void park() override {
    link_ = std::make_shared<link>();
    link_->awaiter = this;
    link_->loop = &this->loop();
    ++this->loop().external_work;
    try {
      std::move (*operation_)(handler{link_});
    } catch (...) {
      --this->loop().external_work;
      link_->awaiter = nullptr;
      link_.reset();
      throw;
    }
  }
  bool unpark() noexcept override {
    cancelled_ = true;
    link_->signal.emit(boost::asio::cancellation_type::all);
    return false;
  }
  template <class... As>
  void completed(As&&... args) {
    link_.reset();
    results_.emplace(std::forward<As>(args)...);
    this->wake_in_place();
  }
  auto result() {
    if (cancelled_ && aborted()) this->throw_if_cancelled();
    return completion<Args...>::unpack(std::move(*results_));
  }
  bool aborted() const {
    if constexpr (sizeof...(Args) != 0) {
      const auto& first = std::get<0>(*results_);
      using type = std::remove_cvref_t<decltype(first)>;
      if constexpr (std::is_same_v<type, boost::system::error_code>) {
        return first == boost::asio::error::operation_aborted;
      } else if constexpr (std::is_same_v<type, std::exception_ptr>) {
        if (!first) return false;
        try {
          std::rethrow_exception(first);
        } catch (const boost::system::system_error& e) {
          return e.code() == boost::asio::error::operation_aborted;
        } catch (...) {}
      }
    }
    return false;
  }

  std::optional<Operation> operation_;
  std::shared_ptr<link> link_;
  std::optional<std::tuple<std::decay_t<Args>...>> results_;
  bool cancelled_ = false;
};

// What gather, wait_for and the others ask of an argument.
template <class R, class... Args, class Initiation, class... InitArgs>
struct await_traits<boost::asio::deferred_async_operation<R(Args...), Initiation, InitArgs...>> {
  using result = typename completion<Args...>::result_type;
};
template <class T, class Executor>
struct await_traits<boost::asio::awaitable<T, Executor>> {
  using result = T;
};

template <class R, class... Args, class Initiation, class... InitArgs>
struct foreign_await<boost::asio::deferred_async_operation<R(Args...), Initiation, InitArgs...>> {
  using operation = boost::asio::deferred_async_operation<R(Args...), Initiation, InitArgs...>;
  using awaiter_type = asio_awaiter<operation, Args...>;
  static awaiter_type make(operation&& op, promise_base& parent) {
    awaiter_type a{std::move(op)};
    a.bind(parent);
    return a;
  }
};

/// Starts a foreign coroutine with co_spawn when it is awaited.
template <class T, class Executor>
struct spawned_foreign {
  boost::asio::awaitable<T, Executor> coroutine;
  loop_core* loop;
  template <class Handler>
  void operator()(Handler&& handler) && {
    boost::asio::co_spawn(Executor(context_of(*loop).get_executor()), std::move(coroutine),
                          std::forward<Handler>(handler));
  }
};
template <class T, class Executor>
struct foreign_await<boost::asio::awaitable<T, Executor>> {
  using operation = spawned_foreign<T, Executor>;
  using awaiter_type = std::conditional_t<std::is_void_v<T>, asio_awaiter<operation, std::exception_ptr>,
                                          asio_awaiter<operation, std::exception_ptr, T>>;
  static awaiter_type make(boost::asio::awaitable<T, Executor>&& a, promise_base& parent) {
    awaiter_type result{operation{std::move(a), &parent.task().loop()}};
    result.bind(parent);
    return result;
  }
};

}  // namespace detail

/// `co_await bight::executor()` gives the executor of the running loop, to construct Asio objects with.
class executor_awaiter final : public basic_awaiter<executor_awaiter> {
 public:
  executor_awaiter() noexcept {}
  bool await_ready() noexcept { return true; }
  const char* waiting_for() const noexcept override { return "executor"; }

 private:
  friend class basic_awaiter<executor_awaiter>;
  bool ready() override { return true; }
  void park() override {}
  bool unpark() noexcept override { return true; }
  boost::asio::io_context::executor_type result() noexcept {
    return detail::context_of(loop()).get_executor();
  }
};
[[nodiscard]] inline executor_awaiter executor() noexcept { return {}; }

namespace detail {

template <class T>
struct spawn_signature {
  using type = void(std::exception_ptr, T);
};
template <>
struct spawn_signature<void> {
  using type = void(std::exception_ptr);
};

/// Between a task of co_spawn and who cancels it, on whatever thread.
class spawn_link : public std::enable_shared_from_this<spawn_link> {
 public:
  explicit spawn_link(loop_core& loop) : mail_(mailbox_of(loop)) {}
  /// Any thread: cancels the task as soon as its loop gets to it.
  void cancel();

  // On the loop's thread:
  void spawned(task<void> t) noexcept { task_ = std::move(t); }
  /// The task runs. A cancellation that came before strikes at its first await, so that it can report that.
  void begun();
  void ended() noexcept { task_ = {}; }
  void cancel_here() noexcept;

 private:
  std::shared_ptr<mailbox> mail_;
  task<void> task_;
  bool begun_ = false;
  bool wanted_ = false;
};

/// Calls an Asio handler on its executor, which has work until then. One that is armed and goes without
/// having been called tells its handler that the task was cancelled.
template <class T, class Handler, class Executor>
class spawn_report {
 public:
  spawn_report(Handler&& handler, const Executor& otherwise)
      : work_(boost::asio::make_work_guard(handler, otherwise)), handler_(std::move(handler)) {}
  spawn_report(spawn_report&& other)
      : work_(std::move(other.work_)),
        handler_(std::move(other.handler_)),
        loop_(std::exchange(other.loop_, nullptr)) {}
  spawn_report& operator=(spawn_report&&) = delete;
  ~spawn_report() {
    if (!loop_ || loop_->closing) return;  // the context takes its handlers along
    try {
      (*this)(aborted());
    } catch (...) {}  // no memory
  }

  /// It belongs to a task of `loop` now.
  void arm(loop_core& loop) noexcept { loop_ = &loop; }
  template <class... Result>
  void operator()(std::exception_ptr error, Result&&... result) {
    loop_ = nullptr;
    if constexpr (std::is_void_v<T>)
      post(std::move(error));
    else if constexpr (sizeof...(Result) != 0)
      post(std::move(error), std::forward<Result>(result)...);
    else
      post(std::move(error), T{});
  }
  static std::exception_ptr aborted() {
    return std::make_exception_ptr(boost::system::system_error(boost::asio::error::operation_aborted));
  }

 private:
  // Never inside the step of a task: the handler is code of whoever called co_spawn, and may throw.
  template <class... Results>
  void post(Results&&... results) {
    boost::asio::post(work_.get_executor(),
                      boost::asio::append(std::move(handler_), std::forward<Results>(results)...));
    work_.reset();
  }

  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, Executor>> work_;
  Handler handler_;
  loop_core* loop_ = nullptr;
};

/// Runs a bight callable and reports how it ended.
template <class T, class F, class Report>
awaitable<void> report_to(std::shared_ptr<spawn_link> link, F f, Report report) {
  struct at_end {
    spawn_link& link;
    ~at_end() { link.ended(); }
  } const forget{*link};
  link->begun();
  std::exception_ptr error;
  result_slot<T> value;
  try {
    auto work = to_awaitable(f());
    if constexpr (std::is_void_v<T>)
      co_await std::move(work);
    else
      value.emplace(co_await std::move(work));
  } catch (const cancelled_error&) { error = Report::aborted(); } catch (...) {
    error = std::current_exception();
  }
  if constexpr (std::is_void_v<T>) {
    report(error);
  } else {
    if (error)
      report(error);
    else
      report(nullptr, value.take());
  }
}

[[noreturn]] void throw_no_io_context();

/// The io_context behind an executor: its own, that of a strand, or that of an any_io_executor with one of
/// these.
template <class Executor>
boost::asio::io_context& context_behind(const Executor& ex) {
  using boost::asio::any_io_executor;
  using plain = boost::asio::io_context::executor_type;
  if constexpr (requires {
                  {
                    boost::asio::query(ex, boost::asio::execution::context)
                  } -> std::same_as<boost::asio::io_context&>;
                }) {
    return boost::asio::query(ex, boost::asio::execution::context);
  } else if constexpr (std::is_same_v<Executor, any_io_executor>) {
    if (const auto* const e = ex.template target<plain>()) return context_behind(*e);
    if (const auto* const s = ex.template target<boost::asio::strand<plain>>()) return context_behind(*s);
    if (const auto* const s = ex.template target<boost::asio::strand<any_io_executor>>())
      return context_behind(*s);
    throw_no_io_context();
  } else if constexpr (requires { ex.get_inner_executor(); }) {
    return context_behind(ex.get_inner_executor());
  } else {
    static_assert(
        never<Executor>,
        "bight::co_spawn takes the executor of an io_context, a strand of one, or an any_io_executor");
  }
}

template <class Executor>
concept asio_executor =
    boost::asio::execution::is_executor<Executor>::value || boost::asio::is_executor<Executor>::value;

template <class Executor, class F, class Token>
auto spawn_from(boost::asio::io_context& io, const Executor& executor, F f, Token&& token) {
  using result = call_result_t<F>;
  return boost::asio::async_initiate<Token, typename spawn_signature<result>::type>(
      [&io, executor](auto handler, F body) {
        using report = spawn_report<result, decltype(handler), Executor>;
        auto& l = loop_of(io);
        auto link = std::make_shared<spawn_link>(core_of(l));
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
          slot.assign([link](boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none) link->cancel();
          });
        }
        auto start = [&l, link, work = std::move(body),
                      done = report(std::move(handler), executor)]() mutable {
          done.arm(core_of(l));
          link->spawned(l.spawn(report_to<result, F, report>, link, std::move(work), std::move(done)));
        };
        boost::asio::dispatch(io, std::move(start));
      },
      token, std::move(f));
}

}  // namespace detail

/// Runs `f()`, a function that returns a bight::awaitable, on the loop of `io`, and completes an Asio token
/// with `void(std::exception_ptr)` or `void(std::exception_ptr, T)`, as boost::asio::co_spawn does. The
/// handler is called on its associated executor, that of `io` if it has none, and that executor has work
/// until then. T must be default-constructible, as Asio asks.
///
/// Cancellation: the token's cancellation slot cancels the task, soon, from any thread on which the token
/// allows to emit; a task that is cancelled, by whomever, completes with operation_aborted. Concurrency: may
/// be called on any thread. Errors: what the handler throws leaves the `run()` of its executor.
template <class F, class Token>
  requires detail::async_callable<F>
auto co_spawn(boost::asio::io_context& io, F f, Token&& token) {
  return detail::spawn_from(io, io.get_executor(), std::move(f), std::forward<Token>(token));
}
/// The same on the loop of the io_context behind `executor`: the executor of an io_context, a strand of one,
/// or a boost::asio::any_io_executor that holds one of these (std::invalid_argument otherwise). A handler
/// without an executor of its own is called on this one. The task itself runs on the loop's thread, which
/// makes a strand superfluous.
template <detail::asio_executor Executor, class F, class Token>
  requires detail::async_callable<F>
auto co_spawn(const Executor& executor, F f, Token&& token) {
  return detail::spawn_from(detail::context_behind(executor), executor, std::move(f),
                            std::forward<Token>(token));
}

// For the error message alone.
template <class Where, class F, class Token>
  requires detail::wrong_call<F>
auto co_spawn(Where&&, F&&, Token&&) {
  return detail::impossible<detail::explained_t<F>>();
}

}  // namespace bight
