#pragma once
// The hooks: what a Dear ImGui program holds so that tests can watch and drive
// it. An HTTP server on 127.0.0.1, the health of the frame loop, a guard that
// survives ImGui asserts, and a note in the log when the program crashes.
//
//   auto started = proctor::hooks::Hooks::Start({.app = "demo", .wake = glfwPostEmptyEvent});
//   if (!started) return Complain(started.error());
//   proctor::hooks::Hooks& hooks = **started;
//   while (!hooks.ShutdownRequested()) {
//     … poll events, ImGui_Impl…_NewFrame(), ImGui::NewFrame() …
//     hooks.Frame([&] { DrawPanels(); });
//     … ImGui::Render(), swap …
//   }
//
// Routes that are always there:
//   GET  /api/gui_health /livez /readyz /metrics    open
//   POST /api/gui_health/reset                      forgets what degraded the program
//   POST /api/shutdown                              202; see Options::on_shutdown
//   GET  /api/ui, POST /api/ui/…                    the item tree and input (ui/ui_routes.h)
//   GET  /api/actions /api/state, POST /api/actions/NAME   the program's own (board_routes.h)
//   GET  /api/trace /api/frames                     what happened when (trace_routes.h)
//   GET  /api/openapi.json                          all of it, and what the program describes
//   GET  /api/screenshot.png                        what is shown, whole or in part

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/expected.h"
#include "hooks/options.h"

#ifdef PROCTOR_HOOKS_OFF
#include "hooks/hooks_off.h"
#else

namespace proctor::hooks {

/// Thread-safe but for the frame calls (BeginFrame, EndFrame, Guard, Frame),
/// which belong to the one thread that draws. Destroy it on that thread, after
/// the last frame and before what its routes point to.
class Hooks {
 public:
  /// Binds, listens, and serves from here on: health says "starting" until the
  /// first frame is complete. Call it on the thread that will draw: RunOnFrame() takes
  /// the caller for it until a frame was drawn.
  /// Errors: the port is taken (the message names it), no socket, no threads.
  static Expected<std::unique_ptr<Hooks> > Start(Options options);
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  int port() const;
  const std::string& url() const;  ///< "http://127.0.0.1:<port>"
  const std::string& token() const;
  /// Writes the discovery file, for a program that started with Discovery::Off so that
  /// its own routes are there before anybody finds it.
  void Announce();
  const std::string& discovery_file() const;  ///< "" where none could be written

  // --- The frame loop ------------------------------------------------------

  /// One frame: BeginFrame(), Guard(draw), EndFrame(). Between ImGui::NewFrame()
  /// and ImGui::Render(). Never throws what `draw` throws.
  void Frame(const std::function<void()>& draw);
  /// The parts, for a loop that wants to count its rendering into the frame:
  /// BeginFrame() before ImGui::NewFrame(), EndFrame() after the swap.
  void BeginFrame();
  void EndFrame();
  /// Runs `draw` over ImGui's error recovery. A throw, a failed IM_ASSERT and
  /// unbalanced Begin/End calls are recorded, mended, and degrade the health.
  /// May be nested; `what` names the part in the record. Where the same part fails in
  /// frame after frame, ImGui gets a new context, and in the end nothing more is tried.
  void Guard(std::string_view what, const std::function<void()>& draw);
  /// The same for a panel, within the frame's guard: once it has thrown, it is not drawn any
  /// more, but a notice in its place that says why, with a button for another try.
  void Panel(std::string_view panel, const std::function<void()>& draw);

  /// Runs `work` on the frame thread at the start of the next frame and returns
  /// once that frame has ended, so that its effect is drawn. False: it did not
  /// happen within `timeout` (the loop hangs, or the hooks are ending). After
  /// false `work` is not started any more, but where it had been started it may
  /// still be running: let it own what it touches. What it throws is rethrown here.
  [[nodiscard]] bool RunOnFrame(std::function<void()> work,
                                std::chrono::milliseconds timeout = std::chrono::seconds(2));

  // --- Health --------------------------------------------------------------

  /// Degraded until a reset or a restart. The first reason stands.
  void SetDegraded(std::string_view reason);
  /// The program's pool of I/O threads; null in the answer until this is called.
  /// False degrades the health.
  void SetIoPoolAlive(bool alive);
  /// A check that answers not-ok degrades the health. A second check of the same
  /// name replaces the first.
  void AddCheck(std::string name, CheckOn where, std::function<CheckAnswer()> check);
  /// The body of GET /api/gui_health.
  std::string HealthJson();
  /// Forgets what degraded the program and its recorded errors.
  void ResetHealth();

  // --- The program's own ---------------------------------------------------

  /// POST /api/actions/NAME runs it; in Python `app.action(name, …)`. A second one of the
  /// same name replaces the first. What it touches has to outlive the hooks.
  void AddAction(std::string name, RunOn where, ActionFn run, std::string description = "");
  /// GET /api/state/NAME reads it; in Python `app.state(name)`.
  void AddState(std::string name, RunOn where, StateFn read);
  /// Called once when a shutdown is asked for, besides Options::on_shutdown. On a server
  /// thread it is called at once, on the frame thread at the end of that frame, at the
  /// latest when the hooks are destroyed.
  void OnShutdown(RunOn where, std::function<void()> handler);

  /// A line for the trace (GET /api/trace), next to the frames and requests of its time.
  /// From any thread; a text over 4 KiB is cut.
  void Log(LogLevel level, std::string_view text);
  /// The body of GET /api/trace.
  std::string TraceJson();

  // --- Routes --------------------------------------------------------------

  /// At any time, from any thread; a later route of the same method and pattern
  /// replaces the earlier one. In a pattern, "{name}" matches one segment of the
  /// path and a final "{name*}" the whole rest, slashes too: "/api/tests/{id*}".
  /// Among matching patterns the one added first answers.
  void AddRoute(std::string method, std::string pattern, Access access, Handler handler,
                BodySize body = BodySize::Usual);
  /// Puts routes of the program's own into GET /api/openapi.json.
  void Describe(const std::vector<RouteInfo>& routes);
  /// A GET route that answers with server-sent events.
  void AddStream(std::string pattern, Access access, StreamHandler handler);

  /// True once POST /api/shutdown was received, or RequestShutdown() called.
  bool ShutdownRequested() const;
  void RequestShutdown();
  /// True: the server is closing, and waits for the handlers that run. One that waits itself
  /// looks here at least once a second.
  bool Stopping() const;

 private:
  struct Impl;
  explicit Hooks(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor::hooks

#endif  // PROCTOR_HOOKS_OFF
