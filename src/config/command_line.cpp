#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "config/reading.hpp"

namespace bight::config::detail {
namespace {

// "--server.max-idle,--server.max_idle"
std::string names_of(const std::string& path) {
  if (path == "help" || path == "config" || path == "print-config" || path == "print_config")
    throw std::logic_error("bight: config: --" + path + " is reserved");
  auto hyphens = path;
  std::replace(hyphens.begin(), hyphens.end(), '_', '-');
  return hyphens == path ? "--" + path : "--" + hyphens + ",--" + path;
}

std::string sources_help(const reading& r, const options& o) {
  std::string text = "Each value comes from the command line, ";
  if (!o.environment_prefix.empty()) text += "the environment (" + o.environment_prefix + "_...), ";
  text += "the file, or is the default.";
  std::string in_files;
  for (const auto& f : r.fields())
    if (f.has_tables) in_files += (in_files.empty() ? "" : ", ") + f.path;
  return in_files.empty() ? text : text + " In the file only: " + in_files + '.';
}

}  // namespace

command_line parse_command_line(reading& r, const options& o, int argc, const char* const* argv) {
  command_line line;
  if (argc == 0) return line;
  CLI::App app{o.description, o.program};
  std::string file;
  bool print = false;
  auto* const file_option = app.add_option(
      "--config", file, "The configuration file" + (o.file.empty() ? "" : " (default: " + o.file + ")"));
  file_option->type_name("FILE");
  app.add_flag("--print-config", print, "Print the configuration and the sources of its values, and exit");
  app.footer(sources_help(r, o));
  std::map<std::string, std::string> given;
  std::map<std::string, CLI::Option*> all;
  for (const auto& f : r.fields()) {
    if (f.has_tables) continue;
    const auto value = f.show();
    auto* const option =
        app.add_option(names_of(f.path), given[f.path], value.empty() ? "" : "default: " + value);
    option->type_name(f.type);
    if (f.is_boolean) option->expected(0, 1)->default_str("true");
    all.emplace(f.path, option);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.what = command::help;
    line.help = app.help();
    return line;
  } catch (const CLI::ParseError& e) {
    r.mistake(e.what());
    r.throw_mistakes();
  }
  if (print) line.what = command::print;
  if (file_option->count() != 0) line.file = file;
  for (const auto& [path, option] : all)
    if (option->count() != 0)
      line.values.emplace(path, given[path].empty() && r.find(path)->is_boolean ? "true" : given[path]);
  return line;
}

}  // namespace bight::config::detail
