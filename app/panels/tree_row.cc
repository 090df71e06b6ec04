#include "app/panels/tree_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

// The columns, from the right edge inwards.
float DurationEnd(const RowFrame& row) {
  return row.right - Em() * 0.6f;
}
float GenerationEnd(const RowFrame& row) {
  return row.right - Em() * 5.0f;
}
float NoteX(const RowFrame& row) {
  return row.right - Em() * 7.9f;
}
float NameEnd(const RowFrame& row) {
  return row.right - Em() * 8.3f;
}

float TextY(const RowFrame& row) {
  return row.at.y + std::round((row.height - Em()) / 2);
}

void PutRight(ImDrawList& list, float end, float y, ImU32 colour, const std::string& text) {
  const float width = ImGui::CalcTextSize(text.c_str()).x;
  list.AddText({end - width, y}, colour, text.c_str());
}

void PutIcon(ImDrawList& list, const RowFrame& row, float x, const Look& look, float alpha) {
  const float size = std::round(Em() * 0.72f);
  DrawIcon(list, look.icon, {x, row.at.y + std::round((row.height - size) / 2)}, size,
           Faded(look.colour, alpha));
}

/// Text up to `end`, faded out by the clip rectangle where it is longer.
void PutClipped(ImDrawList& list, float x, float y, float end, ImU32 colour,
                std::string_view text) {
  const ImVec4 clip{x, y, std::max(x, end), y + Em() * 1.4f};
  list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), {x, y}, colour, text.data(),
               text.data() + text.size(), 0, &clip);
}

float WidthOf(std::string_view text) {
  return ImGui::CalcTextSize(text.data(), text.data() + text.size()).x;
}

void DrawNote(ImDrawList& list, const RowFrame& row, const FileState& file, bool hovered) {
  if (!file.note) return;
  const Look look = LookOf(file.note->kind);
  PutIcon(list, row, NoteX(row), look, 1);
  const ImVec2 mouse = ImGui::GetMousePos();
  if (!hovered || mouse.x < NoteX(row) - Em() * 0.3f || mouse.x > NoteX(row) + Em() * 1.2f) {
    return;
  }
  const TooltipScope tooltip(ImGui::BeginTooltip());
  Text(fmt::format("{} subject, generation {}", look.word, file.generation.value), look.colour);
  if (file.note->reason.empty()) return;
  ImGui::PushTextWrapPos(Em() * 30);
  Text(file.note->reason);
  ImGui::PopTextWrapPos();
}

}  // namespace

void DrawFileRow(const RowFrame& row, const FileState& file, bool open, bool hovered,
                 const RowMarks& marks) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float pad = Em() * 0.35f;
  PutIcon(list, row, row.at.x + pad, {open ? Icon::FoldedOut : Icon::FoldedIn, palette::kDim, ""},
          1);
  const auto worst = WorstOf(file.counts);
  Look look{Icon::Dot, palette::kFaint, ""};
  if (worst) look = LookOf(*worst);
  if (file.running > 0 && !(worst && IsBad(*worst))) look = {Icon::Run, palette::kAccent, ""};
  if (marks.held) look = {Icon::Hold, palette::kWarning, ""};
  PutIcon(list, row, row.at.x + pad + Em() * 1.15f, look, 1);
  float x = row.at.x + pad + Em() * 2.25f;

  std::string counts;
  const auto tests = static_cast<int>(file.tests.size());
  const int done = file.counts.Total(), bad = file.counts.Bad();
  if (done < tests)
    counts = fmt::format("{}/{}", done, tests);
  else
    counts = std::to_string(tests);
  const float counts_width = WidthOf(counts);
  const std::string bad_text = bad > 0 ? fmt::format("{} bad", bad) : "";
  const float bad_width = bad > 0 ? WidthOf(bad_text) + Em() * 0.6f : 0;
  const std::string lane = marks.lane ? fmt::format("lane {}", *marks.lane) : "";
  const float lane_width = marks.lane ? WidthOf(lane) + Em() * 0.6f : 0;
  const float name_end = NameEnd(row) - counts_width - bad_width - lane_width - Em() * 0.5f;

  const size_t slash = file.path.rfind('/');
  const std::string_view path = file.path;
  if (slash != std::string::npos) {
    const std::string_view folder = path.substr(0, slash + 1);
    PutClipped(list, x, TextY(row), name_end, palette::kDim, folder);
    x += WidthOf(folder);
  }
  PutClipped(list, x, TextY(row), name_end, palette::kText,
             slash == std::string::npos ? path : path.substr(slash + 1));
  if (bad > 0) {
    PutRight(list, NameEnd(row) - counts_width - Em() * 0.5f, TextY(row), palette::kBad, bad_text);
  }
  PutRight(list, NameEnd(row) - counts_width - bad_width - Em() * 0.5f, TextY(row),
           file.running > 0 ? palette::kAccent : palette::kFaint, lane);
  PutRight(list, NameEnd(row), TextY(row), palette::kFaint, counts);
  DrawNote(list, row, file, hovered);
  if (file.last_generation) {
    PutRight(list, GenerationEnd(row), TextY(row), palette::kFaint,
             fmt::format("g{}", file.last_generation.value));
  }
  if (file.duration_ms > 0) {
    PutRight(list, DurationEnd(row), TextY(row), palette::kDim, FormatDuration(file.duration_ms));
  }
}

void DrawTestRow(const RowFrame& row, const TestState& test, Time now, const RowMarks& marks) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const Look look = marks.held ? Look{Icon::Hold, palette::kWarning, ""} : LookOf(test);
  // Until it is in the journal, an outcome is not final, and not shown as such.
  const float alpha = test.progress == TestProgress::Done && !test.final ? 0.5f : 1.0f;
  PutIcon(list, row, row.at.x + Em() * 2.6f, look, alpha);
  float x = row.at.x + Em() * 3.7f;
  const float end = NameEnd(row) + Em() * 1.5f;
  if (!test.class_name.empty()) {
    PutClipped(list, x, TextY(row), end, palette::kFaint, test.class_name);
    x += WidthOf(test.class_name);
    PutClipped(list, x, TextY(row), end, palette::kFaint, "::");
    x += WidthOf("::");
  }
  const bool done = test.progress == TestProgress::Done;
  const bool bad = done && IsBad(test.outcome);
  PutClipped(list, x, TextY(row), end, bad || !done ? palette::kText : IM_COL32(190, 198, 211, 255),
             test.name);
  if (test.generation) {
    PutRight(list, GenerationEnd(row), TextY(row), palette::kFaint,
             fmt::format("g{}", test.generation.value));
  }
  std::string duration;
  if (test.progress == TestProgress::Running) duration = FormatClock(now - test.started);
  if (done && test.attempt > 0) duration = FormatDuration(test.duration_ms);
  PutRight(list, DurationEnd(row), TextY(row),
           test.progress == TestProgress::Running ? palette::kAccent : palette::kDim, duration);
}

}  // namespace proctor
