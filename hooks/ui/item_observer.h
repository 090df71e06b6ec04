#pragma once
// What Dear ImGui tells about the items of a frame, passed on to whoever observes
// the context. ImGui calls it for every item while `g.TestEngineHookItems` is set,
// and never otherwise, so that nobody pays for what nobody asked for.
//
// Driven by the frame thread, from inside of ImGui's widgets: be quick, throw nothing.

#include <imgui.h>

struct ImGuiLastItemData;
struct ImRect;

namespace proctor::hooks {

class ItemObserver {
 public:
  virtual ~ItemObserver() = default;
  /// An item takes its place, before it is clipped; `data` may be null.
  virtual void OnItemAdd(ImGuiContext& context, ImGuiID id, const ImRect& rect,
                         const ImGuiLastItemData* data) = 0;
  /// An item tells its label and its ImGuiItemStatusFlags, mostly after it was drawn.
  virtual void OnItemInfo(ImGuiContext& context, ImGuiID id, const char* label, int flags) = 0;
};

/// Observes the items of `context` from its next frame on; null ends it.
void Observe(ImGuiContext& context, ItemObserver* observer);

}  // namespace proctor::hooks
