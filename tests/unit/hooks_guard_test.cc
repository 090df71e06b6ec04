#include <doctest/doctest.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "hooks/assert_failure.h"
#include "hooks/guard.h"
#include "hooks/gui_health.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks {
namespace {

struct Scene {
  fakes::HeadlessImGui imgui;
  GuiHealth health{{.app = "test"}};
  Guard guard{health};

  /// A frame whose guarded part is `draw`.
  void Frame(const std::function<void()>& draw) {
    imgui.Frame([&] {
      health.BeginFrame();
      guard.Run("frame", draw);
      health.EndFrame();
    });
  }
  /// Draws something demanding and says whether all of it went through.
  bool DrawsCleanly() {
    health.Reset();
    bool reached_the_end = false;
    Frame([&] {
      ImGui::Begin("clean");
      if (ImGui::BeginTable("table", 2)) {
        ImGui::TableNextColumn();
        ImGui::Button("button");
        ImGui::EndTable();
      }
      ImGui::End();
      reached_the_end = true;
    });
    return reached_the_end && health.Take().healthy();
  }
};

}  // namespace

TEST_CASE("drawing without an error is healthy and records nothing") {
  Scene scene;
  CHECK(scene.DrawsCleanly());
  CHECK_FALSE(scene.health.Take().first_error);
  CHECK(scene.health.Take().recovered == 0);
}

TEST_CASE("a missing End is mended within its frame") {
  Scene scene;
  scene.Frame([] { ImGui::Begin("leaky"); });
  const HealthSnapshot taken = scene.health.Take();
  CHECK(taken.state == HealthState::Degraded);
  REQUIRE(taken.last_assert);
  CHECK(taken.last_assert->kind == "unbalanced");
  CHECK(taken.last_assert->message == "Missing End()");
  CHECK(taken.last_assert->window == "leaky");
  CHECK(taken.asserts == 1);
  CHECK(taken.recovered == 1);
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("an assert outside of any guard is recorded, and the program goes on") {
  Scene scene;
  scene.Frame([] {});
  CHECK_NOTHROW(OnAssertFailed("late", "file.cc", 7));
  const HealthSnapshot taken = scene.health.Take();
  CHECK(taken.state == HealthState::Degraded);
  REQUIRE(taken.last_assert);
  CHECK(taken.last_assert->expression == "late");
  CHECK(taken.last_assert->line == 7);
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("a pop too many is mended") {
  Scene scene;
  scene.Frame([] {
    ImGui::Begin("window");
    ImGui::PopID();
    ImGui::PopStyleColor(3);
    ImGui::End();
    ImGui::End();
  });
  const HealthSnapshot taken = scene.health.Take();
  REQUIRE(taken.first_error);
  CHECK(taken.first_error->message == "Calling PopID() too many times!");
  CHECK(taken.last_assert->message == "Calling End() too many times!");
  CHECK(taken.asserts >= 3);
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("a throw in a table leaves the next frame clean, and is the cause on record") {
  Scene scene;
  scene.Frame([] {
    ImGui::Begin("window");
    ImGui::PushID("row");
    ImGui::TreePush("node");
    if (ImGui::BeginTable("table", 2)) {
      ImGui::TableNextColumn();
      throw std::runtime_error("no such row");
    }
  });
  const HealthSnapshot taken = scene.health.Take();
  REQUIRE(taken.last_assert);
  CHECK(taken.last_assert->kind == "exception");
  CHECK(taken.last_assert->message == "no such row");
  CHECK(taken.asserts == 1);
  CHECK(taken.recovered > 1);  // the echoes: EndTable, TreePop, PopID, End
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("a failed IM_ASSERT is recorded with its place and backtrace") {
  Scene scene;
  int line = 0;
  scene.Frame([&] {
    ImGui::Begin("window");
    line = __LINE__ + 1;
    IM_ASSERT(line < 0 && "the line is known");
    ImGui::End();
  });
  const HealthSnapshot taken = scene.health.Take();
  REQUIRE(taken.last_assert);
  CHECK(taken.last_assert->kind == "assert");
  CHECK(taken.last_assert->message == "the line is known");
  CHECK(taken.last_assert->expression == R"(line < 0 && "the line is known")");
  CHECK(taken.last_assert->line == line);
  CHECK(taken.last_assert->window == "window");
  CHECK(taken.last_assert->backtrace.size() > 3);
  CHECK(taken.degraded_reason->find("the line is known") != std::string::npos);
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("a hard assert deep inside ImGui is survived") {
  Scene scene;
  scene.Frame([] {
    ImGui::Begin("window");
    ImGui::BeginTable("no columns", 0);
    ImGui::End();
  });
  REQUIRE(scene.health.Take().last_assert);
  CHECK(scene.health.Take().last_assert->file.find("imgui_tables.cpp") != std::string::npos);
  CHECK(scene.DrawsCleanly());
}

TEST_CASE("an exception out of a window that its scope has ended names that window") {
  Scene scene;
  struct Window {
    Window() { ImGui::Begin("scoped"); }
    ~Window() { ImGui::End(); }
  };
  scene.Frame([] {
    const Window window;
    throw std::runtime_error("in it");
  });
  REQUIRE(scene.health.Take().last_assert);
  CHECK(scene.health.Take().last_assert->window == "scoped");
}

TEST_CASE("an unknown exception is recorded too") {
  Scene scene;
  scene.Frame([] { throw 7; });
  REQUIRE(scene.health.Take().last_assert);
  CHECK(scene.health.Take().last_assert->kind == "exception");
}

TEST_CASE("a nested guard loses its part of the frame alone") {
  Scene scene;
  bool drew_the_rest = false;
  scene.Frame([&] {
    ImGui::Begin("outer");
    scene.guard.Run("inner", [] {
      ImGui::BeginChild("child");
      throw std::runtime_error("inner fails");
    });
    ImGui::Button("still in the outer window");
    drew_the_rest = ImGui::GetCurrentContext()->CurrentWindow->Name == std::string("outer");
    ImGui::End();
  });
  CHECK(drew_the_rest);
  CHECK(scene.health.Take().asserts == 1);
  CHECK(scene.health.Take().last_assert->message == "inner fails");
}

TEST_CASE("an assert in a destructor during a throw keeps the first cause") {
  struct AssertsAtItsEnd {
    bool late = true;
    ~AssertsAtItsEnd() { IM_ASSERT(!late && "too late"); }
  };
  Scene scene;
  scene.Frame([] {
    const AssertsAtItsEnd scope;
    throw std::runtime_error("the cause");
  });
  CHECK(scene.health.Take().last_assert->message == "the cause");
}

TEST_CASE("a hundred broken frames in a row are survived") {
  Scene scene;
  for (int i = 0; i < 100; ++i) {
    scene.Frame([] {
      ImGui::Begin("window");
      ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.5f);
      ImGui::BeginGroup();
      throw std::runtime_error("again");
    });
  }
  CHECK(scene.health.Take().asserts == 100);
  CHECK(scene.DrawsCleanly());
}

}  // namespace proctor::hooks
