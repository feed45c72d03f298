#include <bight/http/cookie_jar.hpp>

#include <algorithm>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/cookies/jar_impl.hpp"
#include "http/cookies/netscape.hpp"

namespace bight::http {

using boost::system::system_error;

namespace {

void read_netscape(cookie_jar::impl& jar, std::string_view text, std::string_view source) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = cookies::parse_netscape_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto fail = [&](const char* why) {
      throw system_error(make_error_code(errc::malformed_file),
                         std::string{source} + ", line " + std::to_string(number) + ": " + why);
    };
    if (line.error) fail(line.error);
    if (!line.has_cookie) continue;
    if (const char* const error = jar.check(line.cookie)) fail(error);
    // Some programs do not keep it apart that such a host set a cookie for itself alone.
    if (!line.cookie.host_only && cookies::is_public_suffix(line.cookie.domain)) line.cookie.host_only = true;
    jar.insert(std::move(line.cookie));
  }
}

}  // namespace

cookie_jar::cookie_jar(cookie_jar_options options) : impl_(std::make_shared<impl>(options)) {}

std::size_t cookie_jar::store(const url& where, headers_view response_headers) {
  std::size_t stored = 0;
  if (!response_headers.contains(header_id::set_cookie)) return stored;
  for (const auto field : response_headers.get_all(header_id::set_cookie))
    stored += impl_->store(where, field);
  return stored;
}

bool cookie_jar::store(const url& where, std::string_view set_cookie) {
  return impl_->store(where, set_cookie);
}

std::string cookie_jar::cookie_header(const url& where) const {
  std::string out;
  impl_->for_request(where, [&out](const cookie& c) {
    if (!out.empty()) out += "; ";
    if (!c.name.empty()) out.append(c.name).append("=");
    out += c.value;
  });
  return out;
}

bool cookie_jar::empty() const noexcept { return impl_->size() == 0; }
std::size_t cookie_jar::size() const noexcept { return impl_->size(); }
std::vector<cookie> cookie_jar::all() const { return impl_->all(); }

std::vector<cookie> cookie_jar::all(const url& where) const {
  std::vector<cookie> out;
  impl_->for_request(where, [&out](const cookie& c) { out.push_back(c); });
  return out;
}

std::optional<cookie> cookie_jar::get(const url& where, std::string_view name) const {
  std::optional<cookie> out;
  impl_->for_request(where, [&](const cookie& c) {
    if (!out && c.name == name) out = c;
  });
  return out;
}

void cookie_jar::set(cookie c) {
  const char* error = impl_->check(c);
  if (!error && !c.host_only && cookies::is_public_suffix(c.domain)) error = "the domain is a public suffix";
  if (error) throw system_error(make_error_code(errc::invalid_cookie), '\'' + c.name + "': " + error);
  impl_->insert(std::move(c));
}

std::size_t cookie_jar::remove(const url& where, std::string_view name) { return impl_->remove(where, name); }
void cookie_jar::clear() noexcept { impl_->clear(); }

std::size_t cookie_jar::expire() {
  const auto now = wall_clock::now();
  return impl_->remove_if([now](const cookie& c) { return c.expires && *c.expires <= now; });
}

std::size_t cookie_jar::end_session() {
  return impl_->remove_if([](const cookie& c) { return !c.expires; });
}

std::string cookie_jar::to_netscape() const { return cookies::write_netscape(impl_->all()); }

cookie_jar cookie_jar::from_netscape(std::string_view text, cookie_jar_options options) {
  cookie_jar jar{options};
  read_netscape(*jar.impl_, text, "cookie file");
  return jar;
}

awaitable<void> cookie_jar::save(std::filesystem::path path) const {
  const std::string text = to_netscape();
  const fs::atomic_options how{.permissions = 0600};
  co_await fs::write_file_atomically(std::move(path), text, how);
}

awaitable<cookie_jar> cookie_jar::load(std::filesystem::path path, cookie_jar_options options) {
  const std::string text = co_await fs::read_file(path);
  const std::string source = path.string();
  cookie_jar jar{options};
  read_netscape(*jar.impl_, text, source);
  co_return jar;
}

}  // namespace bight::http
