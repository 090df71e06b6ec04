#pragma once

#include <string>
#include <string_view>

#include "core/model/state.h"
#include "core/report/text_format.h"
#include "core/report/text_reporter.h"

namespace proctor {

/// The summary's part about the subject: the generations that went wrong, with their
/// logs and stacks, and the files over which one grew. Empty where all was well.
std::string SubjectText(const State& state, const TextStyle& style);

/// "\n---- title ----\n"
void AddHeading(std::string& out, std::string_view title, Tint tint, const TextStyle& style);
/// A titled text of at most so many lines; nothing where it is empty.
void AddBlock(std::string& out, std::string_view title, std::string_view text, int lines);

}  // namespace proctor
