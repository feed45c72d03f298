#include <bight/http/multipart_form.hpp>

#include <algorithm>
#include <array>
#include <bight/http/error.hpp>
#include <bight/http/multipart.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/server_request.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "http/download/clean_name.hpp"

namespace bight::http {

// Reads the parts of a request into a form, within the limits.
struct multipart_form_access {
  multipart_form_access(server_request& request, multipart_form_options o)
      : options(std::move(o)),
        parts(request, multipart_limits{.max_parts = std::numeric_limits<std::size_t>::max(),
                                        .max_header_bytes = options.max_header_bytes,
                                        .max_part_size = std::numeric_limits<std::uint64_t>::max()}) {}

  static awaitable<multipart_form> read(server_request& request, multipart_form_options options) {
    multipart_form_access reading{request, std::move(options)};
    multipart_part* part = co_await reading.parts.next();
    while (part) {
      reading.check_names(*part);
      if (part->filename())
        co_await reading.take_file(*part);
      else
        co_await reading.take_field(*part);
      part = co_await reading.parts.next();
    }
    co_return std::move(reading.form);
  }

  static std::string limit_text(std::string_view what, std::uint64_t limit) {
    return "the form has " + std::string{what} + ", limit " + std::to_string(limit);
  }
  [[noreturn]] static void fail_size(std::string_view what, std::uint64_t limit) {
    throw problem{status::content_too_large, limit_text(what, limit)};
  }

  void check_names(const multipart_part& part) const {
    const auto longest = std::max(part.name().size(), part.filename() ? part.filename()->size() : 0);
    if (longest > options.max_name)
      throw problem{status::bad_request, limit_text("a name that is too long", options.max_name)};
  }

  awaitable<void> take_field(multipart_part& part) {
    if (form.fields_.size() == options.max_fields) fail_size("too many fields", options.max_fields);
    count_field_bytes(part.name().size());
    std::string value;
    std::size_t n = co_await part.read_some(buffer);
    while (n != 0) {
      count_field_bytes(n);
      value.append(reinterpret_cast<const char*>(buffer.data()), n);
      n = co_await part.read_some(buffer);
    }
    form.fields_.append(part.name(), value);
  }

  void count_field_bytes(std::size_t n) {
    if (n > options.max_fields_size - fields_size)
      fail_size("fields that are too large", options.max_fields_size);
    fields_size += n;
  }

  awaitable<void> take_file(multipart_part& part) {
    std::size_t n = co_await part.read_some(buffer);
    if (n == 0 && part.filename()->empty()) co_return;  // no file was chosen
    if (form.files_.size() == options.max_files) fail_size("too many files", options.max_files);
    uploaded_file file;
    file.name_ = part.name();
    file.filename_ = *part.filename();
    file.headers_ = part.headers();
    const fs::spooled_options kept{.max_in_memory = options.max_in_memory - in_memory};
    file.content_ = fs::spooled_file{kept, options.directory};
    while (n != 0) {
      if (n > options.max_file_size - file.size_)
        fail_size("a file that is too large", options.max_file_size);
      co_await file.content_.append(std::span{buffer}.first(n));
      file.size_ += n;
      n = co_await part.read_some(buffer);
    }
    if (file.in_memory()) in_memory += static_cast<std::size_t>(file.size_);
    form.files_.push_back(std::move(file));
  }

  multipart_form_options options;
  multipart_reader parts;
  multipart_form form;
  std::size_t fields_size = 0;
  std::size_t in_memory = 0;  // of the files
  std::array<std::byte, 16 * 1024> buffer;
};

std::string uploaded_file::safe_filename() const { return clean_file_name(filename_); }

std::string_view uploaded_file::content_type() const noexcept {
  return headers_.get(header_id::content_type).value_or("text/plain");
}

awaitable<std::string> uploaded_file::text(std::size_t limit) const {
  if (size_ > limit)
    throw boost::system::system_error(make_error_code(errc::body_too_large),
                                      "file '" + name_ + "', limit " + std::to_string(limit));
  std::string all(static_cast<std::size_t>(size_), '\0');
  const auto bytes = std::as_writable_bytes(std::span{all});
  std::size_t done = 0;
  std::size_t n = co_await content_.read_at(0, bytes);
  while (n != 0 && done + n != all.size()) {
    done += n;
    n = co_await content_.read_at(done, bytes.subspan(done));
  }
  co_return all;
}

awaitable<void> uploaded_file::save_to(std::filesystem::path path, fs::publish_options options) {
  return content_.publish(std::move(path), options);
}

uploaded_file* multipart_form::file(std::string_view name) noexcept {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& f) { return f.name() == name; });
  return found == files_.end() ? nullptr : &*found;
}

awaitable<multipart_form> server_request::multipart() { return multipart_form_access::read(*this, {}); }
awaitable<multipart_form> server_request::multipart(multipart_form_options options) {
  return multipart_form_access::read(*this, std::move(options));
}

}  // namespace bight::http
