#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace proctor {

/// Opening a source line in the user's editor, and folders and addresses in the
/// desktop's program for them. Driven by the panels.

/// What an environment variable holds; empty where it is not set.
using Environment = std::function<std::string(const char* name)>;

/// The command that shows `line` (1-based; 0: none) of `file`: $PROCTOR_EDITOR, $VISUAL
/// or $EDITOR with the line in the form that this editor takes; one that needs a
/// terminal gets one; without any of them, xdg-open. Never empty.
std::vector<std::string> EditorCommand(const Environment& environment,
                                       const std::filesystem::path& file, int line);

/// Starts the editor, detached. An error is a sentence for the user; empty: started.
std::string OpenInEditor(const std::filesystem::path& file, int line);

/// A folder, a log or an address in what the desktop has for it. Empty: started.
std::string OpenOnDesktop(const std::string& target);

}  // namespace proctor
