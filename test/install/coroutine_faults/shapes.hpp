// What the shapes are made of, and shapes in a header of the project.
#pragma once

#include <bight/core.hpp>
#include <string>

struct line_value {
  std::string text;
  int number = 0;

  bight::awaitable<int> length() const;
};

struct options {
  int retries = 3;
  std::string name;
};

bight::awaitable<bool> truth();
bight::awaitable<int> number();
bight::awaitable<std::string> line();
bight::awaitable<int> take(line_value value);
bight::awaitable<int> take_options(options o = {});  // fault: default
template <class T>
bight::awaitable<int> take_any(T value);

inline bight::awaitable<int> in_a_header() {
  co_return co_await take(line_value{"text", 1});  // fault: brace
}
