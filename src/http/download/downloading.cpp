#include "http/download/downloading.hpp"

#include <algorithm>
#include <bight/core/retry.hpp>
#include <bight/core/sleep.hpp>
#include <bight/fs/metadata.hpp>
#include <bight/http/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>
#include <utility>

#include "http/body_access.hpp"
#include "http/client/client_access.hpp"
#include "http/client/retry_after.hpp"

namespace bight::http::detail {

using boost::system::system_error;

namespace {

request prepared(const client& c, request r, const download_options& options) {
  if (!r.timeouts()) {
    auto t = client_access::options(c).timeouts;
    t.total = options.timeout;
    r.set_timeouts(t);
  }
  r.set_decode(r.decode().value_or(false));
  if (!*r.decode() && !r.headers().contains(header_id::accept_encoding))
    r.headers().set(header_id::accept_encoding, "identity");
  if (!r.max_body()) r.set_max_body(options.max_size);
  return r;
}

std::optional<content_range> range_of(const response& answer) {
  return content_range::parse(answer.headers().get(header_id::content_range).value_or(""));
}

// What is there; unknown if nothing is, or nobody may look.
awaitable<fs::file_kind> kind_of(std::filesystem::path path) {
  try {
    const auto found = co_await fs::stat(std::move(path));
    co_return found.kind;
  } catch (const system_error&) { co_return fs::file_kind::unknown; }  // opening it says what is wrong
}

}  // namespace

downloading::downloading(client c, request r, std::filesystem::path to, download_options options)
    : client_(std::move(c)),
      request_(prepared(client_, std::move(r), options)),
      to_(std::move(to)),
      options_(std::move(options)),
      url_text_(part_info::url_text(request_.url())),
      part_(options_.compute_sha256 || !options_.sha256.empty()) {}

awaitable<download_result> downloading::run() {
  co_await look_at_target();
  if (!into_folder_) result_.path = to_;
  try {
    if (keeps_partial()) co_await open_part();
    co_await attempt_until_done();
  } catch (const system_error& e) {
    if (e.code() == errc::checksum_mismatch)
      part_.discard();
    else
      part_.leave();
    throw;
  } catch (...) {
    part_.leave();
    throw;
  }
  co_return std::move(result_);
}

// As fs::open_atomically does: what a link names is replaced, not the link, and nothing but files.
awaitable<void> downloading::look_at_target() {
  const auto kind = co_await kind_of(to_);
  into_folder_ = kind == fs::file_kind::directory;
  if (into_folder_ || kind == fs::file_kind::unknown) co_return;
  if (kind != fs::file_kind::regular) throw_not_replaceable(to_);
  std::error_code error;
  if (!std::filesystem::is_symlink(to_, error)) co_return;
  auto target = std::filesystem::canonical(to_, error);
  if (!error) to_ = std::move(target);
}

awaitable<void> downloading::open_part() {
  auto part = into_folder_ ? to_ / file_name_of(request_.url()) : to_;
  part += ".part";
  const bool resume = options_.resume && request_.method() == method::get;
  co_await part_.open_named(std::move(part), resume, url_text_);
  result_.resumed_from = most_ = part_.size();
  total_ = part_.info().size;
}

bool downloading::may_retry() const noexcept {
  return request_.retry().value_or(request_.method().is_idempotent()) && request_.body().replayable();
}

awaitable<void> downloading::attempt_until_done() {
  const auto& policy_or_none = options_.retries ? options_.retries : client_access::options(client_).retries;
  if (!policy_or_none || !may_retry()) co_return co_await attempt();
  auto policy = *policy_or_none;
  policy.retry_after(retry_after);
  std::optional<retry_run> run{policy};
  while (true) {
    std::exception_ptr error;
    try {
      co_return co_await attempt();
    } catch (const std::exception&) { error = std::current_exception(); }
    if (part_.size() > most_) run.emplace(policy);
    most_ = std::max(most_, part_.size());
    const auto delay = run->next(error);
    error = nullptr;
    ++result_.attempts;
    co_await sleep(delay);
  }
}

// What was received is asked for again only if it may be of another file.
request downloading::next_request() {
  auto r = request_.with_body(body_access::share(request_.body()));
  r.set_retry(false);
  resuming_ = !from_start_ && part_.size() != 0 && part_.info().resumable() && r.method() == method::get &&
              !r.headers().contains(header_id::range);
  asked_from_ = part_.size();
  if (resuming_) {
    r.headers().set(header_id::range, "bytes=" + std::to_string(part_.size()) + "-");
    r.headers().set(header_id::if_range, part_.info().validator);
  }
  from_start_ = false;
  return r;
}

awaitable<response> downloading::ask() {
  if (first_) {
    auto answer = std::move(*first_);
    first_.reset();
    co_return answer;
  }
  auto r = next_request();
  co_return co_await client_.send(std::move(r));
}

bool downloading::continues(const response& answer) const {
  if (!resuming_ || answer.status() != status::partial_content) return false;
  const auto range = range_of(answer);
  if (!range || !range->satisfied || range->first != part_.size()) return false;
  const auto& known = part_.info();
  if (known.size && range->size && *known.size != *range->size) return false;
  const auto tag = answer.headers().get(header_id::etag);
  return !tag || !known.validator.starts_with('"') || *tag == known.validator;
}

// 416: nothing is left to be sent.
bool downloading::was_complete(const response& answer) const {
  if (!resuming_ || answer.status() != status::range_not_satisfiable) return false;
  const auto range = range_of(answer);
  const auto tag = answer.headers().get(header_id::etag);
  if (tag && part_.info().validator.starts_with('"') && *tag != part_.info().validator) return false;
  return range && range->size == part_.size() && part_.info().size.value_or(part_.size()) == part_.size();
}

awaitable<void> downloading::attempt() {
  while (true) {
    auto answer = co_await ask_for_rest();
    if (!was_complete(answer)) {
      if (continues(answer))
        total_ = range_of(answer)->size;
      else
        co_await begin(answer);
      report();
      co_await receive(answer);
    }
    if (is_complete(answer)) co_return co_await finish(answer);
  }
}

// The response that is to be stored: to a request for everything if the one for the rest was of no use.
awaitable<response> downloading::ask_for_rest() {
  auto answer = co_await ask();
  const bool partial = answer.status() == status::partial_content;
  const bool refused = answer.status() == status::range_not_satisfiable;
  if (was_complete(answer)) co_return answer;
  if (resuming_ && (refused || (partial && !continues(answer)))) {
    from_start_ = true;
    answer = co_await ask();
  }
  if (!answer.status().is_success()) {
    answer.raise_for_status();
    throw status_error{answer.status(), answer.url().redacted()};  // 3xx
  }
  co_return answer;
}

// A server may send less of the rest than it was asked for (RFC 9110 15.3.7).
bool downloading::is_complete(const response& answer) {
  if (!resuming_ || !total_ || part_.size() == *total_) return true;
  if (part_.size() < *total_ && part_.size() > asked_from_) return false;
  throw system_error(make_error_code(part_.size() < *total_ ? errc::truncated : errc::bad_framing),
                     answer.url().redacted() + ": " + std::to_string(part_.size()) +
                         " bytes, and Content-Range says " + std::to_string(*total_));
}

awaitable<void> downloading::begin(response& answer) {
  if (result_.path.empty()) result_.path = to_ / file_name_of(answer.headers(), answer.url());
  if (!options_.replace) {
    const bool exists = co_await fs::exists(result_.path);
    if (exists)
      throw system_error(make_error_code(boost::system::errc::file_exists),
                         "'" + result_.path.string() + "'");
  }
  if (!part_.is_open()) co_await part_.open_unnamed(result_.path, options_.replace, options_.sync);
  part_info info;
  info.url = url_text_;
  const bool decoded = *request_.decode() && answer.headers().contains(header_id::content_encoding);
  if (answer.status() == status::ok && !decoded) info.validator = part_info::validator_of(answer.headers());
  if (const auto size = answer.size_hint(); size != 0) info.size = size;
  total_ = info.size;
  result_.resumed_from = 0;
  resuming_ = false;
  co_await part_.restart(std::move(info));
}

void downloading::report() {
  if (options_.on_progress) options_.on_progress(part_.size(), total_);
}

awaitable<void> downloading::receive(response& answer) {
  while (true) {
    const auto piece = co_await answer.read_piece();
    if (piece.empty()) co_return;
    if (part_.size() > options_.max_size - std::min<std::uint64_t>(piece.size(), options_.max_size)) {
      throw system_error(make_error_code(errc::body_too_large),
                         answer.url().redacted() + ": limit " + std::to_string(options_.max_size));
    }
    co_await part_.write(piece);
    report();
  }
}

void downloading::check_hash() {
  if (!options_.compute_sha256 && options_.sha256.empty()) return;
  result_.sha256 = part_.finish_hash();
  if (options_.sha256.empty() || equal_ignoring_case(options_.sha256, result_.sha256)) return;
  throw system_error(
      make_error_code(errc::checksum_mismatch),
      request_.url().redacted() + ": SHA-256 is " + result_.sha256 + ", not " + options_.sha256);
}

awaitable<void> downloading::finish(const response& answer) {
  check_hash();
  if (result_.path.empty()) result_.path = to_ / file_name_of(answer.headers(), answer.url());
  result_.size = part_.size();
  result_.url = answer.url();
  result_.status = answer.status();
  result_.headers = answer.headers();
  result_.timeline = answer.timeline();
  co_await part_.commit(result_.path, options_.replace, options_.sync);
}

}  // namespace bight::http::detail
