#include <bight/core/exception_group.hpp>

#include <bight/core/cancel.hpp>
#include <mutex>

namespace bight {
namespace {

const exception_group* as_group(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const exception_group& g) {
    return &g;  // owned by e
  } catch (...) { return nullptr; }
}

void render(std::string& to, const exception_group& group, std::size_t indent);

void render(std::string& to, const std::exception_ptr& e, std::size_t indent) {
  to.append(1, '\n').append(indent, ' ');
  if (const auto* nested = as_group(e)) {
    render(to, *nested, indent);
    return;
  }
  for (const char c : describe(e)) {
    to += c;
    if (c == '\n') to.append(indent, ' ');
  }
}

void render(std::string& to, const exception_group& group, std::size_t indent) {
  const auto count = group.errors().size();
  to += group.message() + " (" + std::to_string(count) + (count == 1 ? " error)" : " errors)");
  for (const auto& e : group.errors()) render(to, e, indent + 2);
}

}  // namespace

// The text costs a rethrow per leaf, so most groups, which are caught and looked into, do without.
struct exception_group::contents {
  contents(std::string m, std::vector<std::exception_ptr> e) : message(std::move(m)), errors(std::move(e)) {}
  std::string message;
  std::vector<std::exception_ptr> errors;
  std::once_flag text_made;
  std::string text;
};

exception_group::exception_group(std::string message, std::vector<std::exception_ptr> errors)
    : contents_(std::make_shared<contents>(std::move(message), std::move(errors))) {}

const std::string& exception_group::message() const noexcept { return contents_->message; }
const std::vector<std::exception_ptr>& exception_group::errors() const noexcept { return contents_->errors; }

const char* exception_group::what() const noexcept {
  try {
    std::call_once(contents_->text_made, [this] { render(contents_->text, *this, 0); });
    return contents_->text.c_str();
  } catch (...) {
    return contents_->message.c_str();  // out of memory
  }
}

std::pair<std::optional<exception_group>, std::optional<exception_group>> exception_group::split(
    const std::function<bool(const std::exception_ptr&)>& matches) const {
  std::vector<std::exception_ptr> yes;
  std::vector<std::exception_ptr> no;
  for (const auto& e : errors()) {
    if (const auto* nested = as_group(e)) {
      auto [in, out] = nested->split(matches);
      if (in) yes.push_back(std::make_exception_ptr(*std::move(in)));
      if (out) no.push_back(std::make_exception_ptr(*std::move(out)));
    } else {
      (matches(e) ? yes : no).push_back(e);
    }
  }
  std::pair<std::optional<exception_group>, std::optional<exception_group>> parts;
  if (!yes.empty()) parts.first.emplace(message(), std::move(yes));
  if (!no.empty()) parts.second.emplace(message(), std::move(no));
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
  } catch (...) { return "an exception of an unknown type"; }
}

}  // namespace bight
