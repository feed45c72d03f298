#include <bight/config/config.hpp>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "config/reading.hpp"

namespace bight::config {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& l : lines) text += (text.empty() ? "" : "\n") + l;
  return text;
}

// Levenshtein's.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i != a.size(); ++i) {
    auto diagonal = row[0]++;
    for (std::size_t j = 0; j != b.size(); ++j) {
      const auto change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

error::error(std::vector<std::string> mistakes)
    : runtime_error(joined(mistakes)), mistakes_(std::move(mistakes)) {}

namespace detail {

field_index::field_index(const std::vector<field>& fields) : fields_(&fields) {
  for (const auto& f : fields) by_path_.emplace(f.path, &f);
}

const field* field_index::find(std::string_view path) const noexcept {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

bool field_index::is_table(std::string_view path) const {
  const auto begin = std::string{path} + '.';
  return std::any_of(fields_->begin(), fields_->end(),
                     [&](const field& f) { return f.path.starts_with(begin); });
}

std::string field_index::suggestion(std::string_view path) const {
  const field* best = nullptr;
  std::size_t least = std::min<std::size_t>(3, path.size() / 2 + 1);
  for (const auto& f : *fields_) {
    const auto d = edit_distance(path, f.path);
    if (d < least) {
      best = &f;
      least = d;
    }
  }
  return best ? "; did you mean " + best->path + "?" : std::string{};
}

void reading::set(const field& f, std::string_view text, const std::string& place) {
  raw_value v;
  v.string = text;
  bool good = true;
  f.set(v, [&](const raw_value&, const std::string& path, const std::string& what) {
    good = false;
    mistake(place + ": " + path + ": " + what);
  });
  if (good) from[f.path] = place;
}

void reading::throw_mistakes() {
  if (!mistakes_.empty()) throw error(std::move(mistakes_));
}

outcome read_all(const std::vector<field>& fields, const options& o, int argc, const char* const* argv) {
  reading r{fields};
  const auto line = parse_command_line(r, o, argc, argv);
  if (line.what == command::help) return {command::help, line.help, {}};
  if (line.file || !o.file.empty())
    read_file(r, line.file.value_or(o.file), line.file.has_value(), o.max_file_size);
  if (!o.environment_prefix.empty()) read_environment(r, o.environment_prefix);
  for (const auto& [path, text] : line.values) r.set(*r.find(path), text, "--" + path);
  r.throw_mistakes();
  return {line.what, {}, std::move(r.from)};
}

// Values first and tables after them, since a table ends at the next one.
std::string show_all(const std::vector<field>& fields, const sources& from) {
  std::map<std::string, std::string> tables;
  for (const auto& f : fields) {
    const auto value = f.show();
    const auto dot = f.path.rfind('.');
    const auto table = dot == f.path.npos ? std::string{} : f.path.substr(0, dot);
    const auto name = f.path.substr(dot == f.path.npos ? 0 : dot + 1);
    auto& text = tables[table];
    text += value.empty() ? "# " + name + " is not set" : name + " = " + value;
    const auto source = from.find(f.path);
    if (source != from.end()) text += "  # " + source->second;
    text += '\n';
  }
  std::string all;
  for (const auto& [table, text] : tables) {
    if (!all.empty()) all += '\n';
    if (!table.empty()) all += '[' + table + "]\n";
    all += text;
  }
  return all;
}

std::string show_inline(const std::vector<field>& fields, const std::string& prefix) {
  std::string text;
  for (const auto& f : fields) {
    const auto value = f.show();
    if (!value.empty()) text += (text.empty() ? "" : ", ") + f.path.substr(prefix.size()) + " = " + value;
  }
  return '{' + text + '}';
}

void print_line(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

int report(const error& e, const options& o) {
  for (const auto& m : e.mistakes()) std::fprintf(stderr, "%s: %s\n", o.program.c_str(), m.c_str());
  return 2;
}

}  // namespace detail
}  // namespace bight::config
