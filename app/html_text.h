#pragma once

#include <string>
#include <string_view>

namespace proctor {

/// HTML as plain text, for what has no other form: tags left out, rows and paragraphs on lines
/// of their own, cells parted by tabs, the common entities resolved.
std::string HtmlText(std::string_view html);

}  // namespace proctor
