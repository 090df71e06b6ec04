#pragma once
// The item tree and the answers of actions as JSON, as DESIGN.md's routes give them.

#include <string>
#include <string_view>

#include "hooks/http.h"
#include "hooks/ui/actions.h"
#include "hooks/ui/tree.h"

namespace proctor::hooks::ui {

/// What of a tree is wanted; empty members want all.
struct Filter {
  std::string path;    ///< a part of the path, in any case
  std::string window;  ///< the window's path or title; its children too
  std::string kind;    ///< "button", "checkbox", …
  bool visible_only = false;
};

std::string ToJson(const Tree& tree, const Filter& filter);
std::string ToJson(const Done& done);
HttpAnswer ToAnswer(const Refusal& refusal);

}  // namespace proctor::hooks::ui
