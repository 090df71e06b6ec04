// Random programs against the guard: scopes opened and closed in any order, throws and
// failed asserts anywhere. After each, the frame has ended, no scope has leaked into the
// next frame, and a sane frame draws as ever.
//
// PROCTOR_FUZZ_SEED=N begins with another seed; the guard tells each error on stderr.

#include <doctest/doctest.h>

#include <imgui.h>
#include <imgui_internal.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "hooks/guard.h"
#include "hooks/gui_health.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks {
namespace {

constexpr int kPrograms = 100'000;
constexpr int kMostSteps = 24;
constexpr int kProgramsPerContext = 500;

struct Step {
  const char* name;
  void (*take)();
};

// Left out is what ImGui does not survive in a program without errors either: rows outside
// of any table and the end of no multi-select are read through a null pointer, and a
// multi-select within another moves the outer one's storage.
bool InTable() {
  return GImGui->CurrentTable != nullptr;
}

/// Every kind of scope that ImGui has, its end, and what stands within.
constexpr std::array kSteps = {
    Step{"Begin('a')", [] { ImGui::Begin("a"); }},
    Step{"Begin('b', nullptr, ImGuiWindowFlags_MenuBar)",
         [] { ImGui::Begin("b", nullptr, ImGuiWindowFlags_MenuBar); }},
    Step{"End()", [] { ImGui::End(); }},
    Step{"BeginChild('child', {50, 50})",
         [] {
           ImGui::BeginChild("child", {50, 50});
         }},
    Step{"EndChild()", [] { ImGui::EndChild(); }},
    Step{"BeginGroup()", [] { ImGui::BeginGroup(); }},
    Step{"EndGroup()", [] { ImGui::EndGroup(); }},
    Step{"BeginDisabled()", [] { ImGui::BeginDisabled(); }},
    Step{"EndDisabled()", [] { ImGui::EndDisabled(); }},
    Step{"PushID('id')", [] { ImGui::PushID("id"); }},
    Step{"PopID()", [] { ImGui::PopID(); }},
    Step{"TreePush('tree')", [] { ImGui::TreePush("tree"); }},
    Step{"TreePop()", [] { ImGui::TreePop(); }},
    Step{"TreeNodeEx('node', ImGuiTreeNodeFlags_DefaultOpen)",
         [] { ImGui::TreeNodeEx("node", ImGuiTreeNodeFlags_DefaultOpen); }},
    Step{"PushStyleColor(ImGuiCol_Text, 0xffffffff)",
         [] { ImGui::PushStyleColor(ImGuiCol_Text, 0xffffffff); }},
    Step{"PopStyleColor()", [] { ImGui::PopStyleColor(); }},
    Step{"PopStyleColor(3)", [] { ImGui::PopStyleColor(3); }},
    Step{"PushStyleVar(ImGuiStyleVar_Alpha, 0.5f)",
         [] { ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.5f); }},
    Step{"PopStyleVar()", [] { ImGui::PopStyleVar(); }},
    Step{"PushFont(nullptr, 20)", [] { ImGui::PushFont(nullptr, 20); }},
    Step{"PopFont()", [] { ImGui::PopFont(); }},
    Step{"PushItemWidth(30)", [] { ImGui::PushItemWidth(30); }},
    Step{"PopItemWidth()", [] { ImGui::PopItemWidth(); }},
    Step{"PushTextWrapPos(80)", [] { ImGui::PushTextWrapPos(80); }},
    Step{"PopTextWrapPos()", [] { ImGui::PopTextWrapPos(); }},
    Step{"PushItemFlag(ImGuiItemFlags_NoTabStop, true)",
         [] { ImGui::PushItemFlag(ImGuiItemFlags_NoTabStop, true); }},
    Step{"PopItemFlag()", [] { ImGui::PopItemFlag(); }},
    Step{"PushClipRect({0, 0}, {40, 40}, true)",
         [] {
           ImGui::PushClipRect({0, 0}, {40, 40}, true);
         }},
    Step{"PopClipRect()", [] { ImGui::PopClipRect(); }},
    Step{"BeginTable('table', 3)", [] { ImGui::BeginTable("table", 3); }},
    Step{"TableNextRow()",
         [] {
           if (InTable()) ImGui::TableNextRow();
         }},
    Step{"TableNextColumn()", [] { ImGui::TableNextColumn(); }},
    Step{"TableHeadersRow()",
         [] {
           if (InTable()) ImGui::TableHeadersRow();
         }},
    Step{"EndTable()", [] { ImGui::EndTable(); }},
    Step{"BeginTabBar('tabs')", [] { ImGui::BeginTabBar("tabs"); }},
    Step{"EndTabBar()", [] { ImGui::EndTabBar(); }},
    Step{"BeginMenuBar()", [] { ImGui::BeginMenuBar(); }},
    Step{"EndMenuBar()", [] { ImGui::EndMenuBar(); }},
    Step{"BeginMainMenuBar()", [] { ImGui::BeginMainMenuBar(); }},
    Step{"EndMainMenuBar()", [] { ImGui::EndMainMenuBar(); }},
    Step{"OpenPopup('popup')", [] { ImGui::OpenPopup("popup"); }},
    Step{"BeginPopup('popup')", [] { ImGui::BeginPopup("popup"); }},
    Step{"BeginPopupModal('popup')", [] { ImGui::BeginPopupModal("popup"); }},
    Step{"EndPopup()", [] { ImGui::EndPopup(); }},
    Step{"CloseCurrentPopup()", [] { ImGui::CloseCurrentPopup(); }},
    Step{"BeginListBox('list')", [] { ImGui::BeginListBox("list"); }},
    Step{"EndListBox()", [] { ImGui::EndListBox(); }},
    Step{"BeginTooltip()", [] { ImGui::BeginTooltip(); }},
    Step{"EndTooltip()", [] { ImGui::EndTooltip(); }},
    Step{"Columns(2)", [] { ImGui::Columns(2); }},
    Step{"NextColumn()", [] { ImGui::NextColumn(); }},
    Step{"Columns(1)", [] { ImGui::Columns(1); }},
    Step{"BeginMultiSelect(ImGuiMultiSelectFlags_None)",
         [] {
           if (!GImGui->CurrentMultiSelect) ImGui::BeginMultiSelect(ImGuiMultiSelectFlags_None);
         }},
    Step{"EndMultiSelect()",
         [] {
           if (GImGui->CurrentMultiSelect) ImGui::EndMultiSelect();
         }},
    Step{"Button('button')", [] { ImGui::Button("button"); }},
    Step{"Text('text')", [] { ImGui::Text("text"); }},
    Step{"SameLine()", [] { ImGui::SameLine(); }},
    Step{"IM_ASSERT(!'on purpose')", [] { IM_ASSERT(!"on purpose"); }},
    Step{"throw std::runtime_error('on purpose')", [] { throw std::runtime_error("on purpose"); }},
};

/// What runs the rest of its program within itself.
enum class Around { Window, Group, Guard, Panel };
struct Surrounding {
  const char* name;
  Around around;
};
constexpr std::array kSurroundings = {
    Surrounding{"window scope object", Around::Window},
    Surrounding{"group scope object", Around::Group},
    Surrounding{"nested guard", Around::Guard},
    Surrounding{"panel", Around::Panel},
};

/// Ended by its destructor: while a throw passes, an assert in there cannot throw another.
struct WindowScope {
  WindowScope() { ImGui::Begin("scope"); }
  ~WindowScope() { ImGui::End(); }
};
struct GroupScope {
  GroupScope() { ImGui::BeginGroup(); }
  ~GroupScope() { ImGui::EndGroup(); }
};

/// Steps by their index; from kSteps.size() on, surroundings.
using Program = std::vector<size_t>;

Program RandomProgram(std::mt19937& random) {
  std::uniform_int_distribution<size_t> length(1, kMostSteps);
  std::uniform_int_distribution<size_t> step(0, kSteps.size() + kSurroundings.size() - 1);
  Program program(length(random));
  for (size_t& one : program) one = step(random);
  return program;
}

std::string Written(const Program& program) {
  std::string text;
  for (const size_t step : program) {
    text += step < kSteps.size() ? kSteps[step].name : kSurroundings[step - kSteps.size()].name;
    text += "; ";
  }
  return text;
}

/// What of ImGui's stacks is not as a frame finds it that nobody went before; "" when all is.
std::string Leaked() {
  const ImGuiContext& g = *ImGui::GetCurrentContext();
  ImGuiErrorRecoveryState now;
  ImGui::ErrorRecoveryStoreState(&now);
  if (now.SizeOfWindowStack != 1) return "windows";  // the fallback window's is the first
  if (now.SizeOfIDStack != 1) return "ids";
  if (now.SizeOfTreeStack != 0) return "tree nodes";
  if (now.SizeOfColorStack != 0) return "style colours";
  if (now.SizeOfStyleVarStack != 0) return "style variables";
  if (now.SizeOfFontStack > 1) return "fonts";
  if (now.SizeOfGroupStack != 0) return "groups";
  if (now.SizeOfItemFlagsStack != 1) return "item flags";  // the first is the frame's own
  if (now.SizeOfBeginPopupStack != 0) return "popups";
  if (now.SizeOfDisabledStack != 0) return "disabled scopes";
  if (g.CurrentTable != nullptr) return "a table";
  if (g.CurrentTabBar != nullptr) return "a tab bar";
  if (g.CurrentMultiSelect != nullptr) return "a multi-select scope";
  return "";
}

/// A program under test's guard, in a context that others went through before.
struct Ground {
  fakes::HeadlessImGui imgui;
  GuiHealth health{{.app = "fuzz"}};
  Guard guard{health};

  void Frame(const std::function<void()>& draw) {
    imgui.Frame([&] {
      health.BeginFrame();
      guard.Run("frame", draw);
      health.EndFrame();
    });
  }
  void Run(const Program& program) {
    Frame([&] { Take(program, 0); });
  }
  void Take(const Program& program, size_t from) {
    for (size_t i = from; i < program.size(); ++i) {
      if (program[i] >= kSteps.size()) {
        return TakeWithin(kSurroundings[program[i] - kSteps.size()].around, program, i + 1);
      }
      kSteps[program[i]].take();
    }
  }
  void TakeWithin(Around around, const Program& program, size_t from) {
    switch (around) {
      case Around::Window: {
        const WindowScope scope;
        return Take(program, from);
      }
      case Around::Group: {
        const GroupScope scope;
        return Take(program, from);
      }
      case Around::Guard:
        return guard.Run("nested", [&] { Take(program, from); });
      case Around::Panel:
        return guard.RunPanel("panel", [&] { Take(program, from); });
    }
  }
  /// As somebody would who goes on all the same: panels are drawn again, and what was given
  /// up is tried again.
  void ForgetFences() {
    const GuardState state = health.Take().guard;
    if (!state.fenced.empty() || state.new_contexts > 0) health.Reset();
  }
  /// What leaked into this next, sane frame; or that it was not drawn to its end.
  std::string Aftermath() {
    std::string leaked;
    bool reached_the_end = false;
    Frame([&] {
      leaked = Leaked();
      ImGui::Begin("sane");
      if (ImGui::BeginTable("table", 2)) {
        ImGui::TableNextColumn();
        ImGui::Button("button");
        ImGui::EndTable();
      }
      ImGui::End();
      reached_the_end = true;
    });
    return reached_the_end ? leaked : "the frame was not drawn to its end";
  }
};

}  // namespace

TEST_CASE("no random program ends the process, sticks in its frame, or leaks into the next") {
  const char* const given = std::getenv("PROCTOR_FUZZ_SEED");
  // The guard tells every error; here they are all on purpose.
  if (given == nullptr) REQUIRE(std::freopen("/dev/null", "w", stderr) != nullptr);
  const unsigned first = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : 1;
  for (int done = 0; done < kPrograms; done += kProgramsPerContext) {
    const unsigned seed = first + static_cast<unsigned>(done / kProgramsPerContext);
    std::mt19937 random(seed);
    Ground ground;
    for (int i = 0; i < kProgramsPerContext; ++i) {
      const Program program = RandomProgram(random);
      INFO("PROCTOR_FUZZ_SEED=" << seed << ", program " << i << ": " << Written(program));
      REQUIRE_NOTHROW(ground.Run(program));
      std::string aftermath;
      REQUIRE_NOTHROW(aftermath = ground.Aftermath());
      REQUIRE(aftermath == "");
      ground.ForgetFences();
    }
  }
}

}  // namespace proctor::hooks
