#include "app/panels/ledger_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"
#include "core/report/growth.h"

namespace proctor {
namespace {

const char* How(const GenerationState& g) {
  if (g.role == SubjectRole::Spare) return "spare";
  if (!g.was_spare) return "cold";
  return g.leased == Time{} ? "unused spare" : "was a spare";
}

std::string Ready(const GenerationState& g) {
  return g.was_ready ? FormatDuration((g.ready - g.started).count() / 1e6) : "";
}

/// "41 → 57", or one number where it did not change.
std::string FromTo(int64_t from, int64_t to) {
  return from == to ? std::to_string(to) : fmt::format("{} → {}", from, to);
}

std::string Memory(const GenerationState& g) {
  if (g.usage.empty()) return "";
  const std::string from = Bytes(g.usage.front().rss_bytes), to = Bytes(g.usage.back().rss_bytes);
  return from == to ? to : fmt::format("{} → {}", from, to);
}

/// The step that took most memory, of those that are worth telling.
std::string MostGrowth(const GenerationState& g) {
  const std::vector<Growth> grown = GrowthPerFile(g);
  const auto most =
      std::max_element(grown.begin(), grown.end(), [](const Growth& a, const Growth& b) {
        return std::pair(IsWorthTelling(a), a.rss_bytes) <
               std::pair(IsWorthTelling(b), b.rss_bytes);
      });
  if (most == grown.end() || !IsWorthTelling(*most)) return "";
  return fmt::format("{} per {}", GrowthText(*most), most->path);
}

std::string End(const GenerationState& g) {
  if (g.phase != SubjectPhase::Ended) return g.phase == SubjectPhase::Stopping ? "ending" : "";
  std::string text = g.reason;
  if (!g.exit.signal.empty()) text = g.exit.signal + (text.empty() ? "" : ": " + text);
  return text;
}

void Cell(const std::string& text, ImU32 colour = palette::kText) {
  ImGui::TableNextColumn();
  CutText(text, ImGui::GetContentRegionAvail().x, colour);
}

/// The name of the row; a click picks it. Not over the whole row, whose middle may be out
/// of sight.
void DrawName(const State& state, const GenerationState& g, LedgerPanel& panel) {
  ImGui::TableNextColumn();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  bool clicked = false;
  {
    StyleScope hidden;  // the label names the row for who drives it
    hidden.Colour(ImGuiCol_Text, 0);
    clicked =
        ImGui::Selectable(fmt::format("generation {}", g.id.value).c_str(), panel.picked == g.id);
  }
  if (clicked) {
    panel.picked = panel.picked == g.id ? GenerationId{} : g.id;
    panel.desk.lane = std::min(static_cast<size_t>(g.lane), state.lanes.size() - 1);
  }
  ImGui::SetCursorScreenPos(at);
  InlineIcon(LookOf(g.health));
  ImGui::SameLine(0, Em() * 0.4f);
  Text(fmt::format("g{}", g.id.value));
}

void DrawRow(const State& state, const GenerationState& g, LedgerPanel& panel) {
  const IdScope id(static_cast<int>(g.id.value));
  ImGui::TableNextRow();
  DrawName(state, g, panel);
  Cell(std::to_string(g.lane), palette::kDim);
  Cell(How(g), g.was_spare ? palette::kAccent : palette::kDim);
  Cell(Ready(g));
  Cell(Memory(g));
  const UsageSample none;
  const UsageSample& first = g.usage.empty() ? none : g.usage.front();
  const UsageSample& last = g.usage.empty() ? none : g.usage.back();
  Cell(g.usage.empty() ? "" : FromTo(first.descriptors, last.descriptors));
  Cell(g.usage.empty() ? "" : FromTo(first.threads, last.threads));
  Cell(fmt::format("{} in {}", FormatPlural(g.tests_served, "test"),
                   FormatPlural(g.files_served, "file")));
  Cell(MostGrowth(g), palette::kWarning);
  Cell(End(g), palette::kDim);
}

void DrawTable(const State& state, LedgerPanel& panel, float height) {
  constexpr int kColumns = 10;
  const TableScope table(ImGui::BeginTable("ledger", kColumns,
                                           ImGuiTableFlags_ScrollX | ImGuiTableFlags_ScrollY |
                                               ImGuiTableFlags_Resizable |
                                               ImGuiTableFlags_BordersInnerV,
                                           {0, height}));
  if (!table) return;
  ImGui::TableSetupScrollFreeze(1, 1);
  const auto fixed = [](const char* name, float ems) {
    ImGui::TableSetupColumn(name, ImGuiTableColumnFlags_WidthFixed, Em() * ems);
  };
  fixed("Nr.", 2.8f);
  fixed("Lane", 2.2f);
  fixed("Started", 5.8f);
  fixed("Ready in", 3.8f);
  fixed("Memory", 7.4f);
  fixed("Open files", 4.6f);
  fixed("Threads", 3.8f);
  fixed("Served", 8);
  fixed("Grew most", 22);
  fixed("Ended", 26);
  ImGui::TableHeadersRow();
  ImGuiListClipper clipper;
  const size_t count = state.generations.size();
  clipper.Begin(static_cast<int>(count));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      DrawRow(state, state.generations[count - 1 - static_cast<size_t>(i)], panel);  // newest first
    }
  }
}

const GenerationState* Chosen(const State& state, const LedgerPanel& panel) {
  for (size_t i = state.generations.size(); panel.picked && i > 0; --i) {
    if (state.generations[i - 1].id == panel.picked) return &state.generations[i - 1];
  }
  return nullptr;
}

void DrawPicked(const GenerationState& g, LedgerPanel& panel) {
  const ChildScope child("picked generation");
  if (!child) return;
  SectionTitle(fmt::format("Generation {}", g.id.value));
  if (const std::string end = End(g); !end.empty()) {
    const WrapScope wrap;
    Text("It ended: " + end, palette::kDim);
  }
  for (const Growth& growth : GrowthPerFile(g)) {
    const std::string text = GrowthText(growth);
    CutText(fmt::format("{}: {}", growth.path, text.empty() ? "nothing grew" : text),
            ImGui::GetContentRegionAvail().x,
            IsWorthTelling(growth) ? palette::kWarning : palette::kDim);
  }
  for (const std::string& process : g.leaked) Text("left behind: " + process, palette::kWarning);
  if (g.stacks.empty()) return;
  SectionTitle(g.core.empty() ? "The stacks of its threads when it hung"
                              : "The stacks in its core");
  if (panel.stacks != g.stacks) {
    panel.stacks = g.stacks;
    panel.block = {};
  }
  panel.block.Draw(panel.stacks, Flavour::Output);
}

}  // namespace

void DrawLedger(const State& state, LedgerPanel& panel, const Post&) {
  if (state.generations.empty()) {
    return EmptyState(Icon::Power, "No generation yet",
                      "Each start of the subject gets a line: cold or a spare, how long it took, "
                      "what it served, what its processes held, and why it ended.");
  }
  const GenerationState* const picked = Chosen(state, panel);
  const float room = ImGui::GetContentRegionAvail().y;
  DrawTable(state, panel, picked != nullptr ? room * 0.5f : room);
  if (picked != nullptr) DrawPicked(*picked, panel);
}

}  // namespace proctor
