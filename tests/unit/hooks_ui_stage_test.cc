// The stage, frame by frame: the test is the frame loop, others ask from their threads.

#include <doctest/doctest.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "hooks/ui/actions.h"
#include "hooks/ui/stage.h"
#include "hooks/ui/steps.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks::ui {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kManyFrames = 20;

/// A program with one window; a frame is drawn when the test says so.
struct Program {
  proctor::fakes::HeadlessImGui imgui;
  std::atomic<uint64_t> frames = 0;
  std::atomic<int> asked = 0;
  Stage stage{[this] { ++asked; }, [this] { return frames.load(); }};

  void Frame() {
    stage.Attach();
    imgui.Frame([] {
      ImGui::Begin("A");
      ImGui::Button("Press");
      ImGui::End();
    });
    ++frames;
  }
  void FramesUntil(const std::function<bool()>& done) {
    for (int i = 0; i < kManyFrames && !done(); ++i) Frame();
  }
  void WaitUntilAsked() {
    while (asked == 0) std::this_thread::yield();
  }
};

bool Down(int button) {
  return ImGui::GetIO().MouseDown[button];
}

}  // namespace

TEST_CASE("what an action that ran out of time holds down is let go of in later frames") {
  Program program;
  program.Frame();
  auto late = std::async(std::launch::async, [&] {
    return program.stage.Play({MouseButton(Button::Left, true), KeyEvent(ImGuiMod_Ctrl, true),
                               KeyEvent(ImGuiMod_Ctrl, false), MouseButton(Button::Left, false)},
                              steady_clock::now() + 300ms);
  });
  program.WaitUntilAsked();
  program.Frame();
  program.Frame();
  CHECK(Down(0));
  CHECK(ImGui::GetIO().KeyCtrl);
  CHECK(late.get() == nullptr);
  program.FramesUntil([] { return !Down(0) && !ImGui::GetIO().KeyCtrl; });
  CHECK_FALSE(Down(0));
  CHECK_FALSE(ImGui::GetIO().KeyCtrl);
}

TEST_CASE("a person who lets go of a button during an action is heard, and nothing else is") {
  Program program;
  program.Frame();
  ImGui::GetIO().AddMouseButtonEvent(0, true);
  program.Frame();
  REQUIRE(Down(0));
  const Stage::Control control(program.stage, steady_clock::now() + 1s);
  REQUIRE(control.held());
  ImGui::GetIO().AddMouseButtonEvent(0, false);
  ImGui::GetIO().AddMouseButtonEvent(1, true);
  program.FramesUntil([] { return !Down(0); });
  CHECK_FALSE(Down(0));
  CHECK_FALSE(Down(1));
}

TEST_CASE("whoever waits for a frame of a program that ends is told at once") {
  Program program;
  program.Frame();
  auto waiting = std::async(std::launch::async,
                            [&] { Actions(program.stage, Hold::Yes, 60s).WaitStill(1'000'000); });
  program.WaitUntilAsked();
  program.Frame();
  program.Frame();
  const auto begun = steady_clock::now();
  program.stage.Close();
  CHECK_THROWS_AS(waiting.get(), StageClosed);
  CHECK(steady_clock::now() - begun < 10s);
  CHECK_THROWS_AS(program.stage.Next(begun + 60s), StageClosed);
}

}  // namespace proctor::hooks::ui
