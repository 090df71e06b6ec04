#pragma once

#include <cstddef>

#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct NoticesPanel {
  size_t read = 0;  ///< that many were on the screen
};

/// What Proctor itself has to say: warnings, what it could not do.
void DrawNotices(const State& state, NoticesPanel& panel, const Post& post);

}  // namespace proctor
