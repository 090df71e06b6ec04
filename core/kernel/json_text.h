#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proctor {

/// Long texts within JSON, in runs. The JSON library reads and writes them byte by byte, which
/// for half a million printed characters is most of what a request costs. What is not covered
/// here is refused, and the caller leaves it to the library. Pure.

using JsonTexts = std::vector<std::pair<std::string, std::string>>;

/// The members of an object that has nothing but texts, in order. None: it has something else,
/// a \u escape, no valid UTF-8, or is no JSON.
std::optional<JsonTexts> ReadJsonTexts(std::string_view json);

enum class Written {
  Yes,
  NotUtf8,  ///< nothing was added
};
/// Adds the text as a JSON string with its quotes, escaped as the library does.
Written AppendJsonText(std::string& json, std::string_view text);

}  // namespace proctor
