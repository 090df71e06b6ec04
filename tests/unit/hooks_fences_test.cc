#include <doctest/doctest.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "hooks/guard.h"
#include "hooks/gui_health.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks {
namespace {

/// A scope object as every careful program has them; its destructor lets nothing out.
struct WindowScope {
  explicit WindowScope(const char* name) { ImGui::Begin(name); }
  ~WindowScope() { ImGui::End(); }
};

/// A program of one panel, in a window of its own, beside another window.
struct Scene {
  fakes::HeadlessImGui imgui;
  GuiHealth health{{.app = "test"}};
  Guard guard{health};
  std::function<void()> panel = [] {};
  int panel_drawn = 0;
  int rest_drawn = 0;

  Scene() { ImGui::GetIO().ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard; }

  void Frame() {
    imgui.Frame([&] {
      health.BeginFrame();
      guard.Run("frame", [&] {
        guard.RunPanel("prices", [&] {
          ImGui::SetNextWindowPos({10, 10});
          ImGui::SetNextWindowSize({300, 200});
          const WindowScope window("Prices");
          panel();
          ++panel_drawn;
        });
        ImGui::Begin("Rest");
        ++rest_drawn;
        ImGui::End();
      });
      health.EndFrame();
    });
  }
  GuardState State() const { return health.Take().guard; }
  bool Fenced() const { return !State().fenced.empty(); }
  /// Presses the notice's button the way a mouse does.
  void Retry() {
    const ImGuiWindow* const window = ImGui::FindWindowByName("Prices");
    REQUIRE(window != nullptr);
    // The button is the last thing in the window.
    const ImVec2 at = {window->DC.CursorStartPos.x + 10,
                       window->DC.CursorMaxPos.y - ImGui::GetFontSize() / 2};
    ImGuiIO& io = ImGui::GetIO();
    io.AddMousePosEvent(at.x, at.y);
    Frame();
    io.AddMouseButtonEvent(0, true);
    Frame();
    io.AddMouseButtonEvent(0, false);
    Frame();
  }
};

[[noreturn]] void Fail() {
  throw std::runtime_error("no prices today");
}

}  // namespace

TEST_CASE("a panel that throws is fenced off, and the rest of the program goes on") {
  Scene scene;
  scene.Frame();
  scene.panel = Fail;
  for (int i = 0; i < 5; ++i) scene.Frame();
  CHECK(scene.panel_drawn == 1);  // the first frame; later it threw once and was fenced
  CHECK(scene.rest_drawn == 6);
  CHECK(scene.health.Take().asserts == 1);
  CHECK(scene.State().fenced == std::vector<std::string>{"prices"});
  CHECK(scene.health.Take().state == HealthState::Degraded);
}

TEST_CASE("the notice stands in the panel's own window, and its button draws the panel again") {
  Scene scene;
  scene.panel = Fail;
  scene.Frame();
  scene.Frame();
  REQUIRE(scene.Fenced());
  const ImGuiWindow* const window = ImGui::FindWindowByName("Prices");
  REQUIRE(window != nullptr);
  CHECK(window->Active);
  CHECK(window->Pos.x == 10);
  scene.panel = [] {};
  scene.Retry();
  scene.Frame();
  CHECK_FALSE(scene.Fenced());
  CHECK(scene.panel_drawn > 0);
}

TEST_CASE("a reset of the health draws every panel again") {
  Scene scene;
  scene.panel = Fail;
  scene.Frame();
  REQUIRE(scene.Fenced());
  scene.panel = [] {};
  scene.health.Reset();
  scene.Frame();
  CHECK_FALSE(scene.Fenced());
  CHECK(scene.panel_drawn == 1);
  CHECK(scene.health.Take().healthy());
}

TEST_CASE("repeated failure leads from the fence to a new context, and then nowhere") {
  Scene scene;
  scene.panel = Fail;
  const auto until_fenced = [&] {
    for (int i = 0; i < 4; ++i) scene.Frame();  // a new window is placed, then measured
    REQUIRE(scene.Fenced());
  };
  until_fenced();
  scene.Retry();
  until_fenced();
  CHECK(scene.State().new_contexts == 0);
  scene.Retry();  // fails for the third time: a new context, tried at once, and fenced again
  until_fenced();
  CHECK(scene.State().new_contexts == 1);
  CHECK_FALSE(scene.State().given_up);
  scene.Retry();
  until_fenced();
  scene.Retry();
  until_fenced();
  CHECK(scene.State().given_up);
  CHECK(scene.State().new_contexts == 1);
  const int drawn = scene.rest_drawn;
  scene.Frame();
  CHECK(scene.rest_drawn == drawn + 1);
}

TEST_CASE("a frame that fails again and again gets a new context, and windows keep their places") {
  Scene scene;
  scene.imgui.Frame([] {
    ImGui::SetNextWindowPos({123, 45});
    ImGui::Begin("Placed");
    ImGui::End();
  });
  const ImGuiContext* const context = ImGui::GetCurrentContext();
  const ImFont* const font = ImGui::GetIO().Fonts->Fonts[0];
  for (int i = 0; i < 3; ++i) {
    scene.imgui.Frame([&] { scene.guard.Run("frame", [] { Fail(); }); });
  }
  CHECK(scene.State().new_contexts == 1);
  CHECK(ImGui::GetCurrentContext() == context);
  CHECK(ImGui::GetIO().Fonts->Fonts[0] == font);
  CHECK((ImGui::GetIO().ConfigFlags & ImGuiConfigFlags_NavEnableKeyboard) != 0);
  ImVec2 place;
  scene.imgui.Frame([&] {
    ImGui::Begin("Placed");
    place = ImGui::GetWindowPos();
    ImGui::Text("drawn");
    ImGui::End();
  });
  CHECK(place.x == 123);
  CHECK(place.y == 45);
}

TEST_CASE("what ImGui cannot mend gets a new context, within the same frame") {
  Scene scene;
  scene.imgui.Frame([&] {
    scene.guard.Run("frame", [] {
      ImGui::Begin("a");
      ImGui::BeginTable("table", 2);
      // Nothing that a program would do; ImGui has no way back from it.
      ImGui::GetCurrentContext()->CurrentWindowStack.push_front({});
      ImGui::GetCurrentContext()->CurrentWindowStack[0] =
          ImGui::GetCurrentContext()->CurrentWindowStack[1];
    });
    ImGui::Begin("after");  // the frame goes on, in the new context
    ImGui::Text("drawn");
    ImGui::End();
  });
  CHECK(scene.State().new_contexts == 1);
  CHECK(ImGui::FindWindowByName("after") != nullptr);
  CHECK(ImGui::FindWindowByName("a") == nullptr);
}

TEST_CASE("an assert in a destructor costs the frame, not the program") {
  Scene scene;
  scene.imgui.Frame([&] {
    scene.guard.Run("frame", [] {
      const WindowScope window("scope");
      ImGui::PopClipRect();
      ImGui::PopClipRect();  // so that End() in the destructor asserts
    });
  });
  REQUIRE(scene.health.Take().last_assert);
  CHECK(scene.health.Take().last_assert->kind == "assert");
  CHECK(std::uncaught_exceptions() == 0);
  CHECK(std::current_exception() == nullptr);
  scene.health.Reset();
  scene.Frame();
  CHECK(scene.health.Take().healthy());
}

TEST_CASE("an error is on record with the windows around it, and with its echoes") {
  Scene scene;
  scene.imgui.Frame([&] {
    scene.guard.Run("frame", [] {
      ImGui::Begin("outer");
      ImGui::BeginChild("child", {50, 50});
      ImGui::PushID("row");
      Fail();
    });
  });
  const auto error = scene.health.Take().first_error;
  REQUIRE(error);
  REQUIRE(error->window_stack.size() == 2);
  CHECK(error->window_stack[0] == "outer");
  CHECK(error->window_stack[1].find("outer/child") == 0);
  CHECK(error->window == error->window_stack[1]);
  CHECK(error->echoes ==
        std::vector<std::string>{"Missing EndChild()", "Missing PopID()", "Missing End()"});
  CHECK(scene.health.Take().last_assert == error);
}

TEST_CASE("a pop of the frame's own font is mended") {
  Scene scene;
  scene.imgui.Frame([&] { scene.guard.Run("frame", [] { ImGui::PopFont(); }); });
  scene.Frame();
  CHECK(scene.State().new_contexts == 0);
  CHECK(scene.rest_drawn == 1);
}

}  // namespace proctor::hooks
