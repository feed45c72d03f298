// Lines at the bottom of a terminal that are drawn again and again, for the progress of programs.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The size of the terminal on stderr, in characters.
struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
terminal_size size_of_terminal();

/// Whether stderr is a terminal.
bool has_terminal() noexcept;

/// How many columns a text in UTF-8 takes. Wide are those of East Asian scripts and emoji.
std::size_t columns_of(std::string_view text) noexcept;
/// `text`, cut to at most `columns`; at its end, or in the middle, with "..." in place of what is left out.
std::string fit(std::string_view text, std::size_t columns);
std::string fit_middle(std::string_view text, std::size_t columns);

/// Draws on stderr. The destructor erases what it has drawn.
class live_lines {
 public:
  live_lines() = default;
  live_lines(const live_lines&) = delete;
  live_lines& operator=(const live_lines&) = delete;
  ~live_lines() { clear(); }

  /// Replaces the lines. They are cut where the terminal ends: a wrapped line could not be overwritten.
  void draw(const std::vector<std::string>& lines);
  /// Erases the lines. What is printed to stderr now stays above those that are drawn later.
  void clear();

 private:
  std::string up() const;
  std::size_t drawn_ = 0;
};
