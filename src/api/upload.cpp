#include <bight/api/upload.hpp>

#include <bight/fs/operations.hpp>
#include <bight/fs/read_file.hpp>
#include <bight/fs/write_file.hpp>
#include <bight/http/static_files.hpp>
#include <utility>
#include <variant>

#include "api/upload_access.hpp"

namespace bight::api {

struct upload::state {
  std::string filename;
  std::string content_type;
  // The content, the path, or what was received.
  std::variant<std::string, std::filesystem::path, http::uploaded_file> data;
};

namespace {

std::string type_or_guess(std::string given, std::string_view filename) {
  return given.empty() ? std::string{http::media_type_of(filename)} : given;
}

}  // namespace

upload upload_access::received(http::uploaded_file file) {
  upload u;
  std::string name = file.filename();
  std::string type{file.content_type()};
  u.state_ =
      std::make_shared<upload::state>(upload::state{std::move(name), std::move(type), std::move(file)});
  return u;
}

void upload_access::add_part(http::multipart& form, std::string_view name, const upload& u) {
  if (const auto* const path = u.state_ ? std::get_if<std::filesystem::path>(&u.state_->data) : nullptr)
    form.file(name, *path, u.filename(), u.content_type());
  else if (const auto* const text = u.state_ ? std::get_if<std::string>(&u.state_->data) : nullptr)
    form.part(name, http::body{*text}, u.filename(), u.content_type());
  else
    throw std::invalid_argument{"bight: api: the upload '" + std::string{name} + "' has nothing to send"};
}

upload::upload(std::string filename, std::string content, std::string content_type) {
  auto type = type_or_guess(std::move(content_type), filename);
  state_ = std::make_shared<state>(state{std::move(filename), std::move(type), std::move(content)});
}

upload upload::from_file(const std::filesystem::path& path, std::string content_type) {
  upload u;
  auto name = path.filename().string();
  auto type = type_or_guess(std::move(content_type), name);
  u.state_ = std::make_shared<state>(state{std::move(name), std::move(type), path});
  return u;
}

const std::string& upload::filename() const noexcept {
  static const std::string none;
  return state_ ? state_->filename : none;
}

std::string upload::safe_filename() const {
  if (!state_) return {};
  if (const auto* const file = std::get_if<http::uploaded_file>(&state_->data)) return file->safe_filename();
  return std::filesystem::path{state_->filename}.filename().string();
}

std::string_view upload::content_type() const noexcept {
  return state_ ? std::string_view{state_->content_type} : std::string_view{};
}

std::uint64_t upload::size() const {
  if (!state_) return 0;
  if (const auto* const file = std::get_if<http::uploaded_file>(&state_->data)) return file->size();
  if (const auto* const path = std::get_if<std::filesystem::path>(&state_->data))
    return std::filesystem::file_size(*path);
  return std::get<std::string>(state_->data).size();
}

awaitable<std::string> upload::text(std::size_t limit) const {
  const auto own = state_;
  if (!own) co_return std::string{};
  if (const auto* const file = std::get_if<http::uploaded_file>(&own->data))
    co_return co_await file->text(limit);
  if (const auto* const path = std::get_if<std::filesystem::path>(&own->data))
    co_return co_await fs::read_file(*path, limit);
  co_return std::get<std::string>(own->data);
}

awaitable<void> upload::save_to(std::filesystem::path path) const {
  const auto own = state_;
  if (!own) {
    co_await fs::write_file_atomically(std::move(path), std::string_view{});
  } else if (auto* const file = std::get_if<http::uploaded_file>(&own->data)) {
    co_await file->save_to(std::move(path));
  } else if (const auto* const from = std::get_if<std::filesystem::path>(&own->data)) {
    co_await fs::copy_file(*from, std::move(path));
  } else {
    co_await fs::write_file_atomically(std::move(path), std::string_view{std::get<std::string>(own->data)});
  }
}

}  // namespace bight::api
