#include "app/html_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace proctor {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kEntities = {
    {{"&amp;", "&"},
     {"&lt;", "<"},
     {"&gt;", ">"},
     {"&quot;", "\""},
     {"&#39;", "'"},
     {"&apos;", "'"},
     {"&nbsp;", " "}}};

/// "/td" of "</TD class=x>".
std::string NameOf(std::string_view tag) {
  std::string name;
  for (const char c : tag) {
    const auto byte = static_cast<unsigned char>(c);
    if (!std::isalnum(byte) && !(c == '/' && name.empty())) break;
    name += static_cast<char>(std::tolower(byte));
  }
  return name;
}

std::string_view Stands(const std::string& tag) {
  for (const std::string_view cell : {"/td", "/th"}) {
    if (tag == cell) return "\t";
  }
  for (const std::string_view block : {"br", "p", "/p", "div", "/div", "/tr", "/li", "/h1", "/h2",
                                       "/h3", "/caption", "/table", "/pre"}) {
    if (tag == block) return "\n";
  }
  return "";
}

/// Where the text goes on after `tag`, which hides its content: behind its end.
size_t EndOf(std::string_view html, const std::string& tag, size_t at) {
  const std::string end = "</" + tag;
  const auto found = std::search(
      html.begin() + static_cast<std::ptrdiff_t>(at), html.end(), end.begin(), end.end(),
      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  return static_cast<size_t>(found - html.begin());
}

/// The entity at the start of the text; empty where it is none that is known.
std::pair<std::string_view, std::string_view> EntityAt(std::string_view text) {
  for (const auto& entity : kEntities) {
    if (text.starts_with(entity.first)) return entity;
  }
  return {};
}

/// White space as a browser has it: one space, none at the start of a line.
void AddCharacter(std::string& text, char c) {
  if (!std::isspace(static_cast<unsigned char>(c))) {
    text += c;
    return;
  }
  if (!text.empty() && !std::isspace(static_cast<unsigned char>(text.back()))) text += ' ';
}

void AddBreak(std::string& text, std::string_view what) {
  while (!text.empty() && (text.back() == ' ' || (what == "\n" && text.back() == '\t'))) {
    text.pop_back();
  }
  if (what == "\n" && (text.empty() || text.back() == '\n')) return;
  text += what;
}

}  // namespace

std::string HtmlText(std::string_view html) {
  std::string text;
  for (size_t at = 0; at < html.size();) {
    if (html[at] == '<') {
      const size_t end = html.find('>', at);
      if (end == std::string_view::npos) break;
      const std::string tag = NameOf(html.substr(at + 1, end - at - 1));
      AddBreak(text, Stands(tag));
      const bool hidden = tag == "style" || tag == "script";
      at = hidden ? EndOf(html, tag, end) : end + 1;
      continue;
    }
    if (const auto [name, character] = EntityAt(html.substr(at)); !name.empty()) {
      text += character;
      at += name.size();
      continue;
    }
    AddCharacter(text, html[at++]);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

}  // namespace proctor
