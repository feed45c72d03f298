#include <bight/logging/setup.hpp>

#include <signal.h>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <bight/logging/logger.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "logging/line.hpp"
#include "logging/registry.hpp"
#include "logging/sink.hpp"

namespace bight::logging {
namespace {

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::unique_ptr<spdlog::formatter> formatter_of(log_format format) {
  const std::string time = "%Y-%m-%dT%H:%M:%S.%eZ";
  const auto pattern =
      format == log_format::text ? time + " %-7l %v" : "{\"time\":\"" + time + "\",\"level\":\"%l\",%v}";
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n");
}

// Counts the requests that the writing thread has come to: all messages before them have been written.
class marker_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::uint64_t reached() {
    const std::lock_guard lock{mutex_};
    return reached_;
  }
  /// Whether it has come to another one within the time.
  bool wait_beyond(std::uint64_t before, std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, limit, [&] { return reached_ != before; });
  }

 private:
  void sink_it_(const spdlog::details::log_msg&) override {}
  void flush_() override {
    ++reached_;
    changed_.notify_all();
  }
  std::uint64_t reached_ = 0;
  std::condition_variable_any changed_;
};

void block_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

class async_backend final : public detail::backend {
 public:
  explicit async_backend(const setup_options& o)
      : format_(o.format),
        sink_(std::make_shared<detail::line_sink>(o.output)),
        threads_(std::make_shared<spdlog::details::thread_pool>(o.max_queued, 1, block_all_signals)),
        marker_(std::make_shared<marker_sink>()),
        lines_(std::make_shared<spdlog::async_logger>("bight", sink_, threads_,
                                                      spdlog::async_overflow_policy::overrun_oldest)),
        marks_(std::make_shared<spdlog::async_logger>("marks", marker_, threads_,
                                                      spdlog::async_overflow_policy::block)) {
    sink_->set_formatter(formatter_of(o.format));
    sink_->dropped = [pool = threads_.get()] { return pool->overrun_counter(); };
    lines_->set_level(spdlog::level::trace);
    lines_->flush_on(spdlog::level::off);
  }

  void write(log_level level, std::string_view name, std::string_view message,
             std::span<const field> fields) override {
    const auto line = format_ == log_format::text ? detail::text_line(name, message, fields)
                                                  : detail::json_line(name, message, fields);
    lines_->log(to_spdlog(level), spdlog::string_view_t{line.data(), line.size()});
  }
  // A request may be dropped itself, if others fill the queue; then it is made again.
  void flush() {
    constexpr std::chrono::milliseconds patience{100};
    const std::lock_guard one_at_a_time{flushing_};
    const auto before = marker_->reached();
    do { marks_->flush(); } while (!marker_->wait_beyond(before, patience));
  }
  void reopen() {
    flush();
    sink_->reopen();
  }
  std::size_t dropped() const { return threads_->overrun_counter(); }

 private:
  log_format format_;
  std::shared_ptr<detail::line_sink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> threads_;
  std::shared_ptr<marker_sink> marker_;
  std::shared_ptr<spdlog::async_logger> lines_;
  std::shared_ptr<spdlog::async_logger> marks_;
  std::mutex flushing_;
};

}  // namespace

class setup::impl {
 public:
  explicit impl(const setup_options& o) : to_(std::make_shared<async_backend>(o)) {
    detail::set_backend(to_);
    set_level(o.level);
    const logger library{"bight"};
    previous_ = set_log_handler([library](log_level level, std::string_view message) {
      constexpr std::string_view prefix = "bight: ";
      if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
      library.log(level, message);
    });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    set_log_handler(std::move(previous_));
    detail::set_backend(nullptr);
    to_->flush();
  }

  async_backend& to() const noexcept { return *to_; }

 private:
  std::shared_ptr<async_backend> to_;
  log_handler previous_;
};

setup::setup(const setup_options& options) : impl_(std::make_unique<impl>(options)) {}
setup::~setup() = default;
void setup::reopen() { impl_->to().reopen(); }
void setup::flush() { impl_->to().flush(); }
std::size_t setup::dropped() const noexcept { return impl_->to().dropped(); }

}  // namespace bight::logging
