#include "crawl/fetch/page_reader.hpp"

#include <algorithm>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <limits>
#include <memory>
#include <utility>

#include "crawl/fetch/describe_error.hpp"
#include "crawl/fetch/link_text.hpp"
#include "crawl/fetch/retryable.hpp"
#include "crawl/fetch/url_text.hpp"
#include "crawl/url_table.hpp"

namespace bight::crawl {
namespace {

link_options options_for(link_source source, link_kinds kinds, std::string robots_name, bool ids = false) {
  link_options o;
  o.ids = ids;
  o.source = source;
  o.kinds = kinds;
  o.robots_name = std::move(robots_name);
  return o;
}

bool has_header_links(const http::response& response) {
  const auto& h = response.headers();
  return h.contains(http::header_id::link) || h.contains("Refresh");
}

}  // namespace

std::string product_of(std::string_view user_agent) {
  return std::string{user_agent.substr(0, user_agent.find_first_of("/ "))};
}

void settle_credentials(const http::url& from, http::url& to, bool redirect) {
  if (!from.has_credentials() && !(redirect && to.has_credentials())) return;
  const bool same = to.is_http() && to.origin() == from.origin();
  if (same && !to.has_credentials()) {
    static_cast<void>(to.set_username(from.username()) && to.set_password(from.password()));
  } else if (!same && redirect) {
    static_cast<void>(to.set_username({}) && to.set_password({}));
  }
}

page_reader::page_reader(const scope& s, const crawl_options& options, const crawl_hooks& hooks,
                         bool cut_depth)
    : scope_(s),
      options_(options),
      hooks_(hooks),
      cut_depth_(cut_depth),
      product_(product_of(options.user_agent)),
      html_(options_for(link_source::html, options.kinds, product_, options.keep_ids)),
      css_(options_for(link_source::css, options.kinds, product_)) {}

awaitable<void> page_reader::read(http::response& response, const assignment& a, fetched& out) {
  extractor_ = nullptr;
  first_.clear();
  body_.clear();
  kept_text_.clear();
  text_size_ = 0;
  header_links_.clear();
  links_left_out_ = false;
  size_ = 0;
  const bool success = response.status().is_success();
  kind_ = success ? body_kind_of(out.result.content_type) : body_kind::other;
  if (kind_) begin(*kind_, out);
  const bool wanted = parses() || !kind_ || options_.keep_body || (success && hooks_.on_body);
  if (wanted)
    co_await read_pieces(response, out);
  else
    co_await skip(response, out);
  if (options_.keep_body) out.result.body = body_;
  if (options_.keep_ids && out.result.html && out.cut.empty()) keep_ids(out);
  const bool has_links = parses() || (success && has_header_links(response));
  if (!has_links) co_return;
  if (success) read_link_headers(response);
  if (parses()) out.result.charset = text_.charset();
  resolve_links(a, nofollow_of(response), out);
}

// A body that nobody reads. A short one is read to its end for the connection's sake.
awaitable<void> page_reader::skip(http::response& response, fetched& out) {
  constexpr std::size_t max_drain = 256U << 10U;
  try {
    co_await response.drain(max_drain);
  } catch (const boost::system::system_error& e) { note_cut(e, response, out); }
}

// The body of an error or a redirect does not matter.
void page_reader::note_cut(const boost::system::system_error& e, const http::response& response,
                           fetched& out) {
  if (!response.status().is_success()) return;
  out.cut = describe_error(e, response.url().redacted());
  out.cut_by_network = is_retryable(e.code());
}

awaitable<void> page_reader::read_pieces(http::response& response, fetched& out) {
  const bool pass_on = hooks_.on_body && response.status().is_success();
  bool ended = false;
  while (!ended && out.cut.empty()) {
    std::string_view piece;
    try {
      piece = co_await response.read_piece();
    } catch (const boost::system::system_error& e) { note_cut(e, response, out); }
    ended = piece.empty();
    const bool document = parses() || !kind_;
    if (document && size_ + piece.size() > options_.max_body) {
      piece = piece.substr(0, options_.max_body - size_);
      out.cut = "longer than " + std::to_string(options_.max_body) + " bytes; the rest was not read";
    }
    size_ += piece.size();
    if (kind_)
      feed(piece);
    else
      sniff(piece, ended, out);
    keep(piece);
    if (pass_on && !piece.empty()) {
      auto told = hooks_.on_body(out.result, piece);
      co_await std::move(told);
    }
    if (!ended && !pass_on && kind_ == body_kind::other &&
        (!options_.keep_body || body_.size() >= options_.max_kept)) {
      co_await skip(response, out);
      ended = true;
    }
  }
  finish();
  if (pass_on) {
    auto told = hooks_.on_body(out.result, {});
    co_await std::move(told);
  }
}

void page_reader::sniff(std::string_view piece, bool ended, fetched& out) {
  first_.append(piece);
  if (first_.size() < sniffed_bytes && !ended) return;
  begin(sniff_body(out.result.content_type, first_), out);
  feed(first_);
}

void page_reader::begin(body_kind kind, fetched& out) {
  kind_ = kind;
  out.result.html = kind == body_kind::html || kind == body_kind::xhtml;
  if (kind == body_kind::other) return;
  if (kind == body_kind::xhtml && !xhtml_)
    xhtml_.emplace(options_for(link_source::xhtml, options_.kinds, product_, options_.keep_ids));
  extractor_ = kind == body_kind::css ? &css_ : kind == body_kind::html ? &html_ : &*xhtml_;
  extractor_->reset();
  raw_.clear();
  raw_text_.clear();
  text_.begin(out.result.content_type);
}

void page_reader::feed(std::string_view piece) {
  if (parses() && !piece.empty()) feed_text(text_.feed(piece));
}

void page_reader::feed_text(std::string_view text) {
  keep_text(text);
  extractor_->feed(text, [this](const link& l) { note_link(l); });
}

void page_reader::finish() {
  if (!parses()) return;
  feed_text(text_.finish());
  extractor_->finish([this](const link& l) { note_link(l); });
}

void page_reader::note_link(const link& l) {
  if (raw_text_.size() + l.url.size() > std::numeric_limits<std::uint32_t>::max()) return;
  raw_.push_back({l.offset, static_cast<std::uint32_t>(raw_text_.size()),
                  static_cast<std::uint32_t>(l.url.size()), l.kind, l.nofollow});
  raw_text_.append(l.url);
}

// Links say where they are in the text. It may turn out late that this is not the body: up to there it was.
void page_reader::keep_text(std::string_view text) {
  if (!options_.keep_links) return;
  if (text_.same_as_body()) {
    text_size_ += text.size();
    return;
  }
  if (kept_text_.empty()) kept_text_.assign(body_, 0, std::exchange(text_size_, 0));
  kept_text_.append(text.substr(0, options_.max_kept - std::min(options_.max_kept, kept_text_.size())));
}

// Links in headers, which have no place in the document.
void page_reader::read_link_headers(const http::response& response) {
  const auto& h = response.headers();
  const auto note = [this](const link& l) {
    if (options_.kinds.contains(l.kind)) header_links_.push_back({std::string{l.url}, l.kind, l.nofollow});
  };
  for (const auto value : h.get_all(http::header_id::link)) parse_link_header(value, note);
  if (const auto value = h.get("Refresh"))
    if (auto target = parse_refresh(*value); target && !target->url.empty())
      note({link_kind::refresh, false, 0, target->url});
}

void page_reader::keep(std::string_view piece) {
  if (!options_.keep_body && !options_.keep_links) return;
  body_.append(piece.substr(0, options_.max_kept - std::min(options_.max_kept, body_.size())));
}

void page_reader::keep_ids(fetched& out) {
  const auto& facts = extractor_->facts();
  auto ids = std::make_shared<fragment_ids>(facts.ids);
  ids->pack();
  out.result.ids = std::move(ids);
}

bool page_reader::nofollow_of(const http::response& response) const {
  if (!options_.obey_robots) return false;
  robots_directives robots;
  if (parses()) robots = extractor_->facts().robots;
  for (const auto value : response.headers().get_all(http::header_id::x_robots_tag))
    parse_x_robots_tag(value, product_, robots);
  return robots.nofollow;
}

// Links count against the base of the whole page, which may come after the first of them; those of headers
// count against the URL (RFC 8288 3.2).
void page_reader::resolve_links(const assignment& a, bool nofollow, fetched& out) {
  note_own_prefix(a.url);
  for (const auto& l : header_links_)
    if (http::url::resolve_into(keep_bytes(l.url, spelling_), a.url, target_))
      found(a, l.kind, nofollow || l.nofollow, false, nullptr, out);
  if (!parses()) return;
  const auto& facts = extractor_->facts();
  http::url base = a.url;
  if (facts.base) {
    http::url declared;
    if (http::url::resolve_into(text_.reference(*facts.base), a.url, declared) && declared.is_http())
      base = std::move(declared);
  }
  const bool own_base = base.href_without_fragment() == a.url.href_without_fragment();
  link_text where{text_.same_as_body() ? std::string_view{body_} : std::string_view{kept_text_}};
  const bool ascii = is_ascii(raw_text_);
  ++document_;
  const std::string_view all = raw_text_;
  for (const auto& l : raw_) {
    const auto reference = all.substr(l.begin, l.size);
    const bool to_itself = own_base && reference.starts_with('#');
    if (to_itself && !options_.keep_links) continue;
    if (reference.size() > options_.max_url_length) continue;
    const auto before = out.result.link_count;
    auto& seen = place_of(reference);
    if (!options_.keep_links) {
      if (options_.obey_robots && (nofollow || l.nofollow)) continue;
      if (seen.document == document_ && all.substr(seen.begin, seen.size) == reference) {
        out.result.link_count += seen.counted ? 1U : 0U;
        continue;
      }
      seen = {document_, l.begin, l.size, false};
    }
    const bool valid = http::url::resolve_into(ascii ? reference : text_.reference(reference), base, target_);
    if (!valid && !options_.keep_links) continue;
    place at{l.offset, where, valid ? std::string_view{} : reference};
    found(a, l.kind, nofollow || l.nofollow, to_itself, &at, out);
    seen.counted = out.result.link_count != before;
  }
}

// A third of the links of real pages repeat another one, letter by letter.
page_reader::seen_link& page_reader::place_of(std::string_view reference) noexcept {
  return seen_[detail::url_table::hash(reference) % seen_.size()];
}

// A link to target_. `at`: where it is in the document; nullptr: in a header.
void page_reader::found(const assignment& a, link_kind kind, bool nofollow, bool to_itself, place* at,
                        fetched& out) {
  const bool follow = !options_.obey_robots || !nofollow;
  if (options_.keep_links) keep_link(kind, nofollow, at, out);
  if (!target_.is_http() || to_itself || !follow) return;
  settle_credentials(a.url, target_, false);
  ++out.result.link_count;
  add(target_, a.depth + 1, kind, false, out);
}

void page_reader::keep_link(link_kind kind, bool nofollow, place* at, fetched& out) {
  if (out.result.links.size() >= options_.max_kept_links) {
    if (!std::exchange(links_left_out_, true))
      out.result.warnings.push_back("more than " + std::to_string(options_.max_kept_links) +
                                    " links; the rest were not kept");
    return;
  }
  auto& kept = out.result.links.emplace_back();
  kept.url = target_;
  kept.kind = kind;
  kept.nofollow = nofollow;
  if (at == nullptr) return;
  kept.invalid = at->invalid;
  kept.line = at->text.line(at->offset);
  kept.text = at->text.text(at->offset, kind);
}

// Most links lead to the host of their page.
void page_reader::note_own_prefix(const http::url& page) {
  own_prefix_.clear();
  if (!scope_.only_hosts() || !scope_.decide(page)) return;
  const auto before_path = static_cast<std::size_t>(page.path().data() - page.href().data());
  own_prefix_.assign(page.href(), 0, before_path).push_back('/');
}

void page_reader::add(const http::url& target, std::uint32_t depth, link_kind kind, bool is_redirect,
                      fetched& out) {
  if (cut_depth_ && depth > options_.max_depth) return;
  const auto href = target.href_without_fragment();
  const bool own = !is_redirect && !own_prefix_.empty() && href.starts_with(own_prefix_);
  if (!own && !scope_.decide(target)) return;
  auto spelled = normal_spelling(href, spelling_);
  // A redirect to another spelling of the same URL is worth following.
  if (is_redirect && spelled != href &&
      spelled == normal_spelling(out.result.url.href_without_fragment(), origin_spelling_))
    spelled = href;
  out.found.add(spelled, depth, kind, is_redirect);
}

}  // namespace bight::crawl
