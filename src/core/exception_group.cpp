#include <bight/core/exception_group.hpp>

#include <cxxabi.h>

#include <bight/core/cancel.hpp>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <typeinfo>

namespace bight {
namespace {

const exception_group* as_group(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const exception_group& g) {
    return &g;  // owned by e
  } catch (...) { return nullptr; }
}

// The type of the current exception, as written in code.
std::string type_in_flight() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (!type) return "?";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free};
  return status == 0 ? name.get() : type->name();
}

std::string with_type(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) { return type_in_flight() + ": " + e.what(); } catch (...) {
    return describe(error);
  }
}

void append(std::string& to, std::string_view text, std::size_t indent) {
  to.append(1, '\n').append(indent, ' ');
  for (const char c : text) {
    to += c;
    if (c == '\n') to.append(indent, ' ');
  }
}

void render(std::string& to, const exception_group& group, std::string_view origin, std::size_t indent) {
  const auto count = group.errors().size();
  to += group.message() + " (" + std::to_string(count) + (count == 1 ? " error)" : " errors)");
  indent += 2;
  if (!origin.empty()) append(to, origin, indent);
  for (std::size_t i = 0; i != count; ++i) {
    const auto& e = group.errors()[i];
    const auto& from = group.origin(i);
    if (const auto* const nested = as_group(e)) {
      to.append(1, '\n').append(indent, ' ');
      render(to, *nested, from, indent);
    } else {
      append(to, with_type(e), indent);
      if (!from.empty()) append(to, from, indent + 2);
    }
  }
}

}  // namespace

// The text costs a rethrow per leaf, so it is only composed on demand.
struct exception_group::contents {
  contents(std::string m, std::vector<std::exception_ptr> e, std::vector<std::string> o)
      : message(std::move(m)), errors(std::move(e)), origins(std::move(o)) {}
  std::string message;
  std::vector<std::exception_ptr> errors;
  std::vector<std::string> origins;
  std::once_flag text_made;
  std::string text;
};

exception_group::exception_group(std::string message, std::vector<std::exception_ptr> errors,
                                 std::vector<std::string> origins)
    : contents_(std::make_shared<contents>(std::move(message), std::move(errors), std::move(origins))) {
  contents_->origins.resize(contents_->errors.size());
}

const std::string& exception_group::message() const noexcept { return contents_->message; }
const std::vector<std::exception_ptr>& exception_group::errors() const noexcept { return contents_->errors; }
const std::string& exception_group::origin(std::size_t i) const noexcept { return contents_->origins[i]; }

const char* exception_group::what() const noexcept {
  try {
    std::call_once(contents_->text_made, [this] { render(contents_->text, *this, {}, 0); });
    return contents_->text.c_str();
  } catch (...) {
    return contents_->message.c_str();  // out of memory
  }
}

std::pair<std::optional<exception_group>, std::optional<exception_group>> exception_group::split(
    const std::function<bool(const std::exception_ptr&)>& matches) const {
  struct part {
    void add(std::exception_ptr e, const std::string& origin) {
      errors.push_back(std::move(e));
      origins.push_back(origin);
    }
    std::vector<std::exception_ptr> errors;
    std::vector<std::string> origins;
  };
  part yes;
  part no;
  for (std::size_t i = 0; i != errors().size(); ++i) {
    const auto& e = errors()[i];
    if (const auto* nested = as_group(e)) {
      auto [in, out] = nested->split(matches);
      if (in) yes.add(std::make_exception_ptr(*std::move(in)), origin(i));
      if (out) no.add(std::make_exception_ptr(*std::move(out)), origin(i));
    } else {
      (matches(e) ? yes : no).add(e, origin(i));
    }
  }
  std::pair<std::optional<exception_group>, std::optional<exception_group>> parts;
  if (!yes.errors.empty()) parts.first.emplace(message(), std::move(yes.errors), std::move(yes.origins));
  if (!no.errors.empty()) parts.second.emplace(message(), std::move(no.errors), std::move(no.origins));
  return parts;
}

std::vector<std::exception_ptr> exception_group::flatten() const {
  std::vector<std::exception_ptr> leaves;
  for (const auto& e : errors()) {
    if (const auto* nested = as_group(e)) {
      auto inner = nested->flatten();
      leaves.insert(leaves.end(), inner.begin(), inner.end());
    } else {
      leaves.push_back(e);
    }
  }
  return leaves;
}

std::string describe(const std::exception_ptr& error) {
  if (!error) return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) { return e.what(); } catch (const cancelled_error& e) {
    return e.describe();
  } catch (...) { return "an exception of type " + type_in_flight(); }
}

}  // namespace bight
