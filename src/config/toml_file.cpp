#include <sys/stat.h>

#include <toml++/toml.h>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "config/reading.hpp"

namespace bight::config::detail {
namespace {

raw_value convert(const toml::node& node) {
  raw_value v;
  v.line = node.source().begin.line;
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
  } else if (const auto* const t = node.as_table()) {
    v.type = raw_value::kind::table;
    for (const auto& [key, item] : *t) {
      v.items.push_back(convert(item));
      v.items.back().line = key.source().begin.line;
      v.names.emplace_back(key.str());
    }
  } else {
    v.type = raw_value::kind::date;
  }
  return v;
}

// The fields, which note the lines that they are read from.
std::vector<field> with_sources(reading& r, const std::string& file) {
  auto fields = r.fields();
  for (auto& f : fields)
    f.set = [&r, file, path = f.path, set = f.set](const raw_value& v, const complaint& complain) {
      r.from[path] = file + ':' + std::to_string(v.line);
      set(v, complain);
    };
  return fields;
}

}  // namespace

void read_table(const std::vector<field>& fields, const raw_value& table, const std::string& prefix,
                const complaint& complain) {
  const field_index known{fields};
  for (std::size_t i = 0; i != table.items.size(); ++i) {
    const auto path = prefix + show_key(table.names[i]);
    const auto& value = table.items[i];
    const auto* const field = known.find(path);
    if (field && value.type == raw_value::kind::table && !field->has_tables)
      complain(value, path, "it is not a table");
    else if (field)
      field->set(value, complain);
    else if (!known.is_table(path))
      complain(value, path, "unknown key" + known.suggestion(path));
    else if (value.type == raw_value::kind::table)
      read_table(fields, value, path + '.', complain);
    else
      complain(value, path, "it is a table");
  }
}

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
    const toml::table parsed = toml::parse(text, path);
    read_table(with_sources(r, path), convert(parsed), {},
               [&](const raw_value& where, const std::string& member, const std::string& what) {
                 r.mistake(path + ':' + std::to_string(where.line) + ": " + member + ": " + what);
               });
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    r.mistake(path + ':' + std::to_string(at.line) + ':' + std::to_string(at.column) + ": " +
              std::string{e.description()});
  }
}

}  // namespace bight::config::detail
