#include "getter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "../error_text.hpp"
#include "timeline_text.hpp"

namespace get {
namespace {

using boost::system::system_error;

// Types that are text for people, or made of it.
bool is_text(const http::headers& fields) {
  auto type = std::string{fields.get(http::header_id::content_type).value_or("text/plain")};
  type.resize(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (fields.contains(http::header_id::content_encoding)) return false;
  for (const auto* const known :
       {"application/json", "application/xml", "application/javascript", "application/ecmascript",
        "application/x-ndjson", "application/yaml", "application/toml", "application/x-www-form-urlencoded",
        "application/x-sh", "application/sql", "application/graphql", "image/svg+xml"})
    if (type == known) return true;
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml");
}

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

// Names of which no two are the same: "name", "name.1", "name.2".
std::vector<std::string> distinct_names(const std::vector<http::url>& urls) {
  std::unordered_set<std::string> taken;
  std::vector<std::string> out;
  for (const auto& where : urls) {
    const auto name = http::file_name_of(where);
    auto free = name;
    for (int n = 1; !taken.insert(free).second; ++n) free = name + "." + std::to_string(n);
    out.push_back(std::move(free));
  }
  return out;
}

}  // namespace

getter::getter(const settings& s)
    : settings_(&s),
      client_(s.client),
      names_(distinct_names(s.urls)),
      progress_(s.urls.size(), !s.quiet && has_terminal()) {
  if (s.to_device) open_device();
}

// A pipe that nobody reads is an error: waiting for a reader could not be interrupted.
void getter::open_device() {
  const auto& path = settings_->output;
  const int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || ::fcntl(fd, F_SETFL, 0) != 0)
    throw system_error(errno, boost::system::system_category(), "open '" + path + '\'');
  device_.emplace(fd, path);
  ::close(fd);
}

http::request getter::make_request(const http::url& where) const {
  auto r = client_.request(settings_->method, where).build();
  for (const auto& field : settings_->headers) r.headers().append(field.name, field.value);
  if (settings_->body == body_kind::data || settings_->body == body_kind::json)
    r.set_body(settings_->content);
  if (settings_->body != body_kind::form) return r;
  http::multipart form;
  for (const auto& text : settings_->forms) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto value = text.substr(equals + 1);
    if (value.starts_with('@'))
      form.file(name, value.substr(1));
    else
      form.field(name, value);
  }
  r.headers().set(http::header_id::content_type, form.content_type());
  r.set_body(form.take_body());
  return r;
}

std::filesystem::path getter::target(std::size_t index) const {
  const auto& s = *settings_;
  if (!s.output.empty()) return s.output;
  const std::filesystem::path folder = s.output_dir.empty() ? "." : s.output_dir;
  if (s.server_names) return folder;
  return s.output_dir.empty() ? std::filesystem::path{names_[index]} : folder / names_[index];
}

transfer& getter::begin(std::string name) { return progress_.begin(std::move(name)); }

bight::awaitable<void> getter::print_head(http::status status, http::headers_view fields) {
  auto text = fmt::format("HTTP/1.1 {} {}\n", status.code(), status.reason_phrase());
  for (const auto field : fields) text += fmt::format("{}: {}\n", field.name, field.value);
  text += '\n';
  co_await stdout_.write(text);
  co_await stdout_.flush();
}

bight::awaitable<void> getter::print_body(http::response answer, const http::request& r, transfer*& shown) {
  auto& out = device_ ? *device_ : stdout_;
  if ((settings_->fail || device_) && answer.status().code() >= 400) answer.raise_for_status();
  if (settings_->include) co_await print_head(answer.status(), answer.headers());
  std::optional<std::uint64_t> total;
  if (answer.size_hint() != 0) total = answer.size_hint();
  if (device_ || !stdout_is_terminal()) shown = &begin(http::file_name_of(answer.url()));
  while (true) {
    const auto piece = co_await answer.read_piece();
    if (piece.empty()) break;
    co_await out.write(piece);
    if (shown) shown->update(answer.received(), total);
  }
  co_await out.flush();
  if (shown) progress_.end(*std::exchange(shown, nullptr), true);
  if (settings_->verbose)
    progress_.print(timeline_text(r.method().name(), answer.url(), answer.status(), answer.timeline()));
}

bight::awaitable<void> getter::print_or_save(http::request r, transfer*& shown) {
  auto answer = co_await client_.send(r);
  const bool print = settings_->to_stdout() || device_ || !stdout_is_terminal() || is_text(answer.headers());
  if (print)
    co_await print_body(std::move(answer), r, shown);
  else
    co_await save(0, std::move(r), std::move(answer), shown);
}

http::download_options getter::download_options_for(transfer& shown) const {
  http::download_options o;
  o.resume = settings_->resume;
  o.keep_partial = true;
  o.replace = !settings_->server_names;
  o.sync = false;
  o.timeout = settings_->client.timeouts.total;
  o.sha256 = settings_->sha256;
  o.on_progress = [&shown](std::uint64_t received, std::optional<std::uint64_t> total) {
    shown.update(received, total);
  };
  return o;
}

void getter::tell_saved(const http::download_result& got, bight::clock::duration took) {
  if (settings_->quiet) return;
  auto text = fmt::format("{}: {} in {}", got.path.string(), size_text(static_cast<double>(got.size)),
                          time_text(took));
  if (got.resumed_from != 0)
    text += fmt::format(", resumed from {}", size_text(static_cast<double>(got.resumed_from)));
  if (!got.sha256.empty()) text += ", checksum correct";
  progress_.print(text);
}

bight::awaitable<void> getter::save(std::size_t index, http::request r, std::optional<http::response> first,
                                    transfer*& shown) {
  const auto to = target(index);
  shown = &begin(settings_->server_names ? names_[index] : to.filename().string());
  const auto start = bight::clock::now();
  const std::string method{r.method().name()};
  auto options = download_options_for(*shown);
  http::download_result got;
  if (first)
    got = co_await http::download(client_, std::move(r), std::move(*first), to, std::move(options));
  else
    got = co_await http::download(client_, std::move(r), to, std::move(options));
  progress_.end(*std::exchange(shown, nullptr), true);
  if (settings_->include) co_await print_head(got.status, got.headers);
  if (settings_->verbose) progress_.print(timeline_text(method, got.url, got.status, got.timeline));
  tell_saved(got, bight::clock::now() - start);
}

bight::awaitable<void> getter::fetch(std::size_t index, transfer*& shown) {
  auto r = make_request(settings_->urls[index]);
  if (settings_->undecided() || settings_->to_stdout() || device_)
    co_await print_or_save(std::move(r), shown);
  else
    co_await save(index, std::move(r), std::nullopt, shown);
}

void getter::tell_failure(const http::url& where, const std::exception& e) {
  auto text = error_text(e);
  if (const auto* const error = dynamic_cast<const http::status_error*>(&e))
    text =
        fmt::format("{}: {} {}", where.redacted(), error->status().code(), error->status().reason_phrase());
  if (text.find(where.redacted()) == text.npos) text = where.redacted() + ": " + text;
  progress_.print("bight-get: " + text);
  const auto* const error = dynamic_cast<const system_error*>(&e);
  const bool checksum = error && error->code() == http::errc::checksum_mismatch;
  status_ = checksum || status_ == 3 ? 3 : 1;
}

bight::awaitable<void> getter::get_one(std::size_t index) {
  transfer* shown = nullptr;  // while it is in progress
  try {
    co_await fetch(index, shown);
  } catch (const std::exception& e) {
    if (!shown) shown = &begin({});
    progress_.end(*shown, false);
    tell_failure(settings_->urls[index], e);
  }
}

bight::awaitable<void> getter::get_all() {
  std::vector<std::size_t> indices(settings_->urls.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  const auto one = [this](std::size_t index) { return get_one(index); };
  co_await bight::map_concurrent(indices, settings_->jobs, one);
}

bight::awaitable<int> getter::run() {
  co_await bight::task_group::run([this](bight::task_group& group) -> bight::awaitable<void> {
    bight::task<void> drawing;
    if (progress_.shown()) drawing = group.spawn([this] { return progress_.draw_all(); });
    co_await get_all();
    if (drawing.valid()) drawing.cancel();
  });
  co_return status_;
}

bight::awaitable<int> get_all(const settings& s) {
  if (!s.output_dir.empty()) {
    bight::fs::directory_options how;
    how.parents = true;
    co_await bight::fs::make_directory(s.output_dir, how);
  }
  if (s.cookie_jar.empty()) {
    getter g{s};
    co_return co_await g.run();
  }
  auto with_cookies = s;
  const bool exists = co_await bight::fs::exists(s.cookie_jar);
  http::cookie_jar jar;
  if (exists) jar = co_await http::cookie_jar::load(s.cookie_jar);
  with_cookies.client.cookies = jar;
  std::exception_ptr failure;
  int status = 0;
  try {
    getter g{with_cookies};
    status = co_await g.run();
  } catch (...) { failure = std::current_exception(); }
  co_await jar.save(s.cookie_jar);  // whatever happened
  if (failure) std::rethrow_exception(failure);
  co_return status;
}

}  // namespace get
