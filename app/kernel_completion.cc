#include "app/kernel_completion.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace proctor {
namespace {

bool Continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

int ByteOfCodePoint(const std::string& text, int n) {
  size_t at = 0;
  for (; n > 0 && at < text.size(); --n) {
    for (++at; at < text.size() && Continues(text[at]);) ++at;
  }
  return static_cast<int>(at);
}

int CodePointOfByte(const std::string& text, int byte) {
  const auto end =
      text.begin() + std::clamp<std::ptrdiff_t>(byte, 0, static_cast<std::ptrdiff_t>(text.size()));
  return static_cast<int>(std::count_if(text.begin(), end, [](char c) { return !Continues(c); }));
}

std::string CommonStart(const std::vector<std::string>& matches) {
  if (matches.empty()) return {};
  std::string common = matches.front();
  for (const std::string& match : matches) {
    const auto differ = std::mismatch(common.begin(), common.end(), match.begin(), match.end());
    common.erase(differ.first, common.end());
  }
  // Not within a character: where the first one differs in a byte of it that continues.
  const std::string& whole = matches.front();
  while (!common.empty() && common.size() < whole.size() && Continues(whole[common.size()])) {
    common.pop_back();
  }
  return common;
}

KernelCompletion ParseCompletion(const std::string& reply, const std::string& code) {
  const auto content = nlohmann::json::parse(reply, nullptr, false);
  if (!content.is_object()) return {};
  const auto whole = [&](const char* name) {
    const auto found = content.find(name);
    return found != content.end() && found->is_number_integer() ? found->get<int>() : -1;
  };
  const int start = whole("cursor_start"), end = whole("cursor_end");
  if (start < 0 || end < start) return {};
  KernelCompletion completion{.from = ByteOfCodePoint(code, start),
                              .to = ByteOfCodePoint(code, end)};
  const auto matches = content.find("matches");
  if (matches == content.end() || !matches->is_array()) return {};
  for (const auto& match : *matches) {
    if (match.is_string()) completion.matches.push_back(match.get<std::string>());
  }
  return completion;
}

}  // namespace proctor
