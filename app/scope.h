#pragma once

#include <imgui.h>

namespace proctor {

/// Scope objects for ImGui's Begin and Push calls: whatever was begun is ended when
/// the object goes, also on an early return or a throw.

class WindowScope {
 public:
  WindowScope(const char* name, ImGuiWindowFlags flags)
      : visible_(ImGui::Begin(name, nullptr, flags)) {}
  ~WindowScope() { ImGui::End(); }
  WindowScope(const WindowScope&) = delete;
  WindowScope& operator=(const WindowScope&) = delete;
  explicit operator bool() const { return visible_; }

 private:
  bool visible_;
};

class ChildScope {
 public:
  explicit ChildScope(const char* name, ImVec2 size = {0, 0}, ImGuiChildFlags child_flags = 0,
                      ImGuiWindowFlags window_flags = 0)
      : visible_(ImGui::BeginChild(name, size, child_flags, window_flags)) {}
  ~ChildScope() { ImGui::EndChild(); }
  ChildScope(const ChildScope&) = delete;
  ChildScope& operator=(const ChildScope&) = delete;
  explicit operator bool() const { return visible_; }

 private:
  bool visible_;
};

/// For what ImGui wants ended only where its Begin said true.
template <void (*kEnd)()>
class ConditionalScope {
 public:
  explicit ConditionalScope(bool open) : open_(open) {}
  ~ConditionalScope() {
    if (open_) kEnd();
  }
  ConditionalScope(const ConditionalScope&) = delete;
  ConditionalScope& operator=(const ConditionalScope&) = delete;
  explicit operator bool() const { return open_; }

 private:
  bool open_;
};
using TableScope = ConditionalScope<ImGui::EndTable>;
using PopupScope = ConditionalScope<ImGui::EndPopup>;
using ComboScope = ConditionalScope<ImGui::EndCombo>;
using TooltipScope = ConditionalScope<ImGui::EndTooltip>;

/// For what ImGui wants ended in any case.
template <void (*kEnd)()>
class AlwaysScope {
 public:
  AlwaysScope() = default;
  ~AlwaysScope() { kEnd(); }
  AlwaysScope(const AlwaysScope&) = delete;
  AlwaysScope& operator=(const AlwaysScope&) = delete;
};

class IdScope : AlwaysScope<ImGui::PopID> {
 public:
  explicit IdScope(const char* id) { ImGui::PushID(id); }
  explicit IdScope(int id) { ImGui::PushID(id); }
};
class FontScope : AlwaysScope<ImGui::PopFont> {
 public:
  /// `size` is unscaled; 0 keeps the current one.
  explicit FontScope(ImFont* font, float size = 0) { ImGui::PushFont(font, size); }
};
class DisabledScope : AlwaysScope<ImGui::EndDisabled> {
 public:
  explicit DisabledScope(bool disabled) { ImGui::BeginDisabled(disabled); }
};
class WrapScope : AlwaysScope<ImGui::PopTextWrapPos> {
 public:
  WrapScope() { ImGui::PushTextWrapPos(0.0f); }
};
class WidthScope : AlwaysScope<ImGui::PopItemWidth> {
 public:
  explicit WidthScope(float width) { ImGui::PushItemWidth(width); }
};

/// Pushed colours and style variables, popped together.
class StyleScope {
 public:
  StyleScope() = default;
  ~StyleScope() {
    ImGui::PopStyleColor(colours_);
    ImGui::PopStyleVar(variables_);
  }
  StyleScope(const StyleScope&) = delete;
  StyleScope& operator=(const StyleScope&) = delete;

  StyleScope& Colour(ImGuiCol which, ImU32 colour) {
    ImGui::PushStyleColor(which, colour);
    ++colours_;
    return *this;
  }
  StyleScope& Var(ImGuiStyleVar which, float value) {
    ImGui::PushStyleVar(which, value);
    ++variables_;
    return *this;
  }
  StyleScope& Var(ImGuiStyleVar which, ImVec2 value) {
    ImGui::PushStyleVar(which, value);
    ++variables_;
    return *this;
  }

 private:
  int colours_ = 0, variables_ = 0;
};

}  // namespace proctor
