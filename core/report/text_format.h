#pragma once

#include <string>
#include <string_view>

#include "core/model/state.h"

namespace proctor {

/// The small pieces that Proctor's text is made of.

enum class Tint { None, Good, Bad, Odd, Faint, Strong };

/// The text in that colour, where `color` is on.
std::string Tinted(std::string_view text, Tint tint, bool color);

/// Green, red, or yellow for what is neither.
Tint TintOf(Outcome outcome);

/// The text without escape sequences and control characters: what a test printed
/// must not drive the terminal. Line ends and tabs stay.
std::string Plain(std::string_view text);

/// Up to the first line end.
std::string_view FirstLine(std::string_view text);

/// Cut to so many columns, with "…" where something is missing.
std::string Fit(std::string_view text, int columns);

/// Cut to so many lines, the first few and the last, with a line that says how many
/// are missing. Ends with a line end unless empty.
std::string FitLines(std::string_view text, int lines);

/// "0.3 s", "2 min 05 s", "1 h 02 min"
std::string Seconds(double ms);

/// "1 failed, 8 passed": what there is, the worst first.
std::string CountsText(const Counts& counts, bool color);

/// "generation 2, respawned: reason"; empty without a note.
std::string NoteText(const FileState& file);

/// "tests/test_a.py  5 passed  0.3 s  [generation 2, respawned: reason]", the path
/// filled up to so many columns.
std::string FileLine(const FileState& file, int path_columns, bool color);

/// "crashed  tests/test_a.py::test_x  message  (subject_crash, generation 2)"
std::string FailureLine(const TestState& test, bool color);

}  // namespace proctor
