// The changes since the last batch, merged per path.
#pragma once
#include <bight/fs/watch.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bight::fs::detail {

class change_set {
 public:
  enum class event : std::uint8_t {
    appeared,
    changed,
    vanished,
    moved_away,        ///< A directory with all that is in it: what appears there is another one.
    appeared_unclear,  ///< A directory of which nobody knows what was told before.
  };
  /// Whether a path was there before the first event of a batch.
  enum class before : std::uint8_t { absent, present, unknown };

  explicit change_set(std::size_t limit) : limit_(limit) {}

  /// `known` counts if it is the first event of the path, and where something vanishes of which it is
  /// unknown.
  void note(const std::string& path, event what, before known);
  /// What is in the directory is gone with it.
  void vanish_below(const std::string& directory);
  /// Too much has happened.
  void overflow() noexcept;

  /// How much has been noted ever.
  std::uint64_t events() const noexcept { return events_; }
  bool empty() const noexcept { return entries_.empty() && !overflowed_; }
  /// The batch so far. `root`: the path of a rescan.
  [[nodiscard]] std::vector<change> batch(const std::filesystem::path& root,
                                          const watch_filter& filter) const;
  void clear() noexcept;

 private:
  struct entry {
    before known;
    bool there = true;
    bool unclear = false;  // what was in it
  };
  std::map<std::string, entry, std::less<>> entries_;
  std::size_t limit_;
  std::uint64_t events_ = 0;
  bool overflowed_ = false;
};

}  // namespace bight::fs::detail
