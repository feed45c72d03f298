// WHATWG URLs, query parameters and percent-encoding.
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

/// Limits of url::parse and of the modifiers of url.
struct url_limits {
  /// Maximum length of the input and of the serialized URL in bytes. At most 1 GiB; larger values count as 1
  /// GiB.
  std::size_t max_length = 65'536;
  /// Maximum length of the host in bytes, both percent-decoded and serialized. A DNS name has at most 253
  /// code points, or 1,012 bytes of UTF-8; processing internationalized names takes time quadratic in the
  /// length of their labels.
  std::size_t max_host_length = 1'024;
};

/// The kind of host of a URL.
enum class host_kind : std::uint8_t {
  none,    ///< No host: `mailto:x@y.org`, `data:,x`.
  empty,   ///< An empty host: `file:///etc/hosts`.
  domain,  ///< A domain name in lower-case ASCII, with Unicode as Punycode (`xn--...`).
  ipv4,    ///< A dotted-decimal IPv4 address, whatever its spelling in the input.
  ipv6,    ///< A compressed IPv6 address in brackets.
  opaque,  ///< The percent-encoded host of a URL that is not special: `redis://cache_1/0`.
};

/// A URL, parsed, normalized and serialized according to the WHATWG URL standard, as in browsers.
///
/// Stored as one normalized string and the offsets of its components. Views returned by observers refer to
/// that string: they are valid until the url is modified, moved from or destroyed.
///
/// Two URLs are equal if their serializations, including the fragments, are identical.
/// Concurrency: distinct objects: safe; shared objects: safe unless modified.
///
/// Example:
///
///     http::url base("https://example.org/docs/index.html");
///     auto next = http::url::parse("../img/a b.png", base);   // https://example.org/img/a%20b.png
class url {
 public:
  /// The empty URL: all components are empty, and empty() is true. Never the result of parsing.
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

  /// Parses an absolute URL. Invalid UTF-8 is replaced by U+FFFD.
  /// Errors: errc::invalid_url if the standard returns failure, or if a limit is exceeded.
  /// Complexity: linear in the input.
  [[nodiscard]] static boost::system::result<url> parse(std::string_view input,
                                                        const url_limits& limits = {});
  /// Parses a URL reference, absolute or relative, against `base`: "resolving", RFC 3986 section 5.
  /// An empty `base` is ignored. Errors and complexity: as parse(input).
  [[nodiscard]] static boost::system::result<url> parse(std::string_view input, const url& base,
                                                        const url_limits& limits = {});
  /// Like parse(reference, base), but reuses the storage of `out`. `out` may be `base`; `reference` must not
  /// be a view into `out`. Returns: whether the reference was valid; if not, `out` is the empty URL.
  [[nodiscard]] static bool resolve_into(std::string_view reference, const url& base, url& out,
                                         const url_limits& limits = {});

  /// Whether this is the empty URL.
  [[nodiscard]] bool empty() const noexcept { return href_.empty(); }
  /// The serialized URL.
  [[nodiscard]] const std::string& href() const noexcept { return href_; }
  /// The URL for messages and logs: a password is replaced by `***`.
  [[nodiscard]] std::string redacted() const;
  /// The serialized URL up to the `#`.
  [[nodiscard]] std::string_view href_without_fragment() const noexcept { return slice(0, at_.fragment); }
  /// The scheme in lower case, without the colon.
  [[nodiscard]] std::string_view scheme() const noexcept { return slice(0, at_.scheme_end); }
  /// Whether the scheme is special (http, https, ws, wss, ftp or file).
  [[nodiscard]] bool is_special() const noexcept { return at_.scheme != scheme_kind::other; }
  /// Whether the scheme is http or https.
  [[nodiscard]] bool is_http() const noexcept {
    return at_.scheme == scheme_kind::http || at_.scheme == scheme_kind::https;
  }
  /// The user name, percent-encoded.
  [[nodiscard]] std::string_view username() const noexcept;
  /// The password, percent-encoded.
  [[nodiscard]] std::string_view password() const noexcept;
  /// Whether there is a user name or a password.
  [[nodiscard]] bool has_credentials() const noexcept;
  /// The serialized host: IPv6 addresses have brackets.
  [[nodiscard]] std::string_view host() const noexcept { return slice(at_.host, at_.host_end); }
  /// The host without the brackets of IPv6 addresses, for resolving and connecting.
  [[nodiscard]] std::string_view host_without_brackets() const noexcept;
  [[nodiscard]] host_kind kind_of_host() const noexcept { return at_.host_is; }
  /// The port, unless absent or the default port of the scheme.
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept;
  /// The port, or else the default port of the scheme, or else 0.
  [[nodiscard]] std::uint16_t effective_port() const noexcept;
  /// `host` or `host:port`: the value of the Host field (RFC 9110 section 7.2).
  [[nodiscard]] std::string_view host_and_port() const noexcept;
  /// The path, percent-encoded. Begins with a slash if the URL is special.
  [[nodiscard]] std::string_view path() const noexcept { return slice(at_.path, at_.query); }
  /// Whether the path is opaque, as in `mailto:x@y.org`.
  [[nodiscard]] bool has_opaque_path() const noexcept { return at_.opaque_path; }
  [[nodiscard]] bool has_query() const noexcept { return at_.query != at_.fragment; }
  /// The query, percent-encoded, without the question mark.
  [[nodiscard]] std::string_view query() const noexcept;
  [[nodiscard]] bool has_fragment() const noexcept { return at_.fragment != href_.size(); }
  /// The fragment, percent-encoded, without the `#`.
  [[nodiscard]] std::string_view fragment() const noexcept;
  /// The path and query: the origin-form of RFC 9112 section 3.2.1.
  [[nodiscard]] std::string_view request_target() const noexcept { return slice(at_.path, at_.fragment); }
  /// The serialized origin, `scheme://host[:port]`, or `null` for opaque origins.
  [[nodiscard]] std::string origin() const;

  /// This URL without its fragment.
  [[nodiscard]] url without_fragment() const;

  // The modifiers behave like the setters of the standard, but return false, leaving the URL unchanged, if
  // the value is invalid or would exceed `limits`. Tabs and newlines in values are ignored, except in the
  // user name and password, where they are encoded.

  /// Sets the scheme; a colon and anything after it is ignored. Fails for an invalid scheme, a change between
  /// special and not special, and a change to or from `file` that the host, port or credentials do not
  /// permit.
  [[nodiscard]] bool set_scheme(std::string_view value, const url_limits& limits = {});
  /// Sets and percent-encodes the user name. Fails if there is no host, or for file URLs.
  [[nodiscard]] bool set_username(std::string_view value, const url_limits& limits = {});
  /// Sets and percent-encodes the password. Fails if there is no host, or for file URLs.
  [[nodiscard]] bool set_password(std::string_view value, const url_limits& limits = {});
  /// Sets the host without the port. Fails for an invalid host, a value with a port, or an opaque path.
  [[nodiscard]] bool set_host(std::string_view value, const url_limits& limits = {});
  /// Sets the port; nullopt or the default port removes it. Fails if there is no host, or for file URLs.
  [[nodiscard]] bool set_port(std::optional<std::uint16_t> value, const url_limits& limits = {});
  /// Sets the path, resolving dot segments. Fails if the path is opaque.
  bool set_path(std::string_view value, const url_limits& limits = {});
  /// Sets the query; a leading question mark is ignored; the empty string removes it.
  bool set_query(std::string_view value, const url_limits& limits = {});
  /// Sets the fragment; a leading `#` is ignored; the empty string removes it.
  bool set_fragment(std::string_view value, const url_limits& limits = {});

  /// A non-cryptographic, unkeyed hash of href(). It may differ between versions and byte orders: do not
  /// store it.
  [[nodiscard]] std::uint64_t hash() const noexcept;

  friend bool operator==(const url& a, const url& b) noexcept { return a.href_ == b.href_; }
  friend std::strong_ordering operator<=>(const url& a, const url& b) noexcept { return a.href_ <=> b.href_; }

 private:
  friend struct url_access;
  enum class scheme_kind : std::uint8_t { http, https, ws, wss, ftp, file, other };

  // Offsets into href_. An absent component is an empty range.
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

/// Limits of query_params::parse.
struct query_params_limits {
  std::size_t max_length = 1'048'576;  ///< Maximum length of the input in bytes.
  std::size_t max_pairs = 10'000;      ///< Maximum number of pairs.
};

/// Name-value pairs in the application/x-www-form-urlencoded format (WHATWG URL, section 5), as used in
/// queries and form bodies. Names may repeat; order is kept. Names and values are decoded UTF-8.
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

  /// Parses a query without its question mark, or a form body. Every input is valid; invalid UTF-8 is
  /// replaced by U+FFFD. Errors: errc::body_too_large if a limit is exceeded.
  [[nodiscard]] static boost::system::result<query_params> parse(std::string_view text,
                                                                 const query_params_limits& limits = {});
  /// Serializes the pairs as `a=1&b=2`, with spaces as `+`.
  [[nodiscard]] std::string to_string() const;

  /// The first value of `name`. Lifetime: until the object is modified or destroyed.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
  /// All values of `name`, in order. Lifetime: as get().
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  /// Adds a pair at the end.
  void append(std::string_view name, std::string_view value);
  /// Makes `value` the only value of `name`, at the position of the first pair of that name, if any.
  void set(std::string_view name, std::string_view value);
  /// Removes all pairs of that name. Returns: the number removed.
  std::size_t remove(std::string_view name);

  [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }
  [[nodiscard]] const_iterator begin() const noexcept { return pairs_.begin(); }
  [[nodiscard]] const_iterator end() const noexcept { return pairs_.end(); }
  friend bool operator==(const query_params&, const query_params&) = default;

 private:
  std::vector<value_type> pairs_;
};

/// Redacts a possibly invalid URL for messages and logs: url::redacted() for valid URLs with a host or a
/// path; otherwise everything between the first colon after `scheme://` and the last `@`, where a password
/// may be, is replaced by `***`. Complexity: linear.
[[nodiscard]] std::string redacted(std::string_view text);

/// The percent-encode sets of WHATWG URL section 1.3.
enum class percent_encode_set : std::uint8_t {
  c0_control,
  fragment,
  query,
  special_query,
  path,
  userinfo,
  component,  ///< For values that become part of a path or query.
  form,       ///< application/x-www-form-urlencoded, except that spaces become %20.
};

/// Replaces the bytes in `set` and all non-ASCII bytes by `%XX`. Only `component` and `form` contain the
/// percent sign; the other sets leave existing percent-encoding unchanged.
[[nodiscard]] std::string percent_encode(std::string_view text,
                                         percent_encode_set set = percent_encode_set::component);
/// Decodes each `%XX`; other percent signs are left unchanged. The result is not necessarily UTF-8.
[[nodiscard]] std::string percent_decode(std::string_view text);

}  // namespace bight::http

/// Hashes a URL with url::hash().
template <>
struct std::hash<bight::http::url> {
  std::size_t operator()(const bight::http::url& u) const noexcept {
    return static_cast<std::size_t>(u.hash());
  }
};
