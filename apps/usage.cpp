#include "usage.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include "error_text.hpp"

namespace {

// Insertions, removals, replacements, and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

// Those of option groups, too: CLI11 keeps these as commands without a name.
std::vector<std::string> long_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* const option : app.get_options([](const CLI::Option*) { return true; }))
    for (const auto& name : option->get_lnames()) names.push_back(name);
  for (const auto* const group : app.get_subcommands([](const CLI::App*) { return true; }))
    if (group->get_name().empty())
      for (auto& name : long_names(*group)) names.push_back(std::move(name));
  return names;
}

std::string_view bare(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  return name.substr(0, name.find('='));
}

std::string unexpected(const CLI::App& app, const CLI::ExtrasError& e) {
  for (const auto& argument : app.remaining(true)) {
    if (!argument.starts_with("-") || argument == "-") continue;
    const auto name = std::string_view{argument}.substr(0, argument.find('='));
    auto text = "unknown option " + std::string{name};
    const auto meant = closest_option(app, name);
    return meant.empty() ? text : text + "; did you mean " + meant + "?";
  }
  return e.what();
}

// CLI11 says "INI was not able to parse NAME".
std::string unexpected(const CLI::App& app, const CLI::ConfigError& e) {
  const std::string_view text = e.what();
  constexpr std::string_view prefix = "INI was not able to parse ";
  if (!text.starts_with(prefix)) return std::string{text};
  const auto name = text.substr(prefix.size());
  auto said = "unknown option '" + std::string{name} + "' in the configuration file";
  const auto meant = closest_option(app, name.substr(name.rfind('.') + 1));
  return meant.empty() ? said : said + "; did you mean '" + meant.substr(2) + "'?";
}

int print_usage_error(const CLI::App& app, std::string_view what) {
  std::cerr << app.get_name() << ": " << what << "\nTry '" << app.get_name() << " --help'.\n";
  return 2;
}

}  // namespace

std::string closest_option(const CLI::App& app, std::string_view name) {
  const auto wanted = bare(name);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (auto& known : long_names(app)) {
    auto far = distance(wanted, known);
    // What was begun and not ended: --max for --max-pages is no typing error.
    if (wanted.size() >= 3 && known.starts_with(wanted)) far = 1;
    if (far < least) {
      least = far;
      best = "--" + known;
    }
  }
  return best;
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc{} && end == last && value >= least && value <= most) return {};
    auto said = "'" + text + "' is not a whole number ";
    if (most == UINT64_MAX) return said + "of at least " + std::to_string(least);
    return said + "from " + std::to_string(least) + " to " + std::to_string(most);
  };
  return CLI::Validator{check, "", "whole number"};
}

std::optional<int> read_arguments(CLI::App& app, int argc, char** argv,
                                  const std::function<void()>& convert) {
  try {
    app.parse(argc, argv);
    convert();
  } catch (const CLI::Success& e) { return app.exit(e); } catch (const CLI::ExtrasError& e) {
    return print_usage_error(app, unexpected(app, e));
  } catch (const CLI::ConfigError& e) {
    return print_usage_error(app, unexpected(app, e));
  } catch (const CLI::ParseError& e) {
    return print_usage_error(app, e.what());
  } catch (const std::exception& e) { return print_usage_error(app, error_text(e)); }
  return std::nullopt;
}
