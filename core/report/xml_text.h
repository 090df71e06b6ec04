#pragma once

#include <string>
#include <string_view>

namespace proctor {

/// The text with what XML cannot hold made visible as pytest does it: "#x1B" for an
/// escape character. Bytes that are not UTF-8 are shown the same way.
std::string XmlText(std::string_view text);

}  // namespace proctor
