#include <bight/crawl/link_cache.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace bight::crawl {
namespace {

constexpr std::string_view header = "# bight link cache 1";
constexpr std::size_t max_file = 1U << 30U;

link_cache::time_point now() { return std::chrono::floor<std::chrono::seconds>(wall_clock::now()); }

// URLs have neither spaces nor control characters.
bool is_url(std::string_view text) {
  return text.find(':') != text.npos &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

}  // namespace

std::optional<std::string> link_cache::find(std::string_view url) const {
  const auto found = entries_.find(url);
  if (found == entries_.end() || now() - found->second.checked > max_age_) return std::nullopt;
  return found->second.final_url;
}

void link_cache::add(std::string url, std::string final_url) {
  entries_.insert_or_assign(std::move(url), entry{now(), std::move(final_url)});
}

std::string link_cache::to_text() const {
  std::vector<std::string> lines;
  for (const auto& [url, e] : entries_) {
    if (now() - e.checked > max_age_) continue;
    auto line = url + ' ' + std::to_string(e.checked.time_since_epoch().count());
    if (!e.final_url.empty()) line += ' ' + e.final_url;
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);  // a stable order for caches that are kept under version control
  std::string text{header};
  text += '\n';
  for (const auto& line : lines) text.append(line).append("\n");
  return text;
}

void link_cache::add_text(std::string_view text, const std::string& name) {
  std::size_t number = 0;
  const auto fail = [&](const char* what) {
    throw std::runtime_error(name + ':' + std::to_string(number) + ": " + what);
  };
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (++number == 1) {
      if (line != header) fail("this file is not a link cache");
      continue;
    }
    if (line.empty()) continue;
    const auto first = line.find(' ');
    if (first == line.npos) fail("expected a URL and a time");
    const auto url = line.substr(0, first);
    auto rest = line.substr(first + 1);
    long long seconds = 0;
    const auto [stop, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    const bool redirected = rest.starts_with(' ');
    if (redirected) rest.remove_prefix(1);
    const bool valid = ec == std::errc{} && is_url(url) && (redirected ? is_url(rest) : rest.empty());
    if (!valid) fail("expected a URL, a time and possibly another URL");
    const time_point checked{std::chrono::seconds{seconds}};
    if (checked > now() || now() - checked > max_age_) continue;
    entries_.insert_or_assign(std::string{url}, entry{checked, std::string{rest}});
  }
}

awaitable<void> link_cache::load(std::filesystem::path file) {
  try {
    const auto text = co_await fs::read_file(file, max_file);
    add_text(text, file.string());
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::system::errc::no_such_file_or_directory) throw;
  }
}

awaitable<void> link_cache::save(std::filesystem::path file) const {
  const auto text = to_text();
  const fs::atomic_options options{.sync = false};
  co_await fs::write_file_atomically(std::move(file), text, options);
}

}  // namespace bight::crawl
