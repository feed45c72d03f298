// URLs as browsers understand them, their query parameters, and percent-encoding.
#pragma once
#include <boost/system/result.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

/// Bounds on what url::parse and the modifiers of url accept.
struct url_limits {
  /// Longest input, and longest URL as serialised, in bytes. At most 1 GiB; larger values count as 1 GiB.
  std::size_t max_length = 65'536;
  /// Longest host, in bytes, both percent-decoded and as serialised. A DNS name has at most 253 code points,
  /// which is 1,012 bytes of UTF-8; internationalised names cost time quadratic in the length of their
  /// labels.
  std::size_t max_host_length = 1'024;
};

/// What the host of a URL is.
enum class host_kind : std::uint8_t {
  none,    ///< There is no host: `mailto:x@y.org`, `data:,x`.
  empty,   ///< The host is the empty string: `file:///etc/hosts`.
  domain,  ///< A name to look up, lower-case ASCII, with Unicode as Punycode (`xn--...`).
  ipv4,    ///< Four decimal numbers with dots, whatever the spelling in the input was.
  ipv6,    ///< A compressed IPv6 address in brackets.
  opaque,  ///< The host of a URL that is not special, percent-encoded: `redis://cache_1/0`.
};

/// A URL, parsed, normalised and serialised as the WHATWG URL standard says, which is what browsers do.
///
/// The value is one normalised string and the places of its components in it. Views returned by observers
/// refer to that string: they are valid until the url is modified, moved from or destroyed.
///
/// Two URLs are equal if their serialisations are, byte for byte, the fragment included.
/// Concurrency: distinct objects are safe; a shared object is safe while nobody modifies it.
///
/// Example:
///
///     http::url base("https://example.org/docs/index.html");
///     auto next = http::url::parse("../img/a b.png", base);   // https://example.org/img/a%20b.png
class url {
 public:
  /// The empty URL: no component has content, and empty() is true. Parsing never gives one.
  url() noexcept = default;
  /// Parses an absolute URL.
  /// Errors: throws boost::system::system_error with errc::invalid_url; what() quotes the input, shortened.
  explicit url(std::string_view input);
  url(const url&) = default;
  url& operator=(const url&) = default;
  /// The source becomes the empty URL.
  url(url&& other) noexcept;
  url& operator=(url&& other) noexcept;
  ~url() = default;

  /// Parses an absolute URL. Bytes that are not UTF-8 count as U+FFFD.
  /// Errors: errc::invalid_url where the standard says "failure", and when a limit is exceeded.
  /// Complexity: linear in the input.
  [[nodiscard]] static boost::system::result<url> parse(std::string_view input,
                                                        const url_limits& limits = {});
  /// Parses a URL reference, absolute or relative, against `base`: "resolving", RFC 3986 section 5.
  /// An empty `base` is no base. Errors and complexity: as parse(input).
  [[nodiscard]] static boost::system::result<url> parse(std::string_view input, const url& base,
                                                        const url_limits& limits = {});
  /// Parses as parse(reference, base) does, into `out`, whose storage is reused: no allocation if it
  /// suffices. `out` may be `base`; `reference` may not be a view into `out`. Returns whether the reference
  /// was valid; if not, `out` is the empty URL.
  [[nodiscard]] static bool resolve_into(std::string_view reference, const url& base, url& out,
                                         const url_limits& limits = {});

  /// Whether this is the empty URL, that of the default constructor.
  [[nodiscard]] bool empty() const noexcept { return href_.empty(); }
  /// The whole URL, serialised.
  [[nodiscard]] const std::string& href() const noexcept { return href_; }
  /// The whole URL as messages and logs may show it: with `***` for the password, if there is one.
  [[nodiscard]] std::string redacted() const;
  /// The whole URL up to the `#`.
  [[nodiscard]] std::string_view href_without_fragment() const noexcept { return slice(0, at_.fragment); }
  /// The scheme in lower case, without the colon.
  [[nodiscard]] std::string_view scheme() const noexcept { return slice(0, at_.scheme_end); }
  /// Whether the scheme is http, https, ws, wss, ftp or file, which the standard treats specially.
  [[nodiscard]] bool is_special() const noexcept { return at_.scheme != scheme_kind::other; }
  /// Whether the scheme is http or https.
  [[nodiscard]] bool is_http() const noexcept {
    return at_.scheme == scheme_kind::http || at_.scheme == scheme_kind::https;
  }
  /// The user name, percent-encoded.
  [[nodiscard]] std::string_view username() const noexcept;
  /// The password, percent-encoded.
  [[nodiscard]] std::string_view password() const noexcept;
  /// Whether the user name or the password is not empty.
  [[nodiscard]] bool has_credentials() const noexcept;
  /// The host as serialised: an IPv6 address has brackets.
  [[nodiscard]] std::string_view host() const noexcept { return slice(at_.host, at_.host_end); }
  /// The host without the brackets of an IPv6 address: what to resolve or connect to.
  [[nodiscard]] std::string_view host_without_brackets() const noexcept;
  [[nodiscard]] host_kind kind_of_host() const noexcept { return at_.host_is; }
  /// The port, if there is one that is not the scheme's default; parsing removes a default port.
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept;
  /// The port, or the scheme's default; 0 if there is neither.
  [[nodiscard]] std::uint16_t effective_port() const noexcept;
  /// `host` or `host:port`: the value of the Host field (RFC 9110 section 7.2).
  [[nodiscard]] std::string_view host_and_port() const noexcept;
  /// The path, percent-encoded. It begins with a slash if the URL is special.
  [[nodiscard]] std::string_view path() const noexcept { return slice(at_.path, at_.query); }
  /// Whether the path is one opaque string, not a list of segments: `mailto:x@y.org`.
  [[nodiscard]] bool has_opaque_path() const noexcept { return at_.opaque_path; }
  [[nodiscard]] bool has_query() const noexcept { return at_.query != at_.fragment; }
  /// The query, percent-encoded, without the question mark.
  [[nodiscard]] std::string_view query() const noexcept;
  [[nodiscard]] bool has_fragment() const noexcept { return at_.fragment != href_.size(); }
  /// The fragment, percent-encoded, without the `#`.
  [[nodiscard]] std::string_view fragment() const noexcept;
  /// The path, and the question mark and query if any: the origin-form of RFC 9112 section 3.2.1.
  [[nodiscard]] std::string_view request_target() const noexcept { return slice(at_.path, at_.fragment); }
  /// The serialised origin, `scheme://host[:port]`, or `null` where the standard says that it is opaque.
  [[nodiscard]] std::string origin() const;

  /// This URL without its fragment.
  [[nodiscard]] url without_fragment() const;

  // The modifiers do what the standard's setters do, and tell: each returns whether the URL took the value.
  // If not, the URL is unchanged. Tabs and newlines in values are ignored, but
  // for user name and password, where they are encoded. A value that would make the URL
  // exceed `limits` is refused.

  /// Sets the scheme; a colon and what follows it is ignored. Refused: a scheme that is not a scheme, a
  /// change between special and not special, and to or from `file` where the host, port or credentials forbid
  /// it.
  [[nodiscard]] bool set_scheme(std::string_view value, const url_limits& limits = {});
  /// Sets the user name, percent-encoding what must be. Refused if there is no host, or the scheme is file.
  [[nodiscard]] bool set_username(std::string_view value, const url_limits& limits = {});
  /// Sets the password, percent-encoding what must be. Refused if there is no host, or the scheme is file.
  [[nodiscard]] bool set_password(std::string_view value, const url_limits& limits = {});
  /// Sets the host, not the port. Refused: a host that does not parse, a value with a port, an opaque path.
  [[nodiscard]] bool set_host(std::string_view value, const url_limits& limits = {});
  /// Sets the port; nullopt or the scheme's default removes it. Refused if there is no host, or for file.
  [[nodiscard]] bool set_port(std::optional<std::uint16_t> value, const url_limits& limits = {});
  /// Sets the path, resolving dot segments. Refused if the path is opaque.
  bool set_path(std::string_view value, const url_limits& limits = {});
  /// Sets the query; a leading question mark is ignored; the empty string removes it.
  bool set_query(std::string_view value, const url_limits& limits = {});
  /// Sets the fragment; a leading `#` is ignored; the empty string removes it.
  bool set_fragment(std::string_view value, const url_limits& limits = {});

  /// A hash of href(), of good quality but not cryptographic and not keyed. It may differ between versions
  /// and byte orders: do not store it.
  [[nodiscard]] std::uint64_t hash() const noexcept;

  friend bool operator==(const url& a, const url& b) noexcept { return a.href_ == b.href_; }
  friend std::strong_ordering operator<=>(const url& a, const url& b) noexcept { return a.href_ <=> b.href_; }

 private:
  friend struct url_access;
  enum class scheme_kind : std::uint8_t { http, https, ws, wss, ftp, file, other };

  // Offsets into href_. A component that is absent is an empty range at its place.
  struct places {
    std::uint32_t scheme_end = 0;    // the colon
    std::uint32_t username_end = 0;  // the user name begins 3 after scheme_end
    std::uint32_t host = 0;          // after the @, if any
    std::uint32_t host_end = 0;
    std::uint32_t path = 0;
    std::uint32_t query = 0;     // the question mark, or equal to fragment
    std::uint32_t fragment = 0;  // the hash sign, or the size
    std::uint16_t port = 0;
    scheme_kind scheme = scheme_kind::other;
    host_kind host_is : 4 = host_kind::none;
    bool has_port : 1 = false;
    bool opaque_path : 1 = false;
  };

  [[nodiscard]] std::string_view slice(std::uint32_t from, std::uint32_t to) const noexcept {
    return {href_.data() + from, static_cast<std::size_t>(to - from)};
  }

  std::string href_;
  places at_;
};

inline url::url(url&& other) noexcept
    : href_(std::move(other.href_)), at_(std::exchange(other.at_, places{})) {
  other.href_.clear();
}
inline url& url::operator=(url&& other) noexcept {
  if (this == &other) return *this;
  href_ = std::move(other.href_);
  at_ = std::exchange(other.at_, places{});
  other.href_.clear();
  return *this;
}

/// Bounds on what query_params::parse accepts.
struct query_params_limits {
  std::size_t max_length = 1'048'576;  ///< Longest input, in bytes.
  std::size_t max_pairs = 10'000;      ///< Most name-value pairs.
};

/// Name-value pairs in the application/x-www-form-urlencoded format (WHATWG URL, section 5): the query of
/// most URLs and the body of most forms. Names may repeat; order is kept. Names and values are decoded UTF-8.
///
/// Example:
///
///     auto params = http::query_params::parse(u.query()).value();
///     params.set("page", "2");
///     u.set_query(params.to_string());
class query_params {
 public:
  using value_type = std::pair<std::string, std::string>;
  using const_iterator = std::vector<value_type>::const_iterator;

  query_params() = default;
  query_params(std::initializer_list<value_type> pairs) : pairs_(pairs) {}

  /// Parses a query without its question mark, or a form body. No text is malformed; what does not decode as
  /// UTF-8 becomes U+FFFD.
  /// Errors: errc::body_too_large if a limit is exceeded.
  [[nodiscard]] static boost::system::result<query_params> parse(std::string_view text,
                                                                 const query_params_limits& limits = {});
  /// The pairs as `a=1&b=2`, a space as `+`.
  [[nodiscard]] std::string to_string() const;

  /// The value of the first pair of that name. Lifetime: until the object is modified or destroyed.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// The values of all pairs of that name, in order. Lifetime: as get().
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  /// Adds a pair at the end.
  void append(std::string_view name, std::string_view value);
  /// Gives the first pair of that name the value and removes the others; adds a pair if there is none.
  void set(std::string_view name, std::string_view value);
  /// Removes all pairs of that name. Returns how many there were.
  std::size_t remove(std::string_view name);

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }
  [[nodiscard]] const_iterator begin() const noexcept { return pairs_.begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return pairs_.end(); }
  friend bool operator==(const query_params&, const query_params&) = default;

 private:
  std::vector<value_type> pairs_;
};

/// A text that is meant to be a URL, as messages and logs may show it: that of url::redacted() if it is one
/// with a host or a path. If not, `***` stands for everything between the first colon after `scheme://` and
/// the last `@`, where a password may be. Complexity: linear; constant work besides for what has no `@`.
[[nodiscard]] std::string redacted(std::string_view text);

/// The percent-encode sets of WHATWG URL section 1.3: what must be encoded where.
enum class percent_encode_set : std::uint8_t {
  c0_control,
  fragment,
  query,
  special_query,
  path,
  userinfo,
  component,  ///< The right choice for one value that becomes part of a path or a query.
  form,       ///< application/x-www-form-urlencoded, except that a space becomes %20 here.
};

/// Replaces bytes that are in `set`, and all that are not ASCII, by `%XX`. The percent sign is in `component`
/// and `form` alone: with the other sets, what is percent-encoded already stays as it is.
[[nodiscard]] std::string percent_encode(std::string_view text,
                                         percent_encode_set set = percent_encode_set::component);
/// Replaces each `%XX` by its byte; a percent sign without two hexadecimal digits stays as it is.
/// The result may be any bytes, not only UTF-8.
[[nodiscard]] std::string percent_decode(std::string_view text);

}  // namespace bight::http

/// Hashes a url by url::hash().
template <>
struct std::hash<bight::http::url> {
  std::size_t operator()(const bight::http::url& u) const noexcept {
    return static_cast<std::size_t>(u.hash());
  }
};
