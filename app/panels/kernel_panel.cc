#include "app/panels/kernel_panel.h"

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include <algorithm>
#include <cmath>

#include "app/format.h"
#include "app/kernel_words.h"
#include "app/panels/kernel_look.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

/// Stays with the one that is shown for as long as there is one; else the newest.
const KernelView* Choose(const KernelList& list, KernelPanel& panel) {
  if (const KernelView* const shown = FindKernel(list, panel.shown)) return shown;
  if (list.kernels.empty()) return nullptr;
  panel.shown = list.kernels.back().id;
  return &list.kernels.back();
}

const Kernelspec* ChosenSpec(const KernelList& list, const KernelPanel& panel) {
  for (const Kernelspec& spec : list.installed) {
    if (spec.name == panel.spec) return &spec;
  }
  return list.installed.empty() ? nullptr : &list.installed.front();
}

void DrawStart(KernelHost& host, const KernelList& list, KernelPanel& panel) {
  const Kernelspec* const chosen = ChosenSpec(list, panel);
  if (chosen == nullptr) {
    const WrapScope wrap;
    return Text(
        "No kernel is installed: there is no kernels/NAME/kernel.json in Jupyter's "
        "folders. ipykernel is one.",
        palette::kDim);
  }
  const float button = ButtonWidth("Start");
  {
    const WidthScope width(ImGui::GetContentRegionAvail().x - button -
                           ImGui::GetStyle().ItemSpacing.x);
    const ComboScope combo(BeginLabelledCombo("kernelspec", chosen->display_name.c_str()));
    if (combo) {
      for (const Kernelspec& spec : list.installed) {
        const std::string label = spec.display_name + "##" + spec.name;
        if (ImGui::Selectable(label.c_str(), &spec == chosen)) panel.spec = spec.name;
      }
    }
  }
  ImGui::SameLine();
  if (IconButton("Start##kernel", Icon::Play, Tone::Primary)) {
    KernelOrder order;
    order.kernel = chosen->name;
    panel.shown = host.Start(std::move(order));
  }
}

std::string SecondLine(const KernelView& kernel, const KernelCondition& condition) {
  std::string text = std::string(ToString(condition.activity));
  if (kernel.generation != 0) text += fmt::format(" · generation {}", kernel.generation);
  if (kernel.attached) text += kernel.read_only ? " · attached, read-only" : " · attached";
  if (kernel.session && !kernel.session->queued.empty()) {
    text += fmt::format(" · {} waiting", kernel.session->queued.size());
  }
  return text;
}

void DrawRow(const KernelView& kernel, KernelPanel& panel) {
  const KernelCondition condition = ConditionOf(kernel);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = std::round(Em() * 2.6f);
  {
    StyleScope hidden;  // the label names the row for who drives it
    hidden.Colour(ImGuiCol_Text, 0);
    const bool shown = kernel.id == panel.shown;
    if (ImGui::Selectable(("kernel " + kernel.id).c_str(), shown, 0, {0, height})) {
      panel.shown = kernel.id;
    }
  }
  const ImVec2 after = ImGui::GetCursorScreenPos();
  const float indent = Em() * 0.3f;
  ImGui::SetCursorScreenPos({at.x + indent, at.y + Em() * 0.2f});
  InlineIcon(LookOf(condition.activity));
  ImGui::SameLine(0, Em() * 0.4f);
  const std::string& name = kernel.display_name.empty() ? kernel.kernel : kernel.display_name;
  CutText(kernel.id + "  " + name, ImGui::GetContentRegionAvail().x);
  ImGui::SetCursorScreenPos({at.x + indent + Em() * 1.18f, at.y + Em() * 1.35f});
  CutText(SecondLine(kernel, condition), ImGui::GetContentRegionAvail().x, palette::kDim);
  ImGui::SetCursorScreenPos(after);
}

void DrawAttach(KernelHost& host, KernelPanel& panel) {
  Text("Attach by connection file", palette::kDim);
  {
    const WidthScope width(-1);
    ImGui::InputTextWithHint("##connection file", "/…/kernel-1234.json", &panel.connection_file);
  }
  const Look look{Icon::Search, palette::kAccent, ""};
  if (Toggle("read-only##attach", look, "Read-only", panel.read_only)) {
    panel.read_only = !panel.read_only;
  }
  ImGui::SetItemTooltip("Only watches what it puts out; nothing can be asked of it");
  ImGui::SameLine();
  AlignRight(ButtonWidth("Attach"));
  const DisabledScope disabled(panel.connection_file.empty());
  if (!IconButton("Attach##kernel", Icon::Link)) return;
  const auto attached = host.Attach(panel.connection_file, panel.read_only);
  if (!attached) {
    panel.desk.remark = attached.error();
    return;
  }
  panel.shown = *attached;
  panel.connection_file.clear();
}

void DrawList(KernelHost& host, const KernelList& list, KernelPanel& panel) {
  SectionTitle("Kernels");
  DrawStart(host, list, panel);
  const ImGuiStyle& style = ImGui::GetStyle();
  const float attach = ImGui::GetFrameHeight() * 2 + Em() + style.ItemSpacing.y * 3;
  const float room = std::max(Em() * 3, ImGui::GetContentRegionAvail().y - attach);
  {
    const ChildScope rows("rows", {0, room});
    if (rows) {
      for (const KernelView& kernel : list.kernels) DrawRow(kernel, panel);
    }
  }
  DrawAttach(host, panel);
}

/// The widths of list, console and facts: the outer two give way where there is little room.
struct Widths {
  float list, console, facts;
};
Widths WidthsOf(float whole, float gap) {
  const float list = std::round(std::min(Em() * 17, whole * 0.24f));
  const float facts = std::round(std::min(Em() * 21, whole * 0.27f));
  return {list, whole - list - facts - gap * 2, facts};
}

}  // namespace

void KernelPanel::Forget() {
  console.Forget();
}

void DrawKernels(KernelHost& host, KernelPanel& panel) {
  const std::shared_ptr<const KernelList> list = host.kernels();
  const KernelView* const shown = Choose(*list, panel);
  const std::shared_ptr<KernelSession> session = shown ? host.Find(shown->id) : nullptr;
  const ImVec2 whole = ImGui::GetContentRegionAvail();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const Widths widths = WidthsOf(whole.x, gap);
  {
    const ChildScope child("kernel list", {widths.list, whole.y}, ImGuiChildFlags_Borders);
    if (child) DrawList(host, *list, panel);
  }
  ImGui::SameLine(0, gap);
  {
    const ChildScope child("kernel console", {widths.console, whole.y}, ImGuiChildFlags_Borders);
    if (child && shown != nullptr) {
      DrawConsole({host, *shown, session, panel.desk, panel.wake}, panel.console);
    } else if (child) {
      EmptyState(Icon::Power, "No kernel runs",
                 "Start one, or attach to somebody else's by its connection file. Those of a "
                 "subject or a notebook appear here by themselves.");
    }
  }
  ImGui::SameLine(0, gap);
  const ChildScope child("kernel facts", {0, whole.y}, ImGuiChildFlags_Borders);
  if (child && shown != nullptr) DrawKernelFacts(*shown, session.get(), panel.hooks);
}

}  // namespace proctor
