#include <bight/logging/logger.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "logging/line.hpp"
#include "logging/registry.hpp"

namespace bight::logging {
namespace {

struct registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<detail::channel>, std::less<>> channels;
  log_level level = log_level::info;
  std::atomic<std::shared_ptr<detail::backend>> backend;
};

// Never destroyed: static objects may log.
registry& all_loggers() {
  static auto* const all = new registry;
  return *all;
}

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};

std::string_view name_of_level(log_level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> parse_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i != level_names.size(); ++i)
    if (text == level_names[i]) return static_cast<log_level>(i);
  return std::nullopt;
}

void check_name(std::string_view name) {
  const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
  if (!valid)
    throw std::invalid_argument("bight: logging: '" + std::string{name} + "' is no name of a logger");
}

}  // namespace

field_value::field_value(double d) {
  if (!std::isfinite(d)) {
    text_ = std::isnan(d) ? "nan" : d < 0 ? "-inf" : "inf";
    is_text_ = true;
    return;
  }
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
  text_.assign(text.data(), end);
}

namespace detail {

std::shared_ptr<channel> find_channel(std::string_view name) {
  auto& all = all_loggers();
  const std::lock_guard lock{all.mutex};
  auto found = all.channels.find(name);
  if (found == all.channels.end())
    found = all.channels.emplace(name, std::make_shared<channel>(std::string{name}, all.level)).first;
  return found->second;
}

std::shared_ptr<backend> current_backend() noexcept { return all_loggers().backend.load(); }

void set_backend(std::shared_ptr<backend> b) {
  const bool taken = b && all_loggers().backend.load();
  if (taken) throw std::logic_error("bight: logging is set up already");
  all_loggers().backend.store(std::move(b));
}

void write(const channel& to, log_level level, std::string_view message,
           std::span<const field> fields) noexcept {
  try {
    if (const auto b = current_backend())
      b->write(level, to.name, message, fields);
    else
      bight::log(level, text_line(to.name, message, fields));
  } catch (...) {}  // no memory for the message
}

}  // namespace detail

logger::logger(std::string_view name) {
  check_name(name);
  channel_ = detail::find_channel(name);
}

void set_level(log_level level, std::string_view name) {
  if (!name.empty()) {
    check_name(name);
    detail::find_channel(name)->level = level;
    return;
  }
  auto& all = all_loggers();
  const std::lock_guard lock{all.mutex};
  all.level = level;
  for (auto& [key, channel] : all.channels) channel->level = level;
}

void set_levels(std::string_view text) {
  std::vector<std::pair<std::string, log_level>> changes;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    const auto equals = part.find('=');
    const auto name = equals == part.npos ? std::string_view{} : part.substr(0, equals);
    const auto word = equals == part.npos ? part : part.substr(equals + 1);
    const auto level = parse_level(word);
    if (!level)
      throw std::invalid_argument("'" + std::string{word} +
                                  "' is not a log level: debug, info, warning or error");
    if (equals != part.npos) check_name(name);
    changes.emplace_back(name, *level);
  }
  if (changes.empty()) throw std::invalid_argument("there is no log level in an empty text");
  for (const auto& [name, level] : changes) set_level(level, name);
}

std::string levels() {
  auto& all = all_loggers();
  const std::lock_guard lock{all.mutex};
  std::string text{name_of_level(all.level)};
  for (const auto& [name, channel] : all.channels)
    if (channel->level != all.level) text += ',' + name + '=' + std::string{name_of_level(channel->level)};
  return text;
}

}  // namespace bight::logging
