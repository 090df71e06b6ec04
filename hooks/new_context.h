#pragma once
// A new ImGui context in the place of one that cannot be mended.

namespace proctor::hooks {

/// Ends the current context and makes a new one at the same address, in the same frame of
/// the same backends: IO, style, fonts, textures, hooks, and the windows' places stay; what
/// only ImGui knew (focus, scrolling, open popups and tree nodes) is lost. Pointers to
/// ImGui's windows and tables are not valid any more.
///
/// Frame thread; within a frame the new context is within it too, with nothing begun yet.
/// Throws what a failed IM_ASSERT throws where the new context cannot begin its frame.
void RenewContext();

}  // namespace proctor::hooks
