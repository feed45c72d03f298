#include "crawl/check/link_ledger.hpp"

#include <algorithm>
#include <bight/http/url.hpp>

#include "crawl/check/report_parts.hpp"

namespace bight::crawl::check {
namespace {

std::string_view without_fragment(std::string_view url) { return url.substr(0, url.find('#')); }

}  // namespace

page_id link_ledger::add_page(std::string shown, bool local) {
  pages_.emplace_back(std::move(shown), local);
  return static_cast<page_id>(pages_.size() - 1);
}

link_ledger::target& link_ledger::find_or_add(std::string_view url, bool& fresh) {
  if (const auto found = targets_.find(url); found != targets_.end()) return found->second;
  const auto made = targets_.try_emplace(std::string{url}).first;
  order_.push_back(&*made);
  ++open_;
  fresh = true;
  return made->second;
}

const link_ledger::target* link_ledger::find(std::string_view url) const {
  const auto found = targets_.find(url);
  return found == targets_.end() ? nullptr : &found->second;
}

bool link_ledger::add_link(std::string_view url, std::string_view fragment, link_use use) {
  bool fresh = false;
  auto& t = find_or_add(url, fresh);
  const auto wanted = options_.fragments ? checkable_fragment(fragment) : std::string_view{};
  if (!wanted.empty()) {
    auto place = t.by_fragment.find(wanted);
    if (place == t.by_fragment.end()) place = t.by_fragment.try_emplace(std::string{wanted}).first;
    place->second.add(std::move(use), options_.max_places);
  } else {
    // Of a good link nobody asks for the places, unless redirects are reported.
    const bool forget =
        t.result && !t.redirect && t.result->verdict == link_verdict::good && t.result->final_url.empty();
    t.plain.add(std::move(use), forget ? 0 : options_.max_places);
  }
  return fresh;
}

void link_ledger::add_finding(link_verdict verdict, link_cause cause, std::string_view url,
                              std::string_view reason, link_use use) {
  auto& [link, uses] = findings_[{cause, std::string{url}}];
  link.url = url;
  link.verdict = verdict;
  link.cause = cause;
  link.reason = reason;
  uses.add(std::move(use), options_.max_places);
}

void link_ledger::settle(std::string_view url, external_result result, bool start) {
  bool fresh = false;
  auto& t = find_or_add(url, fresh);
  t.start = t.start || start;
  if (t.result) return;
  --open_;
  if (result.verdict == link_verdict::good && result.final_url.empty()) t.plain.drop_places();
  t.result = std::make_unique<external_result>(std::move(result));
}

void link_ledger::settle_redirect(std::string_view url, int status, std::string target_url, bool start) {
  external_result r;
  r.status = status;
  r.final_url = std::move(target_url);
  const std::string next{without_fragment(r.final_url)};
  bool fresh = false;
  auto& t = find_or_add(url, fresh);
  t.start = t.start || start;
  if (t.result) return;
  --open_;
  t.redirect = true;
  t.result = std::make_unique<external_result>(std::move(r));
  static_cast<void>(find_or_add(next, fresh));
}

bool link_ledger::is_settled(std::string_view url) const {
  const auto* const t = find(url);
  return t && t->result;
}

bool link_ledger::wants_ids(std::string_view url) const {
  const auto* const t = find(url);
  return t && !t->by_fragment.empty();
}

std::vector<link_ledger::open_url> link_ledger::open() const {
  // A redirect passes its fragments on.
  std::unordered_map<std::string_view, bool> ids;
  for (const auto* const entry : order_) {
    const auto& t = entry->second;
    if (t.by_fragment.empty()) continue;
    const auto o = outcome_of(entry->first, t);
    ids[without_fragment(entry->first)] = true;
    if (t.redirect) {
      if (const auto next = targets_.find(without_fragment(o.final_url)); next != targets_.end())
        ids[next->first] = true;
    }
  }
  std::vector<open_url> all;
  for (const auto* const entry : order_)
    if (!entry->second.result) all.push_back({entry->first, ids.contains(entry->first)});
  return all;
}

// Follows the redirects of the crawl to the URL that decides.
link_ledger::outcome link_ledger::outcome_of(const std::string& url, const target& t) const {
  constexpr int max_hops = 50;
  outcome o;
  const auto* at = &t;
  for (int hop = 0; hop != max_hops; ++hop) {
    o.result = at->result.get();
    if (!o.result) return o;
    if (!o.result->final_url.empty()) {
      o.final_url = o.result->final_url;
      o.fragment_replaced = o.fragment_replaced || o.final_url.find('#') != o.final_url.npos;
    }
    if (!at->redirect) return o;
    const auto* const next = find(without_fragment(o.final_url));
    if (!next || next == &t) break;
    at = next;
  }
  static const external_result loop = [] {
    external_result r;
    r.verdict = link_verdict::broken;
    r.cause = link_cause::redirect;
    r.reason = "redirect loop";
    return r;
  }();
  static_cast<void>(url);
  o.result = &loop;
  return o;
}

void link_ledger::add_places(checked_link& l, const link_uses& uses) const {
  l.more_places += uses.more();
  for (const auto& use : uses.first()) {
    if (l.places.size() >= options_.max_places) {
      ++l.more_places;
      continue;
    }
    const auto& [page, local] = pages_[static_cast<std::size_t>(use.page)];
    l.places.push_back({page, use.line, use.text, local});
  }
}

checked_link link_ledger::finding(std::string url, const external_result& result, const outcome& o) const {
  checked_link l;
  l.url = std::move(url);
  l.verdict = result.verdict;
  l.cause = result.cause;
  l.status = result.status;
  l.reason = result.reason;
  l.final_url = o.final_url;
  return l;
}

void link_ledger::report_target(const std::string& url, const target& t, link_report& r) const {
  if (!t.linked() && !t.start) return;
  r.counts.urls += (t.plain.empty() ? 0U : 1U) + t.by_fragment.size();
  const auto o = outcome_of(url, t);
  if (!o.result) return;
  if (o.result->verdict == link_verdict::good) return report_fragments(url, t, o, r);
  auto l = finding(url, *o.result, o);
  add_places(l, t.plain);
  for (const auto& [fragment, uses] : t.by_fragment) add_places(l, uses);
  r.links.push_back(std::move(l));
}

void link_ledger::report_fragments(const std::string& url, const target& t, const outcome& o,
                                   link_report& r) const {
  r.counts.good += t.plain.empty() ? 0U : 1U;
  const auto* const ids = o.fragment_replaced ? nullptr : o.result->ids.get();
  for (const auto& [fragment, uses] : t.by_fragment) {
    if (!ids || ids->contains(fragment)) {
      ++r.counts.good;
      continue;
    }
    auto l = finding(url + '#' + fragment, *o.result, o);
    l.verdict = link_verdict::broken;
    l.cause = link_cause::fragment;
    l.reason = "no element has the id \"" + one_line(http::percent_decode(fragment), 200) + '"';
    add_places(l, uses);
    r.links.push_back(std::move(l));
  }
  if (!options_.redirects || o.final_url.empty()) return;
  auto l = finding(url, *o.result, o);
  l.verdict = link_verdict::redirected;
  if (t.redirect) l.status = t.result->status;
  add_places(l, t.plain);
  for (const auto& [fragment, uses] : t.by_fragment) add_places(l, uses);
  if (!l.places.empty()) r.links.push_back(std::move(l));
}

link_report link_ledger::report() const {
  link_report r;
  for (const auto* const entry : order_) report_target(entry->first, entry->second, r);
  for (const auto& [key, found] : findings_) {
    auto l = found.first;
    add_places(l, found.second);
    r.links.push_back(std::move(l));
  }
  r.sort();
  return r;
}

}  // namespace bight::crawl::check
