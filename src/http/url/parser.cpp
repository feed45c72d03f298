#include "http/url/parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/url/clean_input.hpp"
#include "http/url/host.hpp"
#include "http/url/path.hpp"
#include "http/url/percent.hpp"
#include "http/url/scheme.hpp"

namespace bight::http::url_detail {
namespace {

using scheme_kind = url_access::scheme_kind;

// Writes the serialisation from left to right, as the components of the input come. Its functions are named
// after the states of the standard; each takes what is left of the input.
class parser {
 public:
  parser(const url* base, url& out, const url_limits& limits)
      : base_(base), out_(url_access::href(out)), at_(url_access::at(out)), limits_(limits) {
    out_.clear();
    at_ = url_access::places{};
  }

  bool parse(std::string_view input) {
    const std::size_t length = scheme_length(input);
    if (length == 0) return no_scheme(input);
    std::transform(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length),
                   std::back_inserter(out_), to_lower);
    end_scheme(kind_of_scheme(out_));
    input.remove_prefix(length + 1);
    if (is_file()) return file(input);
    if (is_special()) {
      const bool relative_possible = base_ != nullptr && url_access::at(*base_).scheme == at_.scheme;
      if (relative_possible && !input.starts_with("//")) return relative(input);
      return special_authority(input);
    }
    if (input.starts_with("//")) return authority(input.substr(2));
    no_host();
    if (input.starts_with('/')) return path_start(input);
    return opaque_path(input);
  }

 private:
  [[nodiscard]] bool is_special() const noexcept { return at_.scheme != scheme_kind::other; }
  [[nodiscard]] bool is_file() const noexcept { return at_.scheme == scheme_kind::file; }
  [[nodiscard]] bool is_slash(char c) const noexcept { return c == '/' || (c == '\\' && is_special()); }
  [[nodiscard]] bool has_slash(std::string_view rest, std::size_t i) const noexcept {
    return rest.size() > i && is_slash(rest[i]);
  }
  [[nodiscard]] path_style style() const noexcept { return {is_special(), is_file()}; }
  [[nodiscard]] std::uint32_t here() const noexcept { return static_cast<std::uint32_t>(out_.size()); }

  void end_scheme(scheme_kind kind) {
    at_.scheme = kind;
    at_.scheme_end = here();
    out_.push_back(':');
  }

  void no_host() { at_.username_end = at_.host = at_.host_end = here(); }

  // The host of file URLs is never null.
  void empty_host() {
    out_.append("//");
    no_host();
    at_.host_is = host_kind::empty;
  }

  bool no_scheme(std::string_view rest) {
    if (base_ == nullptr) return false;
    if (base_->has_opaque_path()) {
      if (!rest.starts_with('#')) return false;
      copy_base(url_access::at(*base_).fragment);
      return query_and_fragment(rest);
    }
    at_.scheme = url_access::at(*base_).scheme;
    if (is_file()) {
      out_.append("file");
      end_scheme(scheme_kind::file);
      return file(rest);
    }
    return relative(rest);
  }

  // Takes over the base up to `end` of its serialisation.
  void copy_base(std::uint32_t end) {
    out_.assign(base_->href(), 0, end);
    at_ = url_access::at(*base_);
    at_.query = std::min(at_.query, end);
    at_.fragment = end;
  }

  // Takes over scheme, credentials, host and port, and an empty path.
  void copy_base_authority() {
    const auto& from = url_access::at(*base_);
    copy_base(from.host_is == host_kind::none ? from.host_end : from.path);
    at_.path = here();
  }

  bool relative(std::string_view rest) {
    if (has_slash(rest, 0)) {
      if (has_slash(rest, 1)) {
        out_.assign(base_->scheme());
        end_scheme(url_access::at(*base_).scheme);
        return is_special() ? special_authority(rest) : authority(rest.substr(2));
      }
      copy_base_authority();
      return path(rest.substr(1));
    }
    return relative_to_path(rest);
  }

  // No slash at the front: the path of the base stays, in full or up to its last segment.
  bool relative_to_path(std::string_view rest) {
    const auto& from = url_access::at(*base_);
    if (rest.empty() || rest[0] == '#') {
      copy_base(from.fragment);
      return query_and_fragment(rest);
    }
    if (rest[0] == '?') {
      copy_base(from.query);
      return query_and_fragment(rest);
    }
    copy_base_authority();
    out_.append(base_->path());
    shorten_path(out_, at_.path, style());
    return path(rest);
  }

  bool special_authority(std::string_view rest) {
    const auto begin =
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return c == '/' || c == '\\'; });
    return authority(rest.substr(static_cast<std::size_t>(begin - rest.begin())));
  }

  bool authority(std::string_view rest) {
    const auto end = std::min(rest.find_first_of(is_special() ? "/\\?#" : "/?#"), rest.size());
    auto text = rest.substr(0, end);
    out_.append("//");
    if (const auto at_sign = text.rfind('@'); at_sign != std::string_view::npos) {
      credentials(text.substr(0, at_sign));
      text.remove_prefix(at_sign + 1);
      if (text.empty()) return false;
    } else {
      at_.username_end = here();
    }
    return host_and_port(text) && path_start(rest.substr(end));
  }

  void credentials(std::string_view text) {
    const auto colon = text.find(':');
    const auto username = text.substr(0, colon);
    append_percent_encoded(out_, username, percent_encode_set::userinfo);
    at_.username_end = here();
    if (colon != std::string_view::npos && colon + 1 != text.size()) {
      out_.push_back(':');
      append_percent_encoded(out_, text.substr(colon + 1), percent_encode_set::userinfo);
    } else if (username.empty()) {
      return;
    }
    out_.push_back('@');
  }

  bool host_and_port(std::string_view text) {
    at_.host = at_.host_end = here();
    bool in_brackets = false;
    const auto colon = static_cast<std::size_t>(std::find_if(text.begin(), text.end(),
                                                             [&in_brackets](char c) {
                                                               if (c == '[') in_brackets = true;
                                                               if (c == ']') in_brackets = false;
                                                               return c == ':' && !in_brackets;
                                                             }) -
                                                text.begin());
    if (colon == 0) {
      at_.host_is = host_kind::empty;
      return text.empty() && !is_special();
    }
    if (!host(text.substr(0, colon))) return false;
    if (colon == text.size()) return true;
    if (!parse_port(text.substr(colon + 1), at_)) return false;
    append_port(out_, at_);
    return true;
  }

  bool host(std::string_view text) {
    const auto kind = append_host(out_, text, is_special(), limits_);
    if (!kind) return false;
    at_.host_is = *kind;
    at_.host_end = here();
    return true;
  }

  bool file(std::string_view rest) {
    if (has_slash(rest, 0)) {
      return has_slash(rest, 1) ? file_host(rest.substr(2)) : file_slash(rest.substr(1));
    }
    if (base_ == nullptr || url_access::at(*base_).scheme != scheme_kind::file) {
      empty_host();
      return path_start(rest);
    }
    if (!starts_with_windows_drive_letter(rest)) return relative_to_path(rest);
    copy_base_authority();
    return path(rest);
  }

  bool file_slash(std::string_view rest) {
    if (base_ == nullptr || url_access::at(*base_).scheme != scheme_kind::file) {
      empty_host();
      return path_start(rest);
    }
    copy_base_authority();
    if (!starts_with_windows_drive_letter(rest)) out_.append(normalized_drive_letter(base_->path()));
    return path(rest);
  }

  bool file_host(std::string_view rest) {
    const auto end = std::min(rest.find_first_of("/\\?#"), rest.size());
    empty_host();
    if (is_windows_drive_letter(rest.substr(0, end))) return path_start(rest);
    if (end != 0) {
      if (!host(rest.substr(0, end))) return false;
      if (std::string_view(out_).substr(at_.host) == "localhost") {
        out_.resize(at_.host);
        at_.host_end = at_.host;
        at_.host_is = host_kind::empty;
      }
    }
    return path_start(has_slash(rest, end) ? rest.substr(end + 1) : rest.substr(end));
  }

  // The path after an authority, or after a scheme and one slash.
  bool path_start(std::string_view rest) {
    at_.path = here();
    if (is_special()) return path(!is_file() && has_slash(rest, 0) ? rest.substr(1) : rest);
    if (!rest.starts_with('/')) return query_and_fragment(rest);
    return path(rest.substr(1));
  }

  bool path(std::string_view rest) {
    const auto end = std::min(rest.find_first_of("?#"), rest.size());
    append_path(out_, at_.path, rest.substr(0, end), style());
    // Without a host, two slashes at the front of the path would read as the begin of one.
    if (at_.host_is == host_kind::none && std::string_view(out_).substr(at_.path).starts_with("//")) {
      out_.insert(at_.path, "/.");
      at_.path += 2;
    }
    return query_and_fragment(rest.substr(end));
  }

  bool opaque_path(std::string_view rest) {
    at_.path = here();
    at_.opaque_path = true;
    const auto end = std::min(rest.find_first_of("?#"), rest.size());
    auto text = rest.substr(0, end);
    // A space before the query or fragment would be lost if they were removed.
    const bool ends_in_space = text.ends_with(' ') && end != rest.size();
    if (ends_in_space) text.remove_suffix(1);
    append_percent_encoded(out_, text, percent_encode_set::c0_control);
    if (ends_in_space) append_percent_byte(out_, ' ');
    return query_and_fragment(rest.substr(end));
  }

  // What was written so far is the URL up to its path, or up to its query if `rest` has none.
  bool query_and_fragment(std::string_view rest) {
    const auto hash = std::min(rest.find('#'), rest.size());
    const bool copied_query = at_.query != at_.fragment;
    if (!copied_query) at_.query = here();
    if (rest.starts_with('?')) {
      at_.query = here();
      out_.push_back('?');
      append_percent_encoded(out_, rest.substr(1, hash - 1),
                             is_special() ? percent_encode_set::special_query : percent_encode_set::query);
    }
    at_.fragment = here();
    if (hash != rest.size()) {
      out_.push_back('#');
      append_percent_encoded(out_, rest.substr(hash + 1), percent_encode_set::fragment);
    }
    return out_.size() <= limits_.max_length;
  }

  const url* base_;
  std::string& out_;
  url_access::places& at_;
  const url_limits& limits_;
};

}  // namespace

bool parse_port(std::string_view text, url_access::places& at) {
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65'535) return false;
  }
  const std::uint16_t usual = default_port(at.scheme);
  at.has_port = !text.empty() && (usual == 0 || value != usual);
  at.port = at.has_port ? static_cast<std::uint16_t>(value) : std::uint16_t{0};
  return true;
}

void append_port(std::string& out, const url_access::places& at) {
  if (!at.has_port) return;
  std::array<char, 5> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), at.port).ptr;
  out.push_back(':');
  out.append(digits.data(), end);
}

bool parse_url(std::string_view input, const url* base, url& out, const url_limits& limits) {
  const clean_input clean(input);
  return parser(base, out, limits).parse(clean.text());
}

}  // namespace bight::http::url_detail
