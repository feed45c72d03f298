#include "body_files.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace crawler {

namespace fs = bight::fs;

struct body_files::open_file {
  open_file(std::string n, fs::atomic_file f) : name(std::move(n)), file(std::move(f)) {}
  bight::awaitable<void> flush() {
    co_await file->write_at(offset, waiting);
    offset += waiting.size();
    waiting.clear();
  }
  std::string name;
  fs::atomic_file file;
  std::string waiting;
  std::uint64_t offset = 0;
};

bight::awaitable<std::shared_ptr<body_files::open_file>> body_files::open(const bight::crawl::page& p) {
  auto name = names_.path_of(p.url, p.content_type);
  const auto path = folder_ / name;
  const fs::directory_options parents{.parents = true};
  co_await fs::make_directory(path.parent_path(), parents);
  const fs::atomic_options options{.sync = false};
  auto made = co_await fs::open_atomically(path, options);
  co_return std::make_shared<open_file>(std::move(name), std::move(made));
}

bight::awaitable<void> body_files::write(const bight::crawl::page& p, std::string_view piece) {
  const auto& url = p.url.href();
  auto known = open_.find(url);
  if (known == open_.end()) {
    auto made = co_await open(p);
    known = open_.emplace(url, std::move(made)).first;
  }
  const auto f = known->second;
  constexpr std::size_t enough = 128U << 10U;
  f->waiting.append(piece);
  if (f->waiting.size() >= enough || (piece.empty() && !f->waiting.empty())) co_await f->flush();
  if (!piece.empty()) co_return;
  open_.erase(url);
  co_await f->file.commit();
  saved_[url] = f->name;
}

std::string body_files::take_name(const bight::crawl::page& p) {
  const auto known = saved_.find(p.url.href());
  if (known == saved_.end()) return {};
  auto name = std::move(known->second);
  saved_.erase(known);
  return name;
}

}  // namespace crawler
