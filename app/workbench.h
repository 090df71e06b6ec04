#pragma once

#include <memory>
#include <string>

#include "app/desk.h"
#include "app/layout_settings.h"
#include "app/panels/details_panel.h"
#include "app/panels/help_panel.h"
#include "app/panels/kernel_panel.h"
#include "app/panels/ledger_panel.h"
#include "app/panels/notes_panel.h"
#include "app/panels/notices_panel.h"
#include "app/panels/output_panel.h"
#include "app/panels/subject_panel.h"
#include "app/panels/toolbar_panel.h"
#include "app/panels/tree_panel.h"
#include "app/requests.h"

namespace proctor {

namespace hooks {
class Hooks;
}

class KernelHost;

enum class BottomTab { Output, Notes, Notices, Ledger };

/// What is below the toolbar.
enum class Page { Tests, Kernels };
inline int OtherPage(int page) {
  return static_cast<int>(page == static_cast<int>(Page::Tests) ? Page::Kernels : Page::Tests);
}

/// On the way out: a batch that runs is asked about first, and then stopped.
enum class Closing { No, Asking, Stopping };

/// What the window holds: the panels' own state, and what they share. The frame loop
/// owns it, draws it once a frame, and is the only one to touch it.
struct Workbench {
  Desk desk;
  LayoutSettings layout;
  HelpPanel help;
  ToolbarPanel toolbar{desk, help, layout};
  TreePanel tree{desk};
  DetailsPanel details{desk};
  SubjectPanel subject{desk};
  NotesPanel notes{desk};
  OutputPanel output{desk};
  NoticesPanel notices;
  LedgerPanel ledger{desk};
  KernelPanel kernels{desk};
  Closing closing = Closing::No;
  std::string said;       ///< the remark that is on the screen
  double said_until = 0;  ///< in ImGui's time

  Workbench() = default;
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;
};

/// The whole window: every panel in its place, each under a guard of its own, so that
/// an error in one costs that one. `kernels` is null where nobody hosts any.
void DrawWorkbench(const std::shared_ptr<const State>& state, Time now, Workbench& bench,
                   const Post& post, KernelHost* kernels, hooks::Hooks& hooks);

/// The keys that work everywhere. Within the window that DrawWorkbench() opens.
void HandleGlobalKeys(const State& state, Workbench& bench, const Post& post);

/// The question whether to stop the batch; the answer is in bench.closing.
void DrawClosing(const State& state, Workbench& bench, const Post& post);

}  // namespace proctor
