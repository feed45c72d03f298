#include "crawl/html/names.hpp"

namespace bight::crawl::html::detail {

// The constant expressions below are checked by the compiler: a count that does not fit or a name of more
// than 8 bytes does not build.
constinit const name_table<tag, 80> short_tags{{{
    {"a", tag::a},
    {"area", tag::area},
    {"audio", tag::audio},
    {"base", tag::base},
    {"body", tag::body},
    {"button", tag::button},
    {"del", tag::del},
    {"embed", tag::embed},
    {"form", tag::form},
    {"frame", tag::frame},
    {"iframe", tag::iframe},
    {"image", tag::image},
    {"img", tag::img},
    {"input", tag::input},
    {"ins", tag::ins},
    {"link", tag::link},
    {"meta", tag::meta},
    {"noembed", tag::noembed},
    {"noframes", tag::noframes},
    {"object", tag::object},
    {"q", tag::q},
    {"script", tag::script},
    {"source", tag::source},
    {"style", tag::style},
    {"table", tag::table},
    {"td", tag::td},
    {"textarea", tag::textarea},
    {"th", tag::th},
    {"title", tag::title},
    {"track", tag::track},
    {"video", tag::video},
    {"xmp", tag::xmp},
    {"svg", tag::svg},
    {"math", tag::math},
    {"desc", tag::desc},
    {"feimage", tag::feimage},
    {"use", tag::use},
    {"mi", tag::mathml_text},
    {"mo", tag::mathml_text},
    {"mn", tag::mathml_text},
    {"ms", tag::mathml_text},
    {"mtext", tag::mathml_text},
    {"p", tag::breakout_p},
    {"br", tag::breakout_p},
    {"b", tag::breakout},
    {"big", tag::breakout},
    {"center", tag::breakout},
    {"code", tag::breakout},
    {"dd", tag::breakout},
    {"div", tag::breakout},
    {"dl", tag::breakout},
    {"dt", tag::breakout},
    {"em", tag::breakout},
    {"h1", tag::breakout},
    {"h2", tag::breakout},
    {"h3", tag::breakout},
    {"h4", tag::breakout},
    {"h5", tag::breakout},
    {"h6", tag::breakout},
    {"head", tag::breakout},
    {"hr", tag::breakout},
    {"i", tag::breakout},
    {"li", tag::breakout},
    {"listing", tag::breakout},
    {"menu", tag::breakout},
    {"nobr", tag::breakout},
    {"ol", tag::breakout},
    {"pre", tag::breakout},
    {"ruby", tag::breakout},
    {"s", tag::breakout},
    {"small", tag::breakout},
    {"span", tag::breakout},
    {"strong", tag::breakout},
    {"strike", tag::breakout},
    {"sub", tag::breakout},
    {"sup", tag::breakout},
    {"tt", tag::breakout},
    {"u", tag::breakout},
    {"ul", tag::breakout},
    {"var", tag::breakout},
}}};

constinit const name_table<attr, 14> short_attrs{{{
    {"action", attr::action},
    {"charset", attr::charset},
    {"cite", attr::cite},
    {"content", attr::content},
    {"data", attr::data},
    {"href", attr::href},
    {"id", attr::id},
    {"name", attr::name},
    {"poster", attr::poster},
    {"rel", attr::rel},
    {"src", attr::src},
    {"srcset", attr::srcset},
    {"style", attr::style},
    {"type", attr::type},
}}};

tag find_long_tag(std::string_view lower) noexcept {
  if (lower == "plaintext") return tag::plaintext;
  if (lower == "blockquote") return tag::blockquote;
  if (lower == "foreignobject") return tag::foreignobject;
  return tag::unknown;
}

attr find_long_attr(std::string_view lower) noexcept {
  if (lower == "http-equiv") return attr::http_equiv;
  if (lower == "xlink:href") return attr::xlink_href;
  if (lower == "formaction") return attr::formaction;
  if (lower == "background") return attr::background;
  if (lower == "imagesrcset") return attr::imagesrcset;
  return attr::none;
}

}  // namespace bight::crawl::html::detail
