#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/desk.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct NotesPanel {
  explicit NotesPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  std::shared_ptr<const State> snapshot;  ///< the state that is drawn; set for each frame
  bool only_respawned = false;
  // Which files have a note; found once for each snapshot.
  std::shared_ptr<const State> listed_of;
  bool listed_respawned = false;
  std::vector<uint32_t> listed;
};

/// What each test file got for a subject, and why.
void DrawNotes(const State& state, NotesPanel& panel, const Post& post);

}  // namespace proctor
