#include "app/panels/notices_panel.h"

#include <imgui.h>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

void DrawNotice(const Notice& notice, Time batch_started) {
  const Look look = LookOf(notice.severity);
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  InlineIcon(look);
  ImGui::TableNextColumn();
  Text(FormatClock(notice.at - batch_started), palette::kFaint);
  ImGui::TableNextColumn();
  const WrapScope wrap;
  Text(notice.text, notice.severity == Severity::Info ? palette::kDim : palette::kText);
}

}  // namespace

void DrawNotices(const State& state, NoticesPanel& panel, const Post&) {
  panel.read = state.notices.size();
  if (state.notices.empty()) {
    return EmptyState(Icon::Info, "No notices",
                      "Warnings and what Proctor could not do come here.");
  }
  const TableScope table(
      ImGui::BeginTable("notices", 3, ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit));
  if (!table) return;
  ImGui::TableSetupColumn("severity");
  ImGui::TableSetupColumn("time");
  ImGui::TableSetupColumn("text", ImGuiTableColumnFlags_WidthStretch);
  // The newest first; they wrap, so that they cannot be clipped by the line.
  constexpr size_t kMost = 300;
  const size_t count = state.notices.size();
  for (size_t i = count; i > 0 && count - i < kMost; --i) {
    DrawNotice(state.notices[i - 1], state.batch.started);
  }
}

}  // namespace proctor
