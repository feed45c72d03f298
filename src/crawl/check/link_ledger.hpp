// What is known of the targets of links, and where the links are.
#pragma once
#include <bight/crawl/external_checker.hpp>
#include <bight/crawl/fragments.hpp>
#include <bight/crawl/link_report.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bight::crawl::check {

enum class page_id : std::uint32_t {};

/// A link on a page.
struct link_use {
  page_id page{};
  std::uint32_t line = 0;
  std::string text;
};

/// The places of a link, up to a limit.
class link_uses {
 public:
  void add(link_use use, std::size_t limit) {
    if (first_.size() < limit)
      first_.push_back(std::move(use));
    else
      ++more_;
  }
  void drop_places() noexcept {
    more_ += first_.size();
    first_.clear();
    first_.shrink_to_fit();
  }
  bool empty() const noexcept { return first_.empty() && more_ == 0; }
  const std::vector<link_use>& first() const noexcept { return first_; }
  std::size_t more() const noexcept { return more_; }

 private:
  std::vector<link_use> first_;
  std::size_t more_ = 0;
};

/// Collects links and results by URL and makes a report of them. Does no I/O.
class link_ledger {
 public:
  struct options {
    bool fragments = false;
    bool redirects = false;
    std::size_t max_places = 100;
  };

  explicit link_ledger(const options& o) noexcept : options_(o) {}

  page_id add_page(std::string shown, bool local);
  /// Adds a link. `url`: without fragment. `fragment`: percent-encoded. Returns: whether the URL is new.
  bool add_link(std::string_view url, std::string_view fragment, link_use use);
  /// Adds a finding that does not depend on the target: an insecure link, mixed content, an invalid URL.
  void add_finding(link_verdict verdict, link_cause cause, std::string_view url, std::string_view reason,
                   link_use use);
  /// Stores the result for a URL; the first one counts. A redirect is a result with a final_url that is known
  /// or will be: its verdict is that of the target. `start`: it is reported even if nothing links to it.
  void settle(std::string_view url, external_result result, bool start = false);
  /// Stores a redirect of the crawl: the verdict is that of `target`, which becomes known.
  void settle_redirect(std::string_view url, int status, std::string target, bool start = false);

  /// The URLs without a result to which something leads, in order of discovery, from `from` on. `wants_ids`:
  /// whether a fragment is to be looked up.
  struct open_url {
    std::string url;
    bool wants_ids;
  };
  std::vector<open_url> open() const;
  bool is_settled(std::string_view url) const;
  bool wants_ids(std::string_view url) const;
  std::size_t open_count() const noexcept { return open_; }

  /// Everything but counts of links and pages. `show`: how a URL appears in the report.
  template <class Show>
  link_report report(Show show) const {
    auto r = report();
    for (auto& l : r.links) {
      l.url = show(std::move(l.url));
      if (!l.final_url.empty()) l.final_url = show(std::move(l.final_url));
    }
    r.sort();
    return r;
  }
  link_report report() const;

 private:
  struct target {
    std::unique_ptr<external_result> result;  // null: open
    bool redirect = false;                    // result->final_url is another target
    bool start = false;
    link_uses plain;
    std::map<std::string, link_uses, std::less<>> by_fragment;
    bool linked() const noexcept { return !plain.empty() || !by_fragment.empty(); }
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using table = std::unordered_map<std::string, target, text_hash, std::equal_to<>>;
  struct outcome {
    const external_result* result = nullptr;  // null: open
    std::string final_url;
    bool fragment_replaced = false;
  };

  target& find_or_add(std::string_view url, bool& fresh);
  const target* find(std::string_view url) const;
  outcome outcome_of(const std::string& url, const target& t) const;
  void report_target(const std::string& url, const target& t, link_report& r) const;
  void report_fragments(const std::string& url, const target& t, const outcome& o, link_report& r) const;
  checked_link finding(std::string url, const external_result& result, const outcome& o) const;
  void add_places(checked_link& l, const link_uses& uses) const;

  options options_;
  std::vector<std::pair<std::string, bool>> pages_;
  table targets_;
  std::vector<const table::value_type*> order_;
  std::map<std::pair<link_cause, std::string>, std::pair<checked_link, link_uses>> findings_;
  std::size_t open_ = 0;
};

}  // namespace bight::crawl::check
