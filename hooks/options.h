#pragma once
// What a program chooses when it starts the hooks, and what its own checks answer.

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "hooks/http.h"
#include "hooks/image.h"
#include "hooks/log_level.h"
#include "hooks/openapi.h"
#include "hooks/parts.h"

namespace proctor::hooks {

enum class CrashNote { Write, Off };
enum class Discovery { Write, Off };
/// Whether there is a server at all. The guard and the health are there either way.
enum class Listen {
  Always,
  WhenAsked,  ///< where $PROCTOR_HOOKS is 1, or Proctor started the program
};

struct Options {
  std::string app = "app";                       ///< the program's name, as health shows it
  std::string version = "";                      ///< the program's version, as health shows it
  Listen listen = Listen::Always;                ///< WhenAsked for a program that others will run
  int port = 0;                                  ///< 0: a free one
  std::string token = "";                        ///< "": $PROCTOR_HOOKS_TOKEN, else a random one
  std::optional<int> generation = std::nullopt;  ///< none: $PROCTOR_GENERATION, else 0

  /// Makes an idling frame loop draw. Called from any thread; glfwPostEmptyEvent
  /// will do. Without one the loop is taken to draw all the time.
  std::function<void()> wake = nullptr;
  /// Called from a server thread when a shutdown is asked for, besides the flag
  /// and the wake-up that ShutdownRequested() goes by.
  std::function<void()> on_shutdown = nullptr;

  /// A picture of the frame that was just drawn, for GET /api/screenshot.png. Called on the
  /// frame thread after ImGui::Render(). Not needed with an OpenGL backend of ImGui's.
  std::function<Image()> capture = nullptr;

  std::chrono::milliseconds hang_after{2000};  ///< a frame older than this is a hang
  /// A 0600 file {url, token, pid, app} named <pid>.json in $XDG_RUNTIME_DIR/proctor
  /// (else /tmp/proctor-<uid>); removed at the end.
  Discovery discovery = Discovery::Write;
  /// On SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT: the signal and a backtrace go to
  /// stderr, then the signal takes its default course.
  CrashNote crash_note = CrashNote::Write;
};

/// The answer of a check: `detail` says why not, for a person.
struct CheckAnswer {
  bool ok = true;
  std::string detail = {};
};
/// Where a check runs. Either way the health answer shows the last known result
/// and never waits for a check on the frame thread.
enum class CheckOn {
  FrameThread,   ///< at the end of a frame that a health request asked for; cached
  ServerThread,  ///< at each health request; has to be thread-safe and quick
};

}  // namespace proctor::hooks
