#include "core/config/placeholders.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "core/config/config.h"

namespace proctor {
namespace {

/// The name if the text begins with {name}, else empty.
std::string_view NameAtStart(std::string_view text) {
  if (text.empty() || text[0] != '{') return {};
  size_t end = 1;
  while (end < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
    ++end;
  }
  return end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view();
}

/// Takes a template apart. "}}" is one brace only where a "{{" is still open, so
/// that JSON can stand in a template as it is.
void TakeApart(std::string_view text, const std::function<void(std::string_view)>& on_literal,
               const std::function<void(std::string_view)>& on_name) {
  int doubled = 0;
  while (!text.empty()) {
    if (text.starts_with("{{")) {
      ++doubled;
      on_literal("{");
      text.remove_prefix(2);
    } else if (text.starts_with("}}") && doubled > 0) {
      --doubled;
      on_literal("}");
      text.remove_prefix(2);
    } else if (const std::string_view name = NameAtStart(text); !name.empty()) {
      on_name(name);
      text.remove_prefix(name.size() + 2);
    } else {
      on_literal(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
}

}  // namespace

const std::vector<std::string_view>& KnownPlaceholders() {
  static const std::vector<std::string_view> known = {"port", "workspace", "generation", "lane"};
  return known;
}

std::vector<std::string_view> PlaceholdersIn(std::string_view text) {
  std::vector<std::string_view> names;
  TakeApart(
      text, [](std::string_view) {}, [&](std::string_view name) { names.push_back(name); });
  return names;
}

std::string Expand(std::string_view text, const PlaceholderValues& values) {
  std::string expanded;
  TakeApart(
      text, [&](std::string_view literal) { expanded += literal; },
      [&](std::string_view name) {
        const auto found = std::find_if(values.begin(), values.end(),
                                        [&](const auto& value) { return value.first == name; });
        expanded += found != values.end() ? found->second : "{" + std::string(name) + "}";
      });
  return expanded;
}

}  // namespace proctor
