#include <bight/http/multipart.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <bight/fs/file.hpp>
#include <bight/http/error.hpp>
#include <bight/http/static_files.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "http/body_access.hpp"
#include "http/multipart/boundary.hpp"
#include "http/random.hpp"

namespace bight::http {

using boost::system::system_error;

struct multipart::state {
  struct one_part {
    std::string head;  // from the boundary to the empty line
    http::body content;
  };

  std::string closing() const { return "--" + boundary + "--\r\n"; }

  std::string boundary;
  std::vector<one_part> parts;
};

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw system_error(make_error_code(errc::invalid_form), why);
}

// WHATWG HTML, "multipart/form-data encoding algorithm".
void append_quoted(std::string& out, const char* parameter, std::string_view value) {
  if (value.find('\0') != value.npos) refuse("zero byte in '" + std::string{value.substr(0, 40)} + '\'');
  out.append("; ").append(parameter).append("=\"");
  for (const char c : value) {
    switch (c) {
      case '"':
        out += "%22";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

// Opened only now, so that many files can be sent one after the other.
awaitable<void> send_file(std::filesystem::path path, std::uint64_t size, body_writer& out) {
  constexpr std::size_t piece = 64 * 1024;
  const auto file = co_await fs::open(path);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(piece, size)));
  for (std::uint64_t sent = 0; sent != size;) {
    const auto want = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - sent)));
    const auto n = co_await file.read_at(sent, want);
    if (n == 0)
      throw system_error(
          make_error_code(errc::truncated),
          '\'' + path.string() + "' has become shorter than " + std::to_string(size) + " bytes");
    co_await out.write(std::span<const std::byte>{want.first(n)});
    sent += n;
  }
}

std::uint64_t size_of_file(const std::filesystem::path& path) {
  struct ::stat about {};
  int error = ::stat(path.c_str(), &about) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(about.st_mode)) error = EISDIR;
  if (error == 0 && !S_ISREG(about.st_mode)) error = EINVAL;
  if (error != 0)
    throw system_error(error, boost::system::system_category(), "upload '" + path.string() + '\'');
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace

multipart::multipart() : multipart("bight-" + random_hex(16)) {}

multipart::multipart(std::string boundary) : state_(std::make_shared<state>()) {
  if (!multipart_detail::is_boundary(boundary)) refuse("boundary '" + boundary.substr(0, 80) + '\'');
  state_->boundary = std::move(boundary);
}

multipart::multipart(multipart&&) noexcept = default;
multipart& multipart::operator=(multipart&&) noexcept = default;
multipart::~multipart() = default;

multipart& multipart::field(std::string_view name, std::string_view value) & { return part(name, value); }
multipart multipart::field(std::string_view name, std::string_view value) && {
  return std::move(part(name, value));
}

multipart& multipart::file(std::string_view name, const std::filesystem::path& path,
                           std::string_view filename, std::string_view content_type) & {
  const std::string last = path.filename().string();
  if (filename.empty()) filename = last;
  if (content_type.empty()) content_type = media_type_of(filename);
  const auto size = size_of_file(path);
  return part(name, body::again([path, size] {
                return body::produce([path, size](body_writer& out) { return send_file(path, size, out); },
                                     size);
              }),
              filename, content_type);
}
multipart multipart::file(std::string_view name, const std::filesystem::path& path, std::string_view filename,
                          std::string_view content_type) && {
  return std::move(file(name, path, filename, content_type));
}

multipart& multipart::part(std::string_view name, http::body content,
                           std::optional<std::string_view> filename, std::string_view content_type) & {
  if (!is_field_value(content_type)) refuse("media type of '" + std::string{name.substr(0, 40)} + '\'');
  std::string head = "--" + state_->boundary + "\r\nContent-Disposition: form-data";
  append_quoted(head, "name", name);
  if (filename) append_quoted(head, "filename", *filename);
  if (!content_type.empty()) head.append("\r\nContent-Type: ").append(content_type);
  head += "\r\n\r\n";
  state_->parts.push_back({std::move(head), std::move(content)});
  return *this;
}
multipart multipart::part(std::string_view name, http::body content, std::optional<std::string_view> filename,
                          std::string_view content_type) && {
  return std::move(part(name, std::move(content), filename, content_type));
}

const std::string& multipart::boundary() const noexcept { return state_->boundary; }

std::string multipart::content_type() const {
  // Quoted if it is not a token (RFC 2046 5.1.1).
  const auto& b = state_->boundary;
  return "multipart/form-data; boundary=" + (is_token(b) ? b : '"' + b + '"');
}

std::optional<std::uint64_t> multipart::size() const noexcept {
  std::uint64_t total = state_->boundary.size() + 6;
  for (const auto& one : state_->parts) {
    const auto size = one.content.size();
    if (!size) return std::nullopt;
    total += one.head.size() + *size + 2;
  }
  return total;
}

bool multipart::replayable() const noexcept {
  return std::all_of(state_->parts.begin(), state_->parts.end(),
                     [](const auto& one) { return one.content.replayable(); });
}

namespace {

// Not seen from outside: the trailers of a part's body are no trailers of the message.
class part_writer final : public body_writer {
 public:
  explicit part_writer(body_writer& out) noexcept : out_(&out) {}
  ~part_writer() = default;
  awaitable<void> write(std::string_view piece) override { return out_->write(piece); }
  void trailers(headers) override {}

 private:
  body_writer* out_;
};

// `State`: multipart::state, which has no name here.
template <class State>
awaitable<void> send_parts(std::shared_ptr<State> s, body_writer& out) {
  part_writer content_out{out};
  for (auto& one : s->parts) {
    co_await out.write(one.head);
    // A copy: the part may be rewound for another attempt while this one is being given up.
    body content = body_access::share(one.content);
    co_await content.write_to(content_out);
    co_await out.write(std::string_view{"\r\n"});
  }
  const std::string closing = s->closing();
  co_await out.write(closing);
}

}  // namespace

http::body multipart::take_body() {
  const auto total = size();
  const bool again = replayable();
  auto taken = std::make_shared<state>();
  taken->boundary = state_->boundary;
  std::swap(taken, state_);
  auto make = [taken, total] {
    for (auto& one : taken->parts) one.content.rewind();
    return body::produce([taken](body_writer& out) { return send_parts(taken, out); }, total);
  };
  return again ? body::again(std::move(make)) : make();
}

}  // namespace bight::http
