#include "app/workbench.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

/// Everything that drawing takes, for this frame.
struct Frame {
  const State& state;
  Workbench& bench;
  const Post& post;
  KernelHost* kernels;
  hooks::Hooks& hooks;
};

constexpr ImGuiChildFlags kPanelFlags = ImGuiChildFlags_Borders;

void BringUpToDate(const std::shared_ptr<const State>& state, Time now, Workbench& bench) {
  bench.toolbar.now = bench.tree.now = bench.details.now = bench.subject.now = now;
  bench.tree.snapshot = bench.notes.snapshot = state;
}

void DrawTop(const Frame& frame) {
  const ChildScope panel("toolbar", {0, 0}, kPanelFlags | ImGuiChildFlags_AutoResizeY,
                         ImGuiWindowFlags_NoScrollbar);
  if (!panel) return;
  frame.hooks.Panel("toolbar", [&] { DrawToolbar(frame.state, frame.bench.toolbar, frame.post); });
}

void DrawFailure(const State& state) {
  if (state.batch.failure.empty()) return;
  Banner({Icon::Triangle, palette::kBad, ""}, "The batch could not go on", state.batch.failure);
}

void DrawBottomTabs(const Frame& frame) {
  Workbench& bench = frame.bench;
  int bad_notices = 0;
  for (size_t i = bench.notices.read; i < frame.state.notices.size(); ++i) {
    if (frame.state.notices[i].severity != Severity::Info) ++bad_notices;
  }
  // A new batch begins with no notices.
  bench.notices.read = std::min(bench.notices.read, frame.state.notices.size());
  const auto tab = [&](const char* label, BottomTab which, const std::string& badge) {
    const bool chosen = bench.layout.bottom_tab == static_cast<int>(which);
    if (Tab(label, chosen, badge, palette::kWarning)) {
      bench.layout.bottom_tab = static_cast<int>(which);
    }
  };
  tab("Output", BottomTab::Output, "");
  ImGui::SameLine(0, 0);
  tab("File notes", BottomTab::Notes, "");
  ImGui::SameLine(0, 0);
  tab("Notices", BottomTab::Notices, bad_notices > 0 ? std::to_string(bad_notices) : "");
  ImGui::SameLine(0, 0);
  tab("Ledger", BottomTab::Ledger, "");
}

void DrawBottomPanel(const Frame& frame) {
  Workbench& bench = frame.bench;
  switch (static_cast<BottomTab>(bench.layout.bottom_tab)) {
    case BottomTab::Output:
      return DrawOutput(frame.state, bench.output, frame.post);
    case BottomTab::Notes:
      return DrawNotes(frame.state, bench.notes, frame.post);
    case BottomTab::Notices:
      return DrawNotices(frame.state, bench.notices, frame.post);
    case BottomTab::Ledger:
      return DrawLedger(frame.state, bench.ledger, frame.post);
  }
}

void DrawLeft(const Frame& frame, ImVec2 size) {
  const ChildScope panel("tree", size, kPanelFlags);
  if (!panel) return;
  frame.hooks.Panel("tree", [&] { DrawTree(frame.state, frame.bench.tree, frame.post); });
}

void DrawMiddle(const Frame& frame, ImVec2 size) {
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float bottom = std::round(size.y * frame.bench.layout.bottom_share);
  StyleScope tight;
  tight.Var(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
  const ChildScope middle("middle", size, 0, ImGuiWindowFlags_NoBackground);
  if (!middle) return;
  StyleScope roomy;
  roomy.Var(ImGuiStyleVar_ItemSpacing, ImVec2{gap, std::round(gap * 0.75f)});
  const float left_y = ImGui::GetCursorPosY();
  {
    const ChildScope panel("details", {size.x, size.y - bottom - gap}, kPanelFlags,
                           ImGuiWindowFlags_HorizontalScrollbar);
    if (panel) {
      frame.hooks.Panel("details",
                        [&] { DrawDetails(frame.state, frame.bench.details, frame.post); });
    }
  }
  ImGui::SetCursorPosY(left_y + size.y - bottom - gap);
  Splitter("bottom splitter", Between::Rows, frame.bench.layout.bottom_share, size.y, -1, size.x);
  ImGui::SetCursorPosY(left_y + size.y - bottom);
  const ChildScope panel("bottom", {size.x, bottom}, kPanelFlags);
  if (!panel) return;
  frame.hooks.Panel("bottom", [&] {
    DrawBottomTabs(frame);
    DrawBottomPanel(frame);
  });
}

void DrawRight(const Frame& frame, ImVec2 size) {
  const ChildScope panel("subject", size, kPanelFlags);
  if (!panel) return;
  frame.hooks.Panel("subject", [&] { DrawSubject(frame.state, frame.bench.subject, frame.post); });
}

void DrawColumns(const Frame& frame) {
  const ImVec2 whole = ImGui::GetContentRegionAvail();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  LayoutSettings& layout = frame.bench.layout;
  const float least = std::min(Em() * 8, whole.x * 0.2f);
  const float left = std::round(std::clamp(whole.x * layout.tree_share, least, whole.x * 0.7f));
  const float right = std::round(std::clamp(whole.x * layout.subject_share, least,
                                            std::max(least, whole.x - left - gap * 2 - least)));
  const float middle = std::max(least, whole.x - left - right - gap * 2);
  DrawLeft(frame, {left, whole.y});
  ImGui::SameLine(0, 0);
  Splitter("tree splitter", Between::Columns, layout.tree_share, whole.x, 1, whole.y);
  ImGui::SameLine(0, 0);
  DrawMiddle(frame, {middle, whole.y});
  ImGui::SameLine(0, 0);
  Splitter("subject splitter", Between::Columns, layout.subject_share, whole.x, -1, whole.y);
  ImGui::SameLine(0, 0);
  DrawRight(frame, {right, whole.y});
}

void DrawKernelPage(const Frame& frame) {
  StyleScope bare;
  bare.Colour(ImGuiCol_ChildBg, 0).Var(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
  const ChildScope page("kernels");
  if (!page) return;
  StyleScope panels;
  panels.Colour(ImGuiCol_ChildBg, palette::kPanel)
      .Var(ImGuiStyleVar_WindowPadding, ImVec2{Em() * 0.6f, Em() * 0.5f});
  frame.hooks.Panel("kernels", [&] {
    if (frame.kernels != nullptr) return DrawKernels(*frame.kernels, frame.bench.kernels);
    EmptyState(Icon::Power, "No kernels here", "This window shows states without an engine.");
  });
}

/// What a panel had to say: for a few seconds, over the lower edge.
void DrawRemark(Workbench& bench) {
  constexpr double kSeconds = 4;
  if (!bench.desk.remark.empty()) {
    bench.said = std::exchange(bench.desk.remark, {});
    bench.said_until = ImGui::GetTime() + kSeconds;
  }
  if (bench.said.empty() || ImGui::GetTime() > bench.said_until) return bench.said.clear();
  const ImVec2 screen = ImGui::GetMainViewport()->Size;
  const float wrap = std::min(Em() * 40, screen.x * 0.8f);
  const ImVec2 text = ImGui::CalcTextSize(bench.said.c_str(), nullptr, false, wrap);
  const float pad = Em() * 0.7f;
  const ImVec2 at{std::round((screen.x - text.x) / 2), std::round(screen.y - text.y - Em() * 2.5f)};
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  const ImVec2 from{at.x - pad, at.y - pad * 0.6f};
  const ImVec2 to{at.x + text.x + pad, at.y + text.y + pad * 0.6f};
  list.AddRectFilled(from, to, palette::kPressed, Em() * 0.4f);
  list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), at, palette::kText, bench.said.c_str(),
               nullptr, wrap);
}

}  // namespace

void DrawClosing(const State& state, Workbench& bench, const Post& post) {
  constexpr const char* kName = "Close Proctor?";
  if (bench.closing != Closing::Asking) return;
  if (!IsRunning(state)) {
    bench.closing = Closing::Stopping;
    return;
  }
  if (!ImGui::IsPopupOpen(kName)) ImGui::OpenPopup(kName);
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetCenter(), ImGuiCond_Always, {0.5f, 0.5f});
  StyleScope roomy;
  roomy.Var(ImGuiStyleVar_WindowPadding, ImVec2{Em() * 1.2f, Em()});
  const PopupScope popup(
      ImGui::BeginPopupModal(kName, nullptr,
                             ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoTitleBar |
                                 ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings));
  if (!popup) return;
  SectionTitle("A batch is running");
  Text("Closing stops it, and ends the subject. What is done stays in the history.", palette::kDim);
  ImGui::Dummy({0, Em() * 0.4f});
  if (IconButton("Stop and close", Icon::Stop, Tone::Danger)) {
    post(StopRequested{.mode = StopMode::Now});
    bench.closing = Closing::Stopping;
  }
  ImGui::SameLine();
  ImGui::SetItemDefaultFocus();
  if (IconButton("Keep running", Icon::Play) || ImGui::IsKeyPressed(ImGuiKey_Escape)) {
    bench.closing = Closing::No;
  }
  if (bench.closing != Closing::Asking) ImGui::CloseCurrentPopup();
}

void DrawWorkbench(const std::shared_ptr<const State>& state, Time now, Workbench& bench,
                   const Post& post, KernelHost* kernels, hooks::Hooks& hooks) {
  BringUpToDate(state, now, bench);
  const Frame frame{*state, bench, post, kernels, hooks};
  const ImGuiViewport& viewport = *ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport.Pos);
  ImGui::SetNextWindowSize(viewport.Size);
  const WindowScope window("Proctor", ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                          ImGuiWindowFlags_NoSavedSettings |
                                          ImGuiWindowFlags_NoBringToFrontOnFocus |
                                          ImGuiWindowFlags_NoScrollWithMouse);
  if (!window) return;
  HandleGlobalKeys(*state, bench, post);
  DrawTop(frame);
  DrawFailure(*state);
  switch (static_cast<Page>(bench.layout.page)) {
    case Page::Tests:
      DrawColumns(frame);
      break;
    case Page::Kernels:
      DrawKernelPage(frame);
      break;
  }
  hooks.Panel("help", [&] { DrawHelp(*state, bench.help, post); });
  hooks.Panel("closing", [&] { DrawClosing(*state, bench, post); });
  DrawRemark(bench);
}

}  // namespace proctor
