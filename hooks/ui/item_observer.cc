#include "hooks/ui/item_observer.h"

#include <imgui_internal.h>

namespace {

proctor::hooks::ItemObserver* ObserverOf(ImGuiContext* context) {
  return static_cast<proctor::hooks::ItemObserver*>(context->TestEngine);
}

}  // namespace

// Declared by imgui_internal.h for the program to define (IMGUI_ENABLE_TEST_ENGINE).

void ImGuiTestEngineHook_ItemAdd(ImGuiContext* context, ImGuiID id, const ImRect& rect,
                                 const ImGuiLastItemData* data) {
  if (auto* observer = ObserverOf(context)) observer->OnItemAdd(*context, id, rect, data);
}

void ImGuiTestEngineHook_ItemInfo(ImGuiContext* context, ImGuiID id, const char* label,
                                  ImGuiItemStatusFlags flags) {
  if (auto* observer = ObserverOf(context)) observer->OnItemInfo(*context, id, label, flags);
}

void ImGuiTestEngineHook_Log(ImGuiContext*, const char*, ...) {}

const char* ImGuiTestEngine_FindItemDebugLabel(ImGuiContext*, ImGuiID) {
  return nullptr;
}

namespace proctor::hooks {

void Observe(ImGuiContext& context, ItemObserver* observer) {
  context.TestEngine = observer;
  context.TestEngineHookItems = observer != nullptr;
}

}  // namespace proctor::hooks
