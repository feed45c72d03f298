#include <bight/fs/watch.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <string>
#include <utility>

#include "fs/detail/batched.hpp"
#include "fs/detail/readable.hpp"
#include "fs/detail/watch_tree.hpp"

namespace bight::fs {

class watch::impl {
 public:
  impl(std::filesystem::path path, const watch_options& options, watch_filter filter)
      : path_(path), options_(options), filter_(std::move(filter)), tree_(std::move(path), options) {
    detail::require_depth("fs::watch", "max_depth", options.max_depth);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    if (queue_) queue_->close();
  }

  static awaitable<void> start(std::shared_ptr<impl> self) {
    self->busy_.require_idle("fs::watch");
    const detail::busy_while at_work{self->busy_};
    co_await begin(self);
  }

  static awaitable<std::optional<std::vector<change>>> next(std::shared_ptr<impl> self) {
    self->busy_.require_idle("fs::watch");
    const detail::busy_while at_work{self->busy_};
    co_await begin(self);
    self->tree_.begin_batch();
    std::optional<std::vector<change>> batch;
    auto what = self->look(batch);
    while (what != need::nothing) {
      co_await bring(self, what);
      what = self->look(batch);
    }
    co_return batch;
  }

 private:
  static awaitable<void> begin(std::shared_ptr<impl> self) {
    if (!self->tree_.started()) co_await on_thread(self, &detail::watch_tree::start);
    if (!self->queue_) self->listen();
    if (!self->queue_->is_of(bight::detail::require_loop()))
      throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                        "bight: watch '" + self->path_.string() + "'");
  }

  // Without its queue the tree is worth nothing.
  void listen() {
    try {
      queue_.reset(new detail::readable(tree_.take_queue()));
    } catch (const boost::system::system_error& e) {
      tree_.reset();
      if (e.code() == boost::system::errc::no_space_on_device)
        detail::fail_setting(e.code().value(), "epoll.max_user_watches", "", path_);
      throw boost::system::system_error(e.code(), "watch '" + path_.string() + '\'');
    } catch (...) {
      tree_.reset();
      throw;
    }
  }

  static awaitable<void> on_thread(std::shared_ptr<impl> self, void (detail::watch_tree::*what)()) {
    std::exception_ptr error;  // not thrown by the call: a cancellation would take its place
    const auto job = [&] {
      try {
        (self->tree_.*what)();
      } catch (...) { error = std::current_exception(); }
    };
    co_await run_in_executor(detail::threads(), job);
    if (error) std::rethrow_exception(error);
  }

  // What has to happen before there is a batch, or the end.
  enum class need : std::uint8_t { nothing, directories, turn, events, quiet };

  need look(std::optional<std::vector<change>>& batch) {
    if (tree_.must_update()) return need::directories;
    const bool overdue = first_ && clock::now() >= latest();
    if (!overdue && tree_.read_events()) {
      count();
      return need::turn;
    }
    count();
    if (tree_.changes().empty()) {
      first_.reset();
      return tree_.ended() ? need::nothing : need::events;
    }
    if (!tree_.ended() && clock::now() < due()) return need::quiet;
    auto all = tree_.batch(filter_);
    const bool look_again =
        std::any_of(all.begin(), all.end(), [](const change& c) { return c.kind == change_kind::rescan; });
    tree_.end_batch(overdue || look_again);
    first_.reset();
    if (all.empty()) return need::turn;
    batch = std::move(all);
    return need::nothing;
  }

  // Times of the batch, if something has happened since the last look.
  void count() {
    if (std::exchange(seen_, tree_.changes().events()) == tree_.changes().events()) return;
    last_ = clock::now();
    if (!first_) first_ = last_;
  }
  clock::time_point latest() const { return bight::detail::deadline_after(*first_, options_.max_delay); }
  clock::time_point due() const {
    return std::min(latest(), bight::detail::deadline_after(last_, options_.settle_delay));
  }

  static awaitable<void> bring(std::shared_ptr<impl> self, need what) {
    const auto wait = [&] { return detail::readable::wait(self->queue_, "fs::watch::next"); };
    if (what == need::directories) {
      co_await on_thread(self, &detail::watch_tree::update);
    } else if (what == need::turn) {
      co_await yield();
    } else if (what == need::events) {
      co_await wait();
    } else {
      static_cast<void>(co_await move_on_after(self->due() - clock::now(), wait));
    }
  }

  std::filesystem::path path_;
  watch_options options_;
  watch_filter filter_;
  detail::watch_tree tree_;
  boost::intrusive_ptr<detail::readable> queue_;
  detail::busy_flag busy_;
  std::optional<clock::time_point> first_;  // of the batch
  clock::time_point last_;
  std::uint64_t seen_ = 0;
};

watch::watch(std::filesystem::path path, const watch_options& options, watch_filter filter)
    : impl_(std::make_shared<impl>(std::move(path), options, std::move(filter))) {}
watch::~watch() = default;
awaitable<void> watch::start() { return impl::start(impl_); }
awaitable<std::optional<std::vector<change>>> watch::next() { return impl::next(impl_); }

}  // namespace bight::fs
