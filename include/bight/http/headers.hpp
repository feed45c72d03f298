// Headers of a message: ordered, case-insensitive, stored contiguously.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http {

// clang-format off
/// Well-known field names, which are looked up without comparing text. All other names are `unknown`; they work the
/// same, but slower.
enum class header_id : std::uint8_t {
  unknown, accept, accept_charset, accept_encoding, accept_language, accept_ranges,
  access_control_allow_credentials, access_control_allow_headers, access_control_allow_methods,
  access_control_allow_origin, access_control_expose_headers, access_control_max_age,
  access_control_request_headers, access_control_request_method, age, allow, alt_svc, authorization,
  cache_control, connection, content_disposition, content_encoding, content_language, content_length,
  content_location, content_range, content_security_policy, content_type, cookie, date, etag, expect,
  expires, forwarded, from, host, if_match, if_modified_since, if_none_match, if_range,
  if_unmodified_since, keep_alive, last_modified, link, location, max_forwards, origin, pragma,
  proxy_authenticate, proxy_authorization, proxy_connection, range, referer, referrer_policy,
  retry_after, sec_fetch_dest, sec_fetch_mode, sec_fetch_site, sec_fetch_user, sec_websocket_accept,
  sec_websocket_extensions, sec_websocket_key, sec_websocket_protocol, sec_websocket_version, server,
  set_cookie, strict_transport_security, te, trailer, transfer_encoding, upgrade,
  upgrade_insecure_requests, user_agent, vary, via, warning, www_authenticate, x_content_type_options,
  x_forwarded_for, x_forwarded_host, x_forwarded_proto, x_frame_options, x_powered_by, x_request_id,
  x_robots_tag
};
// clang-format on

/// The number of header_id values, including `unknown`.
inline constexpr std::size_t header_id_count = static_cast<std::size_t>(header_id::x_robots_tag) + 1;

/// The usual spelling, for example "Content-Type"; empty for `unknown`.
std::string_view to_string(header_id id) noexcept;

/// The id of a field name, ignoring case; `unknown` if it has none.
/// Complexity: one hash and one comparison.
header_id find_header_id(std::string_view name) noexcept;

/// A field line: a name and its value without surrounding whitespace.
/// Lifetime: refers to the table that it came from.
struct header_view {
  std::string_view name;
  std::string_view value;
};

namespace detail {

/// The position of a field in the text of a table.
struct header_entry {
  std::uint32_t name_offset = 0;
  std::uint32_t value_offset = 0;
  std::uint32_t value_size = 0;
  std::uint16_t name_size = 0;
  header_id id = header_id::unknown;
};

/// The offsets of a header section, with an index of the first entry of every known name. Holds no text: the
/// offsets refer to the input of a parser, or to the string of a `headers`.
class header_table {
 public:
  header_table() = default;
  header_table(const header_table& other) { *this = other; }
  header_table(header_table&& other) noexcept { *this = std::move(other); }
  header_table& operator=(const header_table& other);
  header_table& operator=(header_table&& other) noexcept;
  ~header_table() = default;

  std::size_t size() const noexcept { return size_; }
  const header_entry& operator[](std::size_t index) const noexcept { return entries_[index]; }
  header_entry& operator[](std::size_t index) noexcept { return entries_[index]; }
  header_entry& back() noexcept { return entries_[size_ - 1]; }

  std::size_t capacity() const noexcept { return entries_.size(); }
  /// Removes all entries, keeping the capacity.
  void clear() noexcept {
    if (size_ == 0) return;
    size_ = 0;
    first_.fill(0);
    repeated_ = false;
  }
  void reserve(std::size_t entries) {
    if (entries > entries_.size()) entries_.resize(entries);
  }
  // Filled in place and small enough to be inlined: the hottest code of the parser.
  void add(std::size_t name_offset, std::size_t name_size, std::size_t value_offset, std::size_t value_size,
           header_id id) {
    if (size_ == entries_.size()) grow();
    header_entry& entry = entries_[size_++];
    entry.name_offset = static_cast<std::uint32_t>(name_offset);
    entry.value_offset = static_cast<std::uint32_t>(value_offset);
    entry.value_size = static_cast<std::uint32_t>(value_size);
    entry.name_size = static_cast<std::uint16_t>(name_size);
    entry.id = id;
    auto& first = first_[static_cast<std::size_t>(id)];
    repeated_ |= first != 0 && id != header_id::unknown;
    if (first == 0) first = static_cast<std::uint8_t>(size_ < far ? size_ : far);
  }
  void erase(std::size_t index) noexcept;

  /// The first entry at or after `from` with this id (or, for `unknown`, this name); size() if there is none.
  std::size_t find(const char* text, header_id id, std::string_view name,
                   std::size_t from = 0) const noexcept;
  /// The first entry of a known name; size() if there is none.
  std::size_t find(header_id id) const noexcept {
    const std::size_t first = first_[static_cast<std::size_t>(id)];
    if (first == 0) return size_;
    return first < far ? first - 1 : find(nullptr, id, {}, far - 1);
  }
  /// Whether a known name occurs more than once.
  bool is_repeated(header_id id) const noexcept {
    if (!repeated_) return false;
    const std::size_t first = find(id);
    return first != size() && find(nullptr, id, {}, first + 1) != size();
  }

 private:
  static constexpr std::size_t far = 255;  // this entry or a later one: search from there

  void grow();

  std::vector<header_entry> entries_;  // the first size_ are in use: a push_back is not inlined, this is
  std::size_t size_ = 0;
  std::array<std::uint8_t, header_id_count> first_{};  // 1 + index of the first entry with that id
  bool repeated_ = false;                              // whether any known name may occur more than once
};

struct headers_access;
/// Of empty headers.
extern const header_table no_fields;

}  // namespace detail

/// The values of one field name, in order, as returned by headers::get_all().
/// Lifetime: refers to the table and to the name.
class header_values_view {
 public:
  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    std::string_view operator*() const noexcept;
    iterator& operator++() noexcept;
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

   private:
    friend class header_values_view;
    iterator(const header_values_view* range, std::size_t index) : range_(range), index_(index) {}
    const header_values_view* range_ = nullptr;
    std::size_t index_ = 0;
  };

  iterator begin() const noexcept;
  iterator end() const noexcept { return {this, table_->size()}; }
  bool empty() const noexcept { return begin() == end(); }

 private:
  friend class headers_view;
  header_values_view(const char* text, const detail::header_table& table, header_id id, std::string_view name)
      : text_(text), table_(&table), name_(name), id_(id) {}
  const char* text_;
  const detail::header_table* table_;
  std::string_view name_;
  header_id id_;
};

/// A view of headers that are owned by a `headers` or by the buffer of a parser.
/// Lifetime: until the owner is modified or destroyed.
class headers_view {
 public:
  class iterator {
   public:
    using value_type = header_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    header_view operator*() const noexcept { return at(text_, (*table_)[index_]); }
    iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

   private:
    friend class headers_view;
    iterator(const char* text, const detail::header_table* table, std::size_t index)
        : text_(text), table_(table), index_(index) {}
    const char* text_ = nullptr;
    const detail::header_table* table_ = nullptr;
    std::size_t index_ = 0;
  };

  /// An empty view.
  headers_view() noexcept;
  /// A view of `table`, whose offsets refer to `text`.
  headers_view(const char* text, const detail::header_table& table) noexcept : text_(text), table_(&table) {}

  std::size_t size() const noexcept { return table_->size(); }  ///< The number of field lines.
  bool empty() const noexcept { return table_->size() == 0; }
  iterator begin() const noexcept { return {text_, table_, 0}; }
  iterator end() const noexcept { return {text_, table_, table_->size()}; }
  /// The field line at `index`, in order of receipt or insertion. Precondition: index < size().
  header_view operator[](std::size_t index) const noexcept { return at(text_, (*table_)[index]); }

  /// The first value of `name`, ignoring case. Returns: nullopt if there is none.
  /// Complexity: constant for a name in header_id, linear for others.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::optional<std::string_view> get(header_id id) const noexcept {
    const std::size_t index = table_->find(id);
    if (index == table_->size()) return std::nullopt;
    return at(text_, (*table_)[index]).value;
  }
  /// Whether a field line has that name.
  bool contains(std::string_view name) const noexcept { return get(name).has_value(); }
  bool contains(header_id id) const noexcept { return table_->find(id) != table_->size(); }
  /// Whether several field lines have that name. Complexity: constant if no name is repeated.
  bool is_repeated(header_id id) const noexcept { return table_->is_repeated(id); }
  /// All values of `name`, in order. Lifetime: `name` and the table must outlive the result.
  header_values_view get_all(std::string_view name) const noexcept;
  header_values_view get_all(header_id id) const noexcept { return {text_, *table_, id, {}}; }

 private:
  friend class headers;
  friend class header_values_view;
  friend struct detail::headers_access;
  static header_view at(const char* text, const detail::header_entry& entry) noexcept {
    return {{text + entry.name_offset, entry.name_size}, {text + entry.value_offset, entry.value_size}};
  }
  const char* text_;
  const detail::header_table* table_;
};

/// The headers of a message, stored as one string and one array of offsets. Keeps order and duplicates.
/// Errors: functions that set or append throw boost::system::system_error with errc::invalid_header, naming
/// the header, if the name is not a token (RFC 9110 5.6.2) or if the value contains control characters other
/// than HTAB or begins or ends with whitespace (RFC 9110 5.5), and with errc::head_too_large beyond 2^31
/// bytes. Values are not trimmed; on error nothing is changed.
class headers {
 public:
  headers() noexcept = default;
  headers(const headers& other) : headers(other.view()) {}
  headers(headers&& other) noexcept
      : text_(std::move(other.text_)),
        table_(std::move(other.table_)),
        waste_(std::exchange(other.waste_, 0)) {}
  headers& operator=(const headers& other);
  headers& operator=(headers&& other) noexcept {
    text_.swap(other.text_);
    table_.swap(other.table_);
    std::swap(waste_, other.waste_);
    if (this != &other) other.clear();
    return *this;
  }
  ~headers() {
    if (table_) keep_room();
  }
  headers(std::initializer_list<header_view> fields);
  /// Copies the fields of a view, with two allocations. They are not validated again.
  explicit headers(headers_view fields) { assign(fields); }
  /// Replaces all fields by those of a view, reusing the capacity. Precondition: not a view of this object.
  void assign(headers_view fields);

  /// Adds a field line at the end.
  void append(std::string_view name, std::string_view value);
  void append(header_id id, std::string_view value);
  /// Makes `value` the only value of `name`. Keeps the position of the first field line of that name.
  void set(std::string_view name, std::string_view value);
  void set(header_id id, std::string_view value) { set(to_string(id), value); }
  /// Removes all field lines of that name. Returns: the number removed.
  std::size_t remove(std::string_view name);
  std::size_t remove(header_id id) { return contains(id) ? remove(to_string(id)) : 0; }
  /// Removes all fields, keeping the capacity.
  void clear() noexcept;
  void reserve(std::size_t fields, std::size_t bytes);

  std::size_t size() const noexcept { return view().size(); }  ///< The number of field lines.
  bool empty() const noexcept { return view().empty(); }
  headers_view::iterator begin() const noexcept { return view().begin(); }
  headers_view::iterator end() const noexcept { return view().end(); }
  header_view operator[](std::size_t index) const noexcept { return view()[index]; }
  /// As in headers_view. Lifetime: until the headers are modified.
  std::optional<std::string_view> get(std::string_view name) const noexcept { return view().get(name); }
  std::optional<std::string_view> get(header_id id) const noexcept { return view().get(id); }
  bool contains(std::string_view name) const noexcept { return view().contains(name); }
  bool contains(header_id id) const noexcept { return view().contains(id); }
  header_values_view get_all(std::string_view name) const noexcept { return view().get_all(name); }
  header_values_view get_all(header_id id) const noexcept { return view().get_all(id); }

  headers_view view() const noexcept { return {text_.data(), table_ ? *table_ : detail::no_fields}; }
  operator headers_view() const noexcept { return view(); }

 private:
  detail::header_table& table() {
    if (!table_) take_room();
    return *table_;
  }
  void take_room();
  void keep_room() noexcept;
  void add(header_id id, std::string_view name, std::string_view value);
  void drop_waste();

  std::string text_;  // "Name: value\r\n" per field line, with gaps from removed fields
  std::unique_ptr<detail::header_table> table_;  // null if it never had a field
  std::size_t waste_ = 0;                        // size of the gaps in text_
};

/// Whether `text` is a token (RFC 9110 5.6.2), as field names and methods are.
bool is_token(std::string_view text) noexcept;
/// Whether `text` is a valid field value: no control characters except HTAB, no leading or trailing
/// whitespace (RFC 9110 5.5).
bool is_field_value(std::string_view text) noexcept;
/// Whether two ASCII strings are equal, ignoring case.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Whether a comma-separated list (RFC 9110 5.6.1) contains `token`, ignoring case.
bool list_contains_token(std::string_view list, std::string_view token) noexcept;
/// Same for all field lines of a name: `list_contains_token(h, header_id::connection, "close")`.
bool list_contains_token(headers_view fields, header_id id, std::string_view token) noexcept;

/// The value of Content-Length (RFC 9110 8.6). Returns: nullopt if it is absent, not a decimal number,
/// greater than 2^63 - 1, or repeated with different values.
std::optional<std::uint64_t> content_length(headers_view fields) noexcept;

/// A media type (RFC 9110 8.3.1), as in Content-Type, with its charset parameter.
/// Lifetime: refers to the parsed value; letter case is kept.
struct media_type_view {
  std::string_view type;     ///< "text" of "text/html; charset=utf-8".
  std::string_view subtype;  ///< "html".
  std::string_view charset;  ///< "utf-8", without quotes; empty if absent.

  /// Whether type and subtype match, ignoring case: `is("text", "html")`.
  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept;
  /// Parses the value of Content-Type. Returns: nullopt if it does not begin with token "/" token. Malformed
  /// parameters are ignored.
  static std::optional<media_type_view> parse(std::string_view value) noexcept;
};

}  // namespace bight::http
