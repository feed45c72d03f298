#include <bight/core/command.hpp>

#include <fmt/format.h>
#include <stdexcept>

namespace bight {
namespace {

const std::string& require_text(const std::string& text, const char* what) {
  const auto zero = text.find('\0');
  if (zero != text.npos)
    throw std::invalid_argument(
        fmt::format("bight: command: {} contains a null byte after '{}'", what, text.substr(0, zero)));
  return text;
}

const std::string& require_name(const std::string& name) {
  if (name.empty() || name.find('=') != name.npos)
    throw std::invalid_argument(fmt::format("bight: command: invalid variable name '{}'", name));
  return require_text(name, "a variable name");
}

}  // namespace

command& command::arg(std::string argument) {
  require_text(argument, "an argument");
  if (arguments_.empty() && argument.empty())
    throw std::invalid_argument("bight: command: the program name is empty");
  arguments_.push_back(std::move(argument));
  return *this;
}

command& command::args(const std::vector<std::string>& arguments) {
  for (const auto& a : arguments) arg(a);
  return *this;
}

command& command::input(stdio where) {
  if (where.kind_ == stdio::kind::to_output)
    throw std::invalid_argument("bight: command: only standard error can go to_output");
  streams_[0] = where;
  return *this;
}
command& command::output(stdio where) {
  if (where.kind_ == stdio::kind::to_output)
    throw std::invalid_argument("bight: command: only standard error can go to_output");
  streams_[1] = where;
  return *this;
}
command& command::error(stdio where) {
  streams_[2] = where;
  return *this;
}

command& command::directory(std::string path) {
  directory_ = require_text(path, "the directory");
  return *this;
}

command& command::env(std::string name, std::string value) {
  require_text(value, "a variable value");
  return change_env(std::move(name), std::move(value));
}
command& command::unset_env(std::string name) { return change_env(std::move(name), std::nullopt); }
command& command::change_env(std::string name, std::optional<std::string> value) {
  require_name(name);
  std::erase_if(environment_, [&](const auto& change) { return change.first == name; });
  environment_.emplace_back(std::move(name), std::move(value));
  return *this;
}
command& command::clear_env() {
  environment_.clear();
  clear_environment_ = true;
  return *this;
}

command& command::new_group() {
  grouping_ = grouping::group;
  return *this;
}
command& command::new_session() {
  grouping_ = grouping::session;
  return *this;
}

}  // namespace bight
