// Every shape that GCC 12 miscompiles or refuses, each line with the rule of the lint that names it. The
// build of this program must fail with that compiler, and only there.
#include "shapes.hpp"

#include <array>
#include <cassert>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#define CHECK(condition) \
  if (!(condition)) return_code = 1

namespace {

int return_code = 0;

// Crashes: co_await in conditions, without a local variable.

bight::awaitable<void> conditions() {
  if (co_await truth()) ++return_code;                      // fault: condition
  if (return_code == 1 && co_await truth()) ++return_code;  // fault: condition
  while (co_await truth()) ++return_code;                   // fault: condition
  do ++return_code;
  while (co_await truth());                 // fault: condition
  for (; co_await truth();) ++return_code;  // fault: condition
  switch (co_await number()) {              // fault: condition
    default:
      ++return_code;
  }
  CHECK(co_await truth());   // fault: macro
  assert(co_await truth());  // fault: macro
}

// Destroyed twice: closures with captures by value.

bight::awaitable<void> captures(std::string key) {
  co_await take_any([key] { return key.size(); });                        // fault: capture
  co_await take_any([=] { return key.size(); });                          // fault: capture
  co_await take_any([k = std::move(key)] { return k.size(); });           // fault: capture
  co_await take_any(std::function<int()>([key] { return 1; }));           // fault: capture
  co_await take_any([key]() -> bight::awaitable<int> { co_return 1; });   // fault: capture
  co_await [key]() -> bight::awaitable<void> { co_await number(); }();    // fault: capture
  const auto closure = [text = co_await line()] { return text.size(); };  // fault: capture
  return_code += static_cast<int>(closure());
}

// Destroyed twice: aggregates.

bight::awaitable<line_value> aggregates() {
  const std::string text = "text";
  co_await take(line_value{text});                            // fault: brace
  co_await take(line_value{.text = text});                    // fault: brace
  co_await take({text, 1});                                   // fault: brace
  co_await take({.text = text});                              // fault: brace
  co_await take({});                                          // fault: brace
  co_await take(line_value(text, 1));                         // fault: aggregate
  co_await take(static_cast<line_value>(text));               // fault: aggregate
  co_await take_any(std::array<std::string, 2>{text, text});  // fault: brace
  co_await take_any(std::array{text, text});                  // fault: brace
  co_await line_value{text}.length();                         // fault: brace
  co_await line_value(text).length();                         // fault: aggregate
  co_await take_any(new line_value{text});                    // fault: brace
  co_await take_any(new line_value(text));                    // fault: aggregate
  line_value named{co_await line()};                          // fault: brace
  line_value parenthesised(co_await line());                  // fault: aggregate
  line_value copied = {co_await line(), 1};                   // fault: brace
  std::vector<line_value> values;
  values.push_back({co_await line(), 2});         // fault: brace
  values.push_back(line_value(co_await line()));  // fault: aggregate
  std::map<int, line_value> table;
  table[1] = line_value{co_await line()};                     // fault: brace
  if (values.empty()) co_return line_value{co_await line()};  // fault: brace
  if (table.empty()) throw line_value(co_await line());       // fault: aggregate
  co_return line_value(co_await line());                      // fault: aggregate
}

// Destroyed twice: temporaries in the branches of a conditional.

bight::awaitable<std::string> conditionals(const std::map<std::string, std::string>& cache, std::string key) {
  const auto it = cache.find(key);
  const bool found = it != cache.end();
  const std::string t = found ? it->second : co_await line();   // fault: conditional
  co_await take_any(found ? std::string("a") : std::string());  // fault: conditional
  key = found ? key : co_await line();                          // fault: conditional
  const auto text = co_await (found ? line() : line());         // fault: conditional
  co_return found ? text : co_await line();                     // fault: conditional
}

// Not compiled: "array used as initializer".

bight::awaitable<void> lists(std::string text) {
  co_await take_any<std::initializer_list<int>>({1, 2, 3});            // fault: brace
  co_await take_any(std::vector<std::string>{text, text});             // fault: brace
  std::vector<int> numbers{co_await number(), co_await number()};      // fault: brace
  for (const auto& t : {co_await line(), co_await line()}) text += t;  // fault: brace
}

// None of these is a fault.

bight::awaitable<void> sound(std::string text, int n) {
  options chosen{.retries = n, .name = text};
  co_await take_options(chosen);
  co_await take_options(options());
  auto closure = [text] { return text.size(); };
  co_await take_any(std::move(closure));
  co_await take_any([&] { return text.size(); });
  co_await take_any([n] { return n; });
  co_await take_any(std::pair{text, n});
  co_await take_any(n > 0 ? 1 : 2);
  std::array<int, 2> numbers{co_await number(), 2};
  const bool both = numbers[0] > 0 && co_await truth();
  if (both) co_await bight::sleep(std::chrono::seconds{1});
}

}  // namespace

int main() { return return_code; }
