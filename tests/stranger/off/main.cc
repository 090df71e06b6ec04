// Calls all of hooks/hooks.h as a program does, and includes ImGui with the hooks' config.

#include <imgui.h>

#include <cstdio>

#include "hooks/hooks.h"

using namespace proctor::hooks;

int main() {
  auto started = Hooks::Start({.app = "off", .wake = [] {}});
  if (!started) return 1;
  Hooks& hooks = **started;
  hooks.AddCheck("database", CheckOn::ServerThread, [] { return CheckAnswer{.ok = true}; });
  hooks.AddAction("open", RunOn::FrameThread, [](const std::string&) { return ActionAnswer{}; });
  hooks.AddState("document", RunOn::FrameThread, [] { return std::string("{}"); });
  hooks.OnShutdown(RunOn::ServerThread, [] {});
  hooks.Log(LogLevel::Info, "here");
  hooks.AddRoute("GET", "/api/my/state", Access::Token, [](const HttpRequest& request) {
    return request.header("host").empty() ? ErrorAnswer(400, "who?", "say so") : HttpAnswer{};
  });
  hooks.SetDegraded("for no reason");
  int drawn = 0;
  while (!hooks.ShutdownRequested()) {
    hooks.BeginFrame();
    hooks.Guard("frame", [&] { hooks.Panel("panel", [&] { ++drawn; }); });
    hooks.EndFrame();
    hooks.Frame([&] { ++drawn; });
    hooks.RequestShutdown();
  }
  const bool ran = hooks.RunOnFrame([&] { ++drawn; });
  std::printf("drawn %d, port %d, ran %d\n", drawn, hooks.port(), ran);
}
