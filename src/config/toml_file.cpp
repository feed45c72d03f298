#include <sys/stat.h>

#include <toml++/toml.h>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "config/reading.hpp"

namespace bight::config::detail {
namespace {

class toml_reader {
 public:
  toml_reader(reading& r, std::string file) : reading_(&r), file_(std::move(file)) {}

  void read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const auto path = prefix + std::string{key.str()};
      const auto place = file_ + ':' + std::to_string(key.source().begin.line);
      const auto* const field = reading_->find(path);
      if (field && node.is_table()) {
        reading_->mistake(place + ": " + path + ": it is not a table");
      } else if (field) {
        set(*field, node, place);
      } else if (!reading_->is_table(path)) {
        reading_->mistake(place + ": " + path + ": unknown key" + reading_->suggestion(path));
      } else if (const auto* const inner = node.as_table()) {
        read_table(*inner, path + '.');
      } else {
        reading_->mistake(place + ": " + path + ": it is a table");
      }
    }
  }

 private:
  void set(const field& f, const toml::node& node, const std::string& place) {
    try {
      reading_->set(f, convert(node), place);
    } catch (const bad_value& e) { reading_->mistake(place + ": " + f.path + ": " + e.what()); }
  }
  static raw_value convert(const toml::node& node) {
    raw_value v;
    if (const auto* const b = node.as_boolean()) {
      v.type = raw_value::kind::boolean;
      v.boolean = b->get();
    } else if (const auto* const i = node.as_integer()) {
      v.type = raw_value::kind::integer;
      v.integer = i->get();
    } else if (const auto* const d = node.as_floating_point()) {
      v.type = raw_value::kind::floating;
      v.floating = d->get();
    } else if (const auto* const s = node.as_string()) {
      v.type = raw_value::kind::string;
      v.string = s->get();
    } else if (const auto* const a = node.as_array()) {
      v.type = raw_value::kind::list;
      for (const auto& item : *a) v.items.push_back(convert(item));
    } else {
      throw bad_value("dates and tables are not supported here");
    }
    return v;
  }

  reading* reading_;
  std::string file_;
};

}  // namespace

void read_file(reading& r, const std::string& path, bool required, std::size_t max_size) {
  struct stat info {};
  const int error = ::stat(path.c_str(), &info) == 0 ? 0 : errno;
  if (error == ENOENT && !required) return;
  std::ifstream in;
  if (error == 0) in.open(path, std::ios::binary);
  if (error != 0 || !in || S_ISDIR(info.st_mode)) {
    const int reason = error != 0 ? error : S_ISDIR(info.st_mode) ? EISDIR : errno;
    return r.mistake(path + ": " + std::generic_category().message(reason));
  }
  std::string text(max_size + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_size)
    return r.mistake(path + ": it has more than " + std::to_string(max_size) + " bytes");
  try {
    const auto table = toml::parse(text, path);
    toml_reader{r, path}.read_table(table, {});
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    r.mistake(path + ':' + std::to_string(at.line) + ':' + std::to_string(at.column) + ": " +
              std::string{e.description()});
  }
}

}  // namespace bight::config::detail
