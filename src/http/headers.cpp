#include <bight/http/headers.hpp>

#include <algorithm>
#include <array>
#include <bight/core/detail/frame_cache.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <bight/http/error.hpp>

#include "http/h1/chars.hpp"
#include "http/h1/known_names.hpp"
#include "http/parameters.hpp"

namespace bight::http {

using h1::has_class;

std::string_view to_string(header_id id) noexcept { return h1::known_names[static_cast<std::size_t>(id)]; }

header_id find_header_id(std::string_view name) noexcept {
  return h1::match_known_name(name.data(), name.size());
}

namespace detail {

header_table& header_table::operator=(const header_table& other) {
  if (this == &other) return *this;
  entries_.assign(other.entries_.begin(), other.entries_.begin() + static_cast<std::ptrdiff_t>(other.size_));
  size_ = other.size_;
  first_ = other.first_;
  repeated_ = other.repeated_;
  return *this;
}

header_table& header_table::operator=(header_table&& other) noexcept {
  if (this == &other) return *this;
  entries_.swap(other.entries_);
  size_ = other.size_;
  first_ = other.first_;
  repeated_ = other.repeated_;
  other.clear();
  return *this;
}

void header_table::grow() { entries_.resize(std::max<std::size_t>(16, 2 * entries_.size())); }

void header_table::erase(std::size_t index) noexcept {
  const auto begin = entries_.begin();
  std::move(begin + static_cast<std::ptrdiff_t>(index) + 1, begin + static_cast<std::ptrdiff_t>(size_),
            begin + static_cast<std::ptrdiff_t>(index));
  --size_;
  first_.fill(0);
  for (std::size_t i = 0; i != size_; ++i) {
    auto& first = first_[static_cast<std::size_t>(entries_[i].id)];
    if (first == 0) first = static_cast<std::uint8_t>(std::min(i + 1, far));
  }
}

std::size_t header_table::find(const char* text, header_id id, std::string_view name,
                               std::size_t from) const noexcept {
  std::size_t i = from;
  if (id != header_id::unknown) {
    while (i < size_ && entries_[i].id != id) ++i;
  } else {
    while (i < size_ && (entries_[i].id != id || entries_[i].name_size != name.size() ||
                         !equal_ignoring_case({text + entries_[i].name_offset, entries_[i].name_size}, name)))
      ++i;
  }
  return std::min(i, size_);
}

}  // namespace detail

namespace {

constexpr std::size_t max_text = std::size_t{1} << 31;

// Names the header in the error; the value may be a secret and is not shown.
[[noreturn]] void refuse(errc code, std::string_view name) {
  std::string shown;
  for (const char c : name.substr(0, 64)) shown += c >= 0x20 && c < 0x7f ? c : '?';
  throw boost::system::system_error(code, "header \"" + shown + "\"");
}

void check(std::string_view name, std::string_view value) {
  if (!is_token(name) || name.size() > 0xffff || !is_field_value(value)) refuse(errc::invalid_header, name);
}

// Headers come and go with every message: the memory of a few is kept per thread.
class spare_rooms {
 public:
  struct room {
    std::string text;
    std::unique_ptr<detail::header_table> table;
  };
  spare_rooms() = default;
  spare_rooms(const spare_rooms&) = delete;
  spare_rooms& operator=(const spare_rooms&) = delete;
  ~spare_rooms() { gone = true; }

  bool empty() const noexcept { return count_ == 0; }
  room& take() noexcept { return kept_[--count_]; }
  /// Null if there are enough.
  room* place() noexcept { return count_ == kept_.size() ? nullptr : &kept_[count_++]; }

  // At the end of a thread, headers may live longer than this.
  static inline thread_local bool gone = false;

 private:
  std::array<room, 8> kept_;
  std::size_t count_ = 0;
};

#if !defined(BIGHT_DETAIL_ASAN)  // or use after free would go unseen
thread_local spare_rooms spares;
#endif

}  // namespace

namespace detail {
constinit const header_table no_fields{};
}

void headers::take_room() {
#if !defined(BIGHT_DETAIL_ASAN)
  if (!spare_rooms::gone && !spares.empty()) {
    auto& room = spares.take();
    if (text_.empty()) text_.swap(room.text);
    table_ = std::move(room.table);
    return;
  }
#endif
  table_ = std::make_unique<detail::header_table>();
}

void headers::keep_room() noexcept {
#if !defined(BIGHT_DETAIL_ASAN)
  constexpr std::size_t max_text_room = 4096;
  constexpr std::size_t max_entries = 64;
  if (spare_rooms::gone || text_.capacity() > max_text_room || table_->capacity() > max_entries) return;
  auto* const room = spares.place();
  if (!room) return;
  clear();
  room->text.swap(text_);
  room->table = std::move(table_);
#endif
}

std::string_view header_values_view::iterator::operator*() const noexcept {
  return headers_view::at(range_->text_, (*range_->table_)[index_]).value;
}

header_values_view::iterator& header_values_view::iterator::operator++() noexcept {
  index_ = range_->table_->find(range_->text_, range_->id_, range_->name_, index_ + 1);
  return *this;
}

header_values_view::iterator header_values_view::begin() const noexcept {
  return {this, id_ != header_id::unknown ? table_->find(id_) : table_->find(text_, id_, name_)};
}

headers_view::headers_view() noexcept : text_(""), table_(&detail::no_fields) {}

std::optional<std::string_view> headers_view::get(std::string_view name) const noexcept {
  const header_id id = find_header_id(name);
  if (id != header_id::unknown) return get(id);
  const std::size_t index = table_->find(text_, id, name);
  if (index == table_->size()) return std::nullopt;
  return at(text_, (*table_)[index]).value;
}

header_values_view headers_view::get_all(std::string_view name) const noexcept {
  return {text_, *table_, find_header_id(name), name};
}

headers::headers(std::initializer_list<header_view> fields) {
  for (const header_view& field : fields) append(field.name, field.value);
}

headers& headers::operator=(const headers& other) {
  if (this != &other) assign(other.view());
  return *this;
}

void headers::assign(headers_view fields) {
  std::size_t begin = max_text;
  std::size_t end = 0;
  const detail::header_table& source = *fields.table_;
  for (std::size_t i = 0; i != source.size(); ++i) {
    const detail::header_entry& entry = source[i];
    begin = std::min<std::size_t>(begin, std::min(entry.name_offset, entry.value_offset));
    end = std::max<std::size_t>(
        end, std::max(entry.name_offset + entry.name_size, entry.value_offset + entry.value_size));
  }
  clear();
  if (source.size() == 0) return;
  auto& mine = table();
  mine = source;
  text_.assign(fields.text_ + begin, end - begin);
  for (std::size_t i = 0; i != mine.size(); ++i) {
    mine[i].name_offset -= static_cast<std::uint32_t>(begin);
    mine[i].value_offset -= static_cast<std::uint32_t>(begin);
  }
}

void headers::append(std::string_view name, std::string_view value) {
  check(name, value);
  add(find_header_id(name), name, value);
}

void headers::append(header_id id, std::string_view value) {
  const auto name = to_string(id);
  if (id == header_id::unknown || !is_field_value(value)) refuse(errc::invalid_header, name);
  add(id, name, value);
}

// Name and value may be views of this table: what they show is copied before the old text goes.
void headers::add(header_id id, std::string_view name, std::string_view value) {
  auto& fields = table();
  const std::size_t offset = text_.size();
  if (value.size() > max_text || offset + name.size() + value.size() + 4 > max_text)
    refuse(errc::head_too_large, name);
  const std::size_t size = offset + name.size() + value.size() + 4;
  if (size > text_.capacity()) {
    std::string larger;
    larger.reserve(std::max(size, 2 * text_.capacity()));
    larger.append(text_).append(name).append(": ", 2).append(value).append("\r\n", 2);
    text_.swap(larger);
  } else {
    text_.append(name).append(": ", 2).append(value).append("\r\n", 2);
  }
  fields.add(offset, name.size(), offset + name.size() + 2, value.size(), id);
}

void headers::set(std::string_view name, std::string_view value) {
  check(name, value);
  const header_id id = find_header_id(name);
  auto& fields = table();
  const std::size_t index = fields.find(text_.data(), id, name);
  if (index == fields.size()) return add(id, name, value);
  if (value.size() > max_text || text_.size() + value.size() > max_text) refuse(errc::head_too_large, name);
  const std::string copy(
      value);  // it may be a view of this table, as may the name: look for it before the text moves
  for (std::size_t i = fields.size() - 1; i > index; --i) {
    if (fields.find(text_.data(), id, name, i) != i) continue;
    waste_ += fields[i].name_size + fields[i].value_size + 4U;
    fields.erase(i);
  }
  detail::header_entry& entry = fields[index];
  if (copy.size() <= entry.value_size) {
    text_.replace(entry.value_offset, copy.size(), copy);
    waste_ += entry.value_size - copy.size();
  } else {
    waste_ += entry.value_size;
    entry.value_offset = static_cast<std::uint32_t>(text_.size());
    text_.append(copy);
  }
  entry.value_size = static_cast<std::uint32_t>(copy.size());
  drop_waste();
}

std::size_t headers::remove(std::string_view name) {
  if (!table_) return 0;
  const header_id id = find_header_id(name);
  auto& fields = *table_;
  std::size_t removed = 0;
  std::size_t index = fields.find(text_.data(), id, name);
  while (index != fields.size()) {
    waste_ += fields[index].name_size + fields[index].value_size + 4U;
    fields.erase(index);
    ++removed;
    index = fields.find(text_.data(), id, name, index);
  }
  drop_waste();
  return removed;
}

void headers::clear() noexcept {
  text_.clear();
  if (table_) table_->clear();
  waste_ = 0;
}

void headers::reserve(std::size_t fields, std::size_t bytes) {
  table().reserve(fields);
  text_.reserve(bytes);
}

// Repeated changes must not make the text grow without end. What was received may be no valid field, and its
// lines shorter than ours: it moves as it is, and is measured.
void headers::drop_waste() {
  if (waste_ < 1024 || waste_ < text_.size() / 2) return;
  std::size_t size = 0;
  auto& fields = *table_;
  for (std::size_t i = 0; i != fields.size(); ++i) size += fields[i].name_size + fields[i].value_size + 4U;
  std::string fresh;
  fresh.reserve(size);
  for (std::size_t i = 0; i != fields.size(); ++i) {
    detail::header_entry& entry = fields[i];
    const header_view field = headers_view::at(text_.data(), entry);
    entry.name_offset = static_cast<std::uint32_t>(fresh.size());
    fresh.append(field.name).append(": ", 2);
    entry.value_offset = static_cast<std::uint32_t>(fresh.size());
    fresh.append(field.value).append("\r\n", 2);
  }
  text_.swap(fresh);
  waste_ = 0;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() &&
         h1::find_other(text.data(), text.data() + text.size(), h1::token_char) == text.data() + text.size();
}

bool is_field_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (h1::is_ows(text.front()) || h1::is_ows(text.back())) return false;
  const char* const end = text.data() + text.size();
  return h1::find_value_end(text.data(), text.data(), end) == end;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return h1::to_lower(x) == h1::to_lower(y);
         });
}

bool list_contains_token(std::string_view list, std::string_view token) noexcept {
  return !h1::for_each_element(list, [token](std::string_view e) { return !equal_ignoring_case(e, token); });
}

bool list_contains_token(headers_view fields, header_id id, std::string_view token) noexcept {
  for (const std::string_view value : fields.get_all(id))
    if (list_contains_token(value, token)) return true;
  return false;
}

std::optional<std::uint64_t> content_length(headers_view fields) noexcept {
  std::optional<std::uint64_t> length;
  for (const std::string_view value : fields.get_all(header_id::content_length)) {
    std::uint64_t number = 0;
    if (!h1::parse_decimal(value, number) || (length && *length != number)) return std::nullopt;
    length = number;
  }
  return length;
}

bool media_type_view::is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept {
  return equal_ignoring_case(type, wanted_type) && equal_ignoring_case(subtype, wanted_subtype);
}

std::optional<media_type_view> media_type_view::parse(std::string_view value) noexcept {
  std::string_view rest = h1::trim_ows(value);
  const std::string_view essence = h1::trim_ows(rest.substr(0, rest.find(';')));
  const std::size_t slash = essence.find('/');
  if (slash == essence.npos) return std::nullopt;
  media_type_view result{essence.substr(0, slash), essence.substr(slash + 1), {}};
  if (!is_token(result.type) || !is_token(result.subtype)) return std::nullopt;
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  for_each_parameter(rest, [&result](const parameter_view& p) {
    if (result.charset.empty() && equal_ignoring_case(p.name, "charset")) result.charset = p.value;
  });
  return result;
}

}  // namespace bight::http
