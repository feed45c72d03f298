#include <bight/api/detail/shape.hpp>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/detail/json_write.hpp>
#include <utility>

namespace bight::api::detail {
namespace {

using http::detail::json_place;

class value_writer {
 public:
  explicit value_writer(std::string& out) : out_(&out) {}

  void write(const shape& type, const void* from, const json_place& at) {
    switch (type.kind) {
      case shape_kind::any:
        return http::detail::write_document(*out_, *static_cast<const boost::json::value*>(from));
      case shape_kind::boolean:
        *out_ += *static_cast<const bool*>(from) ? "true" : "false";
        return;
      case shape_kind::integer:
        return write_whole(type.get_integer(from));
      case shape_kind::number:
        return http::detail::write_real(*out_, type.get_number(from), at);
      case shape_kind::text:
        return write_string(*static_cast<const std::string*>(from), at);
      case shape_kind::text_format:
        return http::detail::write_text(*out_, type.get_text(from));
      case shape_kind::enumeration:
        return write_enumerator(type, from, at);
      case shape_kind::optional:
        if (type.size(from) == 0) {
          *out_ += "null";
          return;
        }
        return write_items(type, from, at);
      case shape_kind::sequence:
        *out_ += '[';
        write_items(type, from, at);
        *out_ += ']';
        return;
      case shape_kind::map:
        *out_ += '{';
        write_items(type, from, at);
        *out_ += '}';
        return;
      case shape_kind::object:
        return write_object(type, from, at, '{');
      case shape_kind::variant:
        return write_variant(type, from, at);
      case shape_kind::file:
        at.fail("a file has no JSON");
    }
  }

 private:
  struct items {
    value_writer* self;
    const shape* type;
    const json_place* at;
    std::size_t index = 0;
  };

  void write_string(const std::string& text, const json_place& at) {
    if (!bight::detail::is_utf8(text)) at.fail("the text is not UTF-8");  // and no other is JSON
    http::detail::write_text(*out_, text);
  }

  void write_whole(whole n) {
    if (n.negative) *out_ += '-';
    http::detail::write_integer(*out_, n.magnitude);
  }

  void write_enumerator(const shape& type, const void* from, const json_place& at) {
    const auto name = type.get_text(from);
    if (name.empty()) at.fail("the enumerator has no name");
    http::detail::write_text(*out_, name);
  }

  void write_items(const shape& type, const void* from, const json_place& at) {
    items all{this, &type, &at};
    type.for_each(from, &all, [](void* context, std::string_view key, const void* item) {
      auto& a = *static_cast<items*>(context);
      if (a.index != 0) *a.self->out_ += ',';
      const bool is_map = a.type->kind == shape_kind::map;
      if (is_map) {
        http::detail::write_text(*a.self->out_, key);
        *a.self->out_ += ':';
      }
      const auto here = is_map ? json_place{*a.at, key} : json_place{*a.at, a.index};
      a.self->write(a.type->inner(), item, a.type->kind == shape_kind::optional ? *a.at : here);
      ++a.index;
    });
  }

  // `before` is '{', or ',' if there are members already.
  void write_object(const shape& type, const void* from, const json_place& at, char before) {
    const bool is_first = before == '{';
    for (const auto& f : type.fields) {
      *out_ += std::exchange(before, ',');
      http::detail::write_text(*out_, f.name);
      *out_ += ':';
      // The accessor serves reading, too.
      write(f.type(), f.at(const_cast<void*>(from)), json_place{at, f.name});
    }
    if (is_first && before == '{') *out_ += '{';
    *out_ += '}';
  }

  void write_variant(const shape& type, const void* from, const json_place& at) {
    const auto index = type.index(from);
    if (index >= type.names.size()) at.fail("the variant has no value");
    *out_ += '{';
    http::detail::write_text(*out_, type.tag);
    *out_ += ':';
    http::detail::write_text(*out_, type.names[index]);
    write_object(type.alternatives[index](), type.active(from), at, ',');
  }

  std::string* out_;
};

}  // namespace

void write_value(std::string& out, const shape& type, const void* from) {
  value_writer{out}.write(type, from, json_place{});
}

std::string scalar_text(const shape& type, const void* from) {
  if (type.kind == shape_kind::text) return *static_cast<const std::string*>(from);
  if (type.kind == shape_kind::text_format || type.kind == shape_kind::enumeration)
    return type.get_text(from);
  std::string text;
  write_value(text, type, from);
  return text;
}

}  // namespace bight::api::detail
