#include <bight/core/subprocess.hpp>

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/uncancellable.hpp>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "core/io/descriptor.hpp"
#include "core/process/child.hpp"
#include "core/process/start_process.hpp"

namespace bight {

using access = detail::command_access;

namespace {

// Standard output or error of a program.
class output_pipe final : public byte_source {
 public:
  output_pipe(detail::descriptor_ptr pipe, const char* name) : pipe_(std::move(pipe)), name_(name) {}
  output_pipe(const output_pipe&) = delete;
  output_pipe& operator=(const output_pipe&) = delete;
  ~output_pipe() override = default;
  bool there() const noexcept { return pipe_ != nullptr; }
  void close() noexcept {
    if (pipe_) pipe_->close();
  }
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return detail::read_from(pipe_, buffer, name_);
  }

 private:
  detail::descriptor_ptr pipe_;
  const char* name_;
};

detail::descriptor_ptr on_loop(detail::unique_fd fd) {
  if (!fd) return nullptr;
  return detail::descriptor_ptr{new detail::descriptor_state(std::move(fd))};
}

// A started process without an owner: killed and reaped unless taken.
class unowned_process {
 public:
  explicit unowned_process(pid_t pid) noexcept : pid_(pid) {}
  unowned_process(const unowned_process&) = delete;
  unowned_process& operator=(const unowned_process&) = delete;
  ~unowned_process() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  pid_t take() noexcept { return std::exchange(pid_, -1); }

 private:
  pid_t pid_;
};

}  // namespace

class subprocess::impl {
 public:
  impl(const command& what, detail::started_process started)
      : impl(what, started, unowned_process{started.pid}) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() { end(); }

  detail::child& child() noexcept { return *child_; }
  awaitable<exit_status> wait() { return detail::child::wait(child_); }

  input_pipe& input() {
    require(input_pipe_ != nullptr, "input");
    return input_;
  }
  output_pipe& output() {
    require(output_.there(), "output");
    return output_;
  }
  output_pipe& error() {
    require(error_.there(), "error");
    return error_;
  }
  const detail::descriptor_ptr& input_descriptor() const noexcept { return input_pipe_; }

  static awaitable<completed_process> communicate(std::shared_ptr<impl> self, std::string input,
                                                  communicate_options options);
  void end() noexcept {
    child_->end();
    close_pipes();
  }

 private:
  // A loop destroys the newest members first, so the process is killed before its pipes are closed, which it
  // could take for the end of its input.
  impl(const command& what, detail::started_process& started, unowned_process process)
      : input_pipe_(on_loop(std::move(started.pipes[0]))),
        output_(on_loop(std::move(started.pipes[1])), "subprocess::output"),
        error_(on_loop(std::move(started.pipes[2])), "subprocess::error"),
        child_(detail::child::adopt(process.take(), what.program(),
                                    access::group(what) != access::grouping::none)) {}
  void require(bool there, const char* what) const {
    if (!there)
      throw std::logic_error(fmt::format(
          "bight: subprocess::{}: not a pipe: '{}' was started without command::{}(stdio::pipe())", what,
          child_->name(), what));
  }
  void close_pipes() noexcept {
    if (input_pipe_) input_pipe_->close();
    output_.close();
    error_.close();
  }
  awaitable<completed_process> talk(std::string input, std::size_t limit);
  awaitable<void> feed(std::string input);
  awaitable<std::string> collect(output_pipe& from, std::size_t limit, const char* name);
  awaitable<void> stop(clock::duration grace);

  detail::descriptor_ptr input_pipe_;
  input_pipe input_{*this};
  output_pipe output_;
  output_pipe error_;
  detail::child_ptr child_;
};

awaitable<void> subprocess::impl::feed(std::string input) {
  if (!input_pipe_) {
    if (input.empty()) co_return;
    require(false, "input");
  }
  try {
    co_await detail::write_to(input_pipe_, std::as_bytes(std::span{input}), "subprocess::communicate");
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::system::errc::broken_pipe) throw;  // the program does not read all input
  }
  input_pipe_->close();
}

awaitable<std::string> subprocess::impl::collect(output_pipe& from, std::size_t limit, const char* name) {
  if (!from.there()) co_return std::string();
  try {
    auto all = co_await read_all(from, limit);
    co_return all;
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::limit_exceeded) throw;
    throw boost::system::system_error(
        e.code(), fmt::format("bight: '{}' wrote more than {} bytes of {}", child_->name(), limit, name));
  }
}

awaitable<completed_process> subprocess::impl::talk(std::string input, std::size_t limit) {
  auto all = co_await gather(feed(std::move(input)), collect(output_, limit, "output"),
                             collect(error_, limit, "errors"));
  const auto status = co_await wait();
  completed_process done{child_->name(), status};
  done.output = std::move(std::get<1>(all));
  done.error = std::move(std::get<2>(all));
  co_return done;
}

awaitable<void> subprocess::impl::stop(clock::duration grace) {
  if (grace > clock::duration::zero() && child_->send(SIGTERM)) {
    close_pipes();
    const auto ended = [this]() -> awaitable<void> { static_cast<void>(co_await wait()); };
    static_cast<void>(co_await move_on_after(grace, ended));
  }
  child_->send(SIGKILL);
  static_cast<void>(co_await wait());
  close_pipes();
}

awaitable<completed_process> subprocess::impl::communicate(std::shared_ptr<impl> self, std::string input,
                                                           communicate_options options) {
  std::exception_ptr error;
  auto grace = clock::duration::zero();
  try {
    auto done = co_await self->talk(std::move(input), options.max_output);
    co_return done;
  } catch (const cancelled_error&) {
    error = std::current_exception();
    grace = options.terminate_timeout;
  } catch (...) { error = std::current_exception(); }
  auto stopping = [&]() { return self->stop(grace); };
  co_await uncancellable(stopping);
  std::rethrow_exception(error);
}

awaitable<void> subprocess::input_pipe::write(std::string_view data) {
  return write(std::as_bytes(std::span{data}));
}

awaitable<void> subprocess::input_pipe::write(std::span<const std::byte> data) {
  return detail::write_to(impl_->input_descriptor(), data, "subprocess::input");
}
void subprocess::input_pipe::close() noexcept { impl_->input_descriptor()->close(); }

subprocess::subprocess(const command& what) {
  static_cast<void>(detail::require_loop());
  impl_ = std::make_shared<impl>(what, detail::start_process(what));
}
subprocess::subprocess(subprocess&&) noexcept = default;
subprocess& subprocess::operator=(subprocess&& other) noexcept {
  subprocess taken{std::move(other)};
  std::swap(impl_, taken.impl_);
  return *this;
}
subprocess::~subprocess() {
  if (impl_) impl_->end();
}

int subprocess::pid() const noexcept { return impl_->child().pid(); }
awaitable<exit_status> subprocess::wait() { return impl_->wait(); }
std::optional<exit_status> subprocess::status() const noexcept { return impl_->child().status(); }
bool subprocess::send_signal(int number) { return impl_->child().send(number); }
bool subprocess::terminate() { return send_signal(SIGTERM); }
bool subprocess::kill() { return send_signal(SIGKILL); }
subprocess::input_pipe& subprocess::input() { return impl_->input(); }
byte_source& subprocess::output() { return impl_->output(); }
byte_source& subprocess::error() { return impl_->error(); }

awaitable<completed_process> subprocess::communicate(std::string input, communicate_options options) {
  return impl::communicate(impl_, std::move(input), options);
}

awaitable<completed_process> run_process(command what, std::string input, communicate_options options) {
  if (access::is_open(what, 0)) {
    if (input.empty())
      what.input(stdio::null());
    else
      what.input(stdio::pipe());
  }
  if (access::is_open(what, 1)) what.output(stdio::pipe());
  if (access::is_open(what, 2)) what.error(stdio::pipe());
  subprocess child{what};
  auto done = co_await child.communicate(std::move(input), options);
  co_return done;
}

}  // namespace bight
