#include "crawl/sitemap/xml_entries.hpp"

#include <limits>
#include <new>

#include "crawl/html/scan.hpp"

namespace bight::crawl::sitemap {
namespace {

// Prefixes are often not declared, and namespaces wrong.
std::string_view without_prefix(std::string_view name) noexcept {
  return name.substr(name.find(':') + 1);  // the whole name if there is none
}

}  // namespace

// Exceptions do not pass through expat: they are kept until it has returned.
struct handlers {
  template <class F>
  static void call(void* self, F f) {
    auto& reader = *static_cast<xml_entries*>(self);
    if (reader.stopped_) return;
    try {
      f(reader);
    } catch (...) {
      reader.thrown_ = std::current_exception();
      reader.stopped_ = true;
      XML_StopParser(reader.parser_.get(), XML_FALSE);
    }
  }
  static void start(void* self, const XML_Char* name, const XML_Char** of) {
    call(self, [&](xml_entries& r) { r.begin(name, {of}); });
  }
  static void end(void* self, const XML_Char*) {
    call(self, [](xml_entries& r) { r.end(); });
  }
  static void characters(void* self, const XML_Char* text, int size) {
    call(self, [&](xml_entries& r) { r.text({text, static_cast<std::size_t>(size)}); });
  }
  static void entity(void* self, const XML_Char* name, int, const XML_Char*, int, const XML_Char*,
                     const XML_Char*, const XML_Char*, const XML_Char*) {
    call(self, [&](xml_entries& r) { r.refuse_entity(name); });
  }
};

bool entry_output::put(std::string_view reference, const http::url& base, sitemap_entry_kind kind,
                       std::string_view changed, std::string_view language) {
  reference = html::trim_space(reference);
  const bool good = !reference.empty() && reference.size() <= limits_.max_url_bytes &&
                    http::url::resolve_into(reference, base, target_) && target_.is_http();
  if (!good) {
    ++dropped_;
    return true;
  }
  const bool alternate = kind == sitemap_entry_kind::alternate;
  auto& count = alternate ? alternates_ : entries_;
  const auto most = alternate ? limits_.max_alternates : limits_.max_entries;
  if (count == most) {
    full_ = "more than " + std::to_string(most) + (alternate ? " alternates" : " entries");
    return false;
  }
  ++count;
  (*sink_)({target_, kind, html::trim_space(changed), language});
  return true;
}

xml_entries::xml_entries(entry_output& out) : out_(out), parser_(XML_ParserCreate("UTF-8")) {
  if (!parser_) throw std::bad_alloc{};
  XML_SetUserData(parser_.get(), this);
  XML_SetElementHandler(parser_.get(), handlers::start, handlers::end);
  XML_SetCharacterDataHandler(parser_.get(), handlers::characters);
  XML_SetEntityDeclHandler(parser_.get(), handlers::entity);
}

std::string_view xml_entries::attributes::get(std::string_view name) const noexcept {
  for (const auto* pair = pairs; *pair != nullptr; pair += 2)
    if (*pair == name) return pair[1];
  return {};
}

bool xml_entries::feed(std::string_view text, bool last) {
  if (stopped_) return false;
  while (true) {
    constexpr std::size_t most = std::numeric_limits<int>::max();
    const auto piece = text.substr(0, most);
    text.remove_prefix(piece.size());
    const auto status =
        XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), last && text.empty());
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (stopped_) return false;
    if (status == XML_STATUS_ERROR) {
      stop(XML_ErrorString(XML_GetErrorCode(parser_.get())));
      return false;
    }
    if (text.empty()) return true;
  }
}

void xml_entries::stop(std::string why) {
  error_ = "line " + std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ": " + std::move(why);
  stopped_ = true;
  XML_StopParser(parser_.get(), XML_FALSE);
}

void xml_entries::refuse_entity(std::string_view name) {
  stop("it declares the entity '" + std::string{name.substr(0, 100)} + "', which is refused");
}

void xml_entries::begin_root(element root, std::string_view local) {
  switch (root) {
    case element::urlset:
      format_ = sitemap_format::urlset;
      break;
    case element::index:
      format_ = sitemap_format::index;
      break;
    case element::rss:
      format_ = sitemap_format::rss;
      break;
    case element::feed:
      format_ = sitemap_format::atom;
      break;
    default:
      stop("not a sitemap and not a feed: the root element is <" + std::string{local.substr(0, 100)} + ">");
  }
}

void xml_entries::begin(std::string_view name, attributes of) {
  const auto local = without_prefix(name);
  const auto parent = open_.empty() ? element::none : open_.back();
  const auto what = classify(parent, local, !of.get("href").empty());
  if (open_.empty()) begin_root(what, local);
  if (open_.size() == out_.limits().max_depth)
    return stop("more than " + std::to_string(out_.limits().max_depth) + " elements within each other");
  open_.push_back(what);
  if (const auto given = of.get("xml:base"); !given.empty() && !stopped_) {
    http::url inner;
    if (http::url::resolve_into(given, base(), inner)) bases_.emplace_back(open_.size(), std::move(inner));
  }
  text_.clear();
  too_long_ = false;
  if (what == element::url || what == element::sitemap || what == element::item || what == element::entry) {
    loc_.clear();
    changed_.clear();
  }
  if (what == element::guid) permalink_ = of.get("isPermaLink") != "false";
  if (what == element::enclosure) put(of.get("url"), sitemap_entry_kind::enclosure);
  if (what == element::alternate && of.get("rel") == "alternate")
    put(of.get("href"), sitemap_entry_kind::alternate, of.get("hreflang"));
  if (what == element::atom_link) atom_link(of);
}

// Pages of a feed (RFC 5005) are feeds.
void xml_entries::atom_link(attributes of) {
  const auto rel = of.get("rel");
  if (rel.empty() || rel == "alternate") put(of.get("href"), sitemap_entry_kind::page);
  if (rel == "enclosure") put(of.get("href"), sitemap_entry_kind::enclosure);
  if (rel == "next" || rel == "next-archive" || rel == "prev-archive")
    put(of.get("href"), sitemap_entry_kind::sitemap);
}

void xml_entries::text(std::string_view piece) {
  if (open_.empty() || !has_text(open_.back())) return;
  // White space around a URL is no part of it.
  if (text_.size() + piece.size() > 2 * out_.limits().max_url_bytes)
    too_long_ = true;
  else
    text_.append(piece);
}

void xml_entries::put(std::string_view reference, sitemap_entry_kind kind, std::string_view language) {
  if (!out_.put(reference, base(), kind, changed_, language)) stop(out_.full());
}

void xml_entries::end() {
  const auto what = open_.back();
  switch (what) {
    case element::loc:
    case element::item_link:
    case element::guid:
      if (too_long_)
        out_.drop();
      else if (what == element::item_link && open_[open_.size() - 2] != element::item)
        put(text_, sitemap_entry_kind::page);  // of the channel
      else if (what != element::guid || (permalink_ && loc_.empty()))
        loc_ = text_;
      break;
    case element::lastmod:
    case element::date:
      changed_ = text_;
      break;
    case element::url:
    case element::sitemap:
    case element::item:
      if (!loc_.empty())
        put(loc_, what == element::sitemap ? sitemap_entry_kind::sitemap : sitemap_entry_kind::page);
      break;
    default:
      break;
  }
  if (!bases_.empty() && bases_.back().first == open_.size()) bases_.pop_back();
  open_.pop_back();
  text_.clear();
}

}  // namespace bight::crawl::sitemap
