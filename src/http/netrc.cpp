#include <bight/http/netrc.hpp>

#include <algorithm>
#include <bight/fs/read_file.hpp>
#include <bight/http/error.hpp>
#include <bight/http/headers.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace bight::http {
namespace {

using boost::system::system_error;

// Splits a file into words, quoted ones among them, and counts lines.
class netrc_words {
 public:
  netrc_words(std::string_view text, const std::string& source) noexcept : rest_(text), source_(&source) {}

  // The next word. `keyword`: comments may be here. nullopt: the end.
  std::optional<std::string> next(bool keyword) {
    while (true) {
      skip_space();
      if (!keyword || !rest_.starts_with('#')) break;
      skip(rest_.find('\n'));
    }
    if (rest_.empty()) return std::nullopt;
    if (rest_.front() == '"') return quoted();
    const auto end = std::min(rest_.find_first_of(" \t\r\n"), rest_.size());
    std::string word{rest_.substr(0, end)};
    rest_.remove_prefix(end);
    return word;
  }

  std::string value(const std::string& keyword) {
    const auto line = line_;
    auto word = next(false);
    if (!word) {
      line_ = line;
      fail("no value of '" + keyword + '\'');
    }
    return *std::move(word);
  }

  // A macro ends at an empty line.
  void skip_macro() noexcept {
    while (!rest_.empty()) {
      skip(rest_.find('\n'));
      if (!rest_.empty()) skip(1);
      if (rest_.starts_with('\n') || rest_.starts_with("\r\n")) return;
    }
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw system_error(make_error_code(errc::malformed_file),
                       *source_ + ", line " + std::to_string(line_) + ": " + why);
  }

 private:
  void skip(std::size_t n) noexcept {
    n = std::min(n, rest_.size());
    line_ += static_cast<std::size_t>(
        std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(n), '\n'));
    rest_.remove_prefix(n);
  }
  void skip_space() noexcept { skip(rest_.find_first_not_of(" \t\r\n")); }

  std::string quoted() {
    std::string word;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != '"' && rest_[i] != '\n'; ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size()) {
        ++i;
        word += rest_[i] == 'n' ? '\n' : rest_[i] == 'r' ? '\r' : rest_[i] == 't' ? '\t' : rest_[i];
      } else {
        word += rest_[i];
      }
    }
    if (i >= rest_.size() || rest_[i] != '"') fail("unterminated quote");
    skip(i + 1);
    return word;
  }

  std::string_view rest_;
  const std::string* source_;
  std::size_t line_ = 1;
};

}  // namespace

netrc netrc::parse(std::string_view text) { return parse(text, ".netrc"); }

netrc netrc::parse(std::string_view text, const std::string& source) {
  netrc out;
  netrc_words words{text, source};
  while (const auto word = words.next(true)) {
    if (*word == "machine") {
      out.entries_.push_back({words.value(*word), {}, {}});
    } else if (*word == "default") {
      out.entries_.emplace_back();
    } else if (*word == "macdef") {
      static_cast<void>(words.value(*word));
      words.skip_macro();
    } else if (*word == "login" || *word == "user" || *word == "password" || *word == "account") {
      if (out.entries_.empty()) words.fail('\'' + *word + "' without a machine");
      entry& last = out.entries_.back();
      auto value = words.value(*word);
      if (*word == "password")
        last.password = std::move(value);
      else if (*word != "account")
        last.user = std::move(value);
    } else {
      // It may be a part of a password with a space in it: not shown.
      words.fail("unknown keyword");
    }
  }
  for (const entry& e : out.entries_) static_cast<void>(basic_auth{e.user, e.password});
  return out;
}

awaitable<netrc> netrc::load(std::filesystem::path path) {
  constexpr std::size_t limit = 1024 * 1024;
  const std::string text = co_await fs::read_file(path, limit);
  const std::string source = path.string();
  co_return parse(text, source);
}

std::optional<std::filesystem::path> netrc::default_path(
    const std::function<const char*(const char*)>& getenv) {
  const auto get = [&getenv](const char* name) -> std::string_view {
    const char* const value = getenv ? getenv(name) : std::getenv(name);
    return value ? value : "";
  };
  if (const auto path = get("NETRC"); !path.empty()) return path;
  if (const auto home = get("HOME"); !home.empty()) return std::filesystem::path{home} / ".netrc";
  return std::nullopt;
}

std::optional<basic_auth> netrc::find(std::string_view host, std::string_view user) const {
  const entry* found = nullptr;
  for (const entry& e : entries_) {
    if (!user.empty() && !e.user.empty() && e.user != user) continue;
    if (e.machine ? equal_ignoring_case(*e.machine, host) : !found) found = &e;
    if (found && found->machine) break;
  }
  if (!found) return std::nullopt;
  return basic_auth{found->user.empty() ? std::string{user} : found->user, found->password};
}

}  // namespace bight::http
