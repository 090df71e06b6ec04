// The demo: a small Dear ImGui program that embeds the hooks. Proctor's own tests
// use it as their subject, and it can be told to break (--faults).

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "hooks/example/demo.h"
#include "hooks/example/io_pool.h"
#include "hooks/example/panels.h"
#include "hooks/example/routes.h"
#include "hooks/example/window.h"
#include "hooks/hooks.h"

// Under a sanitizer too, a crash ends this program by its signal and not by the
// sanitizer's exit code: the signal is what its watchers are tested with.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __asan_default_options() {
  return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:"
         "detect_leaks=0";  // the GL driver leaks
}
#endif
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options() {
  return "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0";
}
#endif

namespace proctor::demo {
namespace {

struct Arguments {
  int port = 0;
  std::string workspace = ".";
  std::string title = "Proctor demo";
  bool faults = false;
  int slow_start_ms = 0;
  bool hidden = false;
};

void Define(CLI::App& cli, Arguments& arguments) {
  cli.add_option("--port", arguments.port, "Port of the hooks; 0 takes a free one");
  cli.add_option("--workspace", arguments.workspace, "Directory for the saved records");
  cli.add_option("--title", arguments.title, "Title of the window");
  cli.add_flag("--faults", arguments.faults, "Serve POST /api/fault/NAME");
  cli.add_option("--slow-start", arguments.slow_start_ms, "Milliseconds before the first frame")
      ->check(CLI::NonNegativeNumber);
  cli.add_flag("--headless-window", arguments.hidden, "Never show the window");
}

int Complain(const std::string& why) {
  std::fprintf(stderr, "proctor_demo: %s\n", why.c_str());
  return 1;
}

/// What --slow-start asks for. A shutdown cuts it short.
void WaitBeforeFirstFrame(const hooks::Hooks& hooks, std::chrono::milliseconds length) {
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end && !hooks.ShutdownRequested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

int Run(const Arguments& arguments) {
  std::error_code no_directory;
  std::filesystem::create_directories(arguments.workspace, no_directory);
  if (no_directory) {
    return Complain("cannot make the workspace " + arguments.workspace + ": " +
                    no_directory.message());
  }
  auto window = Window::Open(arguments.title, arguments.hidden ? Show::Hidden : Show::Visible);
  if (!window) return Complain(window.error());

  IoPool pool(2, Window::Wake);
  Demo demo(arguments.workspace, pool);
  auto started = hooks::Hooks::Start(
      {.app = "proctor_demo", .version = "0.1.0", .port = arguments.port, .wake = Window::Wake});
  if (!started) return Complain(started.error());
  hooks::Hooks& hooks = **started;
  hooks.SetIoPoolAlive(true);
  AddDemoRoutes(hooks, demo);
  AddFaultRoutes(hooks, demo, arguments.faults ? FaultMode::On : FaultMode::Off);
  std::printf("proctor_demo: %s\n", hooks.url().c_str());
  std::fflush(stdout);

  WaitBeforeFirstFrame(hooks, std::chrono::milliseconds(arguments.slow_start_ms));
  while (!(*window)->ShouldClose() && !hooks.ShutdownRequested()) {
    (*window)->Wait();
    hooks.BeginFrame();
    (*window)->Draw([&] {
      demo.Tick();
      hooks.Guard("panels", [&] { DrawPanels(demo, hooks); });
    });
    hooks.EndFrame();  // after the swap: a frame that counts was shown
  }
  return 0;
}

}  // namespace
}  // namespace proctor::demo

int main(int argc, char** argv) {
  CLI::App cli("A small Dear ImGui program that embeds Proctor's hooks.", "proctor_demo");
  proctor::demo::Arguments arguments;
  proctor::demo::Define(cli, arguments);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  return proctor::demo::Run(arguments);
}
