#include "hooks/new_context.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <new>
#include <string>
#include <utility>

#include "hooks/assert_failure.h"

namespace proctor::hooks {
namespace {

/// What a program and its backends gave to the context, and so outlives it.
struct Belongings {
  ImGuiIO io;
  ImGuiPlatformIO platform_io;
  ImGuiStyle style;
  ImVector<ImFontAtlas*> atlases;
  ImVector<ImTextureData*> textures;
  ImVector<ImGuiContextHook> hooks;
  ImVector<ImGuiSettingsHandler> handlers;
  ImGuiID last_hook = 0;
  std::string settings;
  double time = 0;
  int frame = 0;
  bool within_frame = false;
  bool settings_loaded = false;
  bool telling_items = false;
  void* test_engine = nullptr;
  ImGuiErrorCallback error_callback = nullptr;
  void* error_callback_data = nullptr;
  ImVector<ImGuiInputEvent> inputs;
  ImGuiViewport main_viewport;
};

/// The backends' windows of other viewports end with the context; the main one's stays.
/// Copied in place: a viewport that ends while it holds a backend's data asserts.
void TakeMainViewport([[maybe_unused]] ImGuiContext& g, ImGuiViewport& taken) {
  ImGuiViewport& main = *ImGui::GetMainViewport();
  taken = main;
#ifdef IMGUI_HAS_VIEWPORT
  for (int i = 1; i < g.Viewports.Size; ++i) ImGui::DestroyPlatformWindow(g.Viewports[i]);
  main.PlatformUserData = main.RendererUserData = nullptr;  // kept, not for its end to free
#endif
}

void GiveMainViewport(ImGuiViewport& kept) {
  *ImGui::GetMainViewport() = kept;
#ifdef IMGUI_HAS_VIEWPORT
  kept.PlatformUserData = kept.RendererUserData = nullptr;
  ImGui::GetPlatformIO().Viewports.clear();
  ImGui::GetPlatformIO().Viewports.push_back(ImGui::GetMainViewport());
#endif
}

/// Pushed colours and variables have changed the style, which is about to outlive them.
void UndoPushedStyle(ImGuiContext& g) {
  try {
    ImGui::PopStyleVar(g.StyleVarStack.Size);
    ImGui::PopStyleColor(g.ColorStack.Size);
  } catch (const AssertFailure&) {
    g.Style = ImGuiStyle();
  }
}

std::string Settings() {
  try {
    size_t size = 0;
    const char* const text = ImGui::SaveIniSettingsToMemory(&size);
    return {text, size};
  } catch (const AssertFailure&) {
    return "";  // the windows' places are lost with the rest
  }
}

/// Takes everything out of the context that its end must not touch.
Belongings TakenFrom(ImGuiContext& g) {
  UndoPushedStyle(g);
  Belongings taken;
  taken.settings = g.SettingsLoaded ? Settings() : "";
  taken.settings_loaded = g.SettingsLoaded;
  taken.io = g.IO;
  taken.platform_io = g.PlatformIO;
  taken.style = g.Style;
  taken.hooks.swap(g.Hooks);
  taken.inputs.swap(g.InputEventsQueue);
  taken.last_hook = g.HookIdNext;
  taken.handlers = g.SettingsHandlers;
  taken.textures.swap(g.UserTextures);
  taken.time = g.Time;
  taken.frame = g.FrameCount;
  taken.within_frame = g.WithinFrameScope;
  taken.telling_items = g.TestEngineHookItems;
  taken.test_engine = g.TestEngine;
  taken.error_callback = g.ErrorCallback;
  taken.error_callback_data = g.ErrorCallbackUserData;
  for (ImFontAtlas* atlas : g.FontAtlases) {
    ImFontAtlasRemoveDrawListSharedData(atlas, &g.DrawListSharedData);
    --atlas->RefCount;
  }
  taken.atlases.swap(g.FontAtlases);
  TakeMainViewport(g, taken.main_viewport);
  g.IO.BackendPlatformUserData = g.IO.BackendRendererUserData = nullptr;
  g.IO.IniFilename = nullptr;
  return taken;
}

void GiveTo(ImGuiContext& g, Belongings& kept) {
  g.IO = kept.io;
  g.IO.Ctx = &g;
  g.PlatformIO = kept.platform_io;
  g.Style = kept.style;
  g.InputEventsQueue.swap(kept.inputs);
  g.UserTextures.swap(kept.textures);
  for (const ImGuiSettingsHandler& handler : kept.handlers) {
    if (ImGui::FindSettingsHandler(handler.TypeName) == nullptr) {
      ImGui::AddSettingsHandler(&handler);
    }
  }
  for (ImFontAtlas* atlas : kept.atlases) {
    if (!g.FontAtlases.contains(atlas)) ImGui::RegisterFontAtlas(atlas);
  }
  g.Time = kept.time;
  g.FrameCount = g.FrameCountEnded = g.FrameCountRendered = kept.frame;
  g.TestEngineHookItems = kept.telling_items;
  g.TestEngine = kept.test_engine;
  g.ErrorCallback = kept.error_callback;
  g.ErrorCallbackUserData = kept.error_callback_data;
  GiveMainViewport(kept.main_viewport);
  if (!kept.settings_loaded) return;
  ImGui::LoadIniSettingsFromMemory(kept.settings.c_str(), kept.settings.size());
  g.SettingsLoaded = true;
}

/// In the same place: backends and programs hold pointers to it.
void ReplaceInPlace(ImGuiContext& g, ImFontAtlas* fonts) {
  ImGui::Shutdown();
  g.~ImGuiContext();
  new (&g) ImGuiContext(fonts);
  ImGui::Initialize();
}

/// NewFrame() refuses a style that is out of bounds.
void BeginFrame(ImGuiContext& g) {
  try {
    ImGui::NewFrame();
  } catch (const AssertFailure&) {
    g.Style = ImGuiStyle();
    ImGui::NewFrame();
  }
}

}  // namespace

void RenewContext() {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  Belongings kept = TakenFrom(g);
  ReplaceInPlace(g, kept.io.Fonts);
  GiveTo(g, kept);
  if (kept.within_frame) BeginFrame(g);
  g.Hooks.swap(kept.hooks);  // only now: for them, this frame has begun before
  g.HookIdNext = kept.last_hook;
}

}  // namespace proctor::hooks
