#pragma once
// The recorder: watches what a person does, frame by frame, and writes down steps that do
// the same by name. What the HTTP API plays meanwhile is not recorded.
//
// It goes by effects where there are any: a checkbox that turned, a text that is another
// when its field is left, a slider's value. What only leads to a step is no step of its
// own: opening a combo or a menu, moving the mouse, scrolling.

#include <imgui.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hooks/ui/script.h"
#include "hooks/ui/tree.h"

struct ImGuiContext;

namespace proctor::hooks::ui {

class Recorder {
 public:
  // Any thread.
  void Start();  ///< with no steps
  void Stop();   ///< keeps them
  bool recording() const { return recording_; }
  /// Those so far, with an edit that is not finished yet.
  std::vector<RecordedStep> steps() const;

  // The frame thread.
  enum class Input { Persons, Played };
  /// After each frame while recording, with the frame's tree.
  void OnFrame(ImGuiContext& context, std::shared_ptr<const Tree> tree, Input whose);

 private:
  /// An input, slider or drag that is being changed.
  struct Edit {
    uint32_t id = 0;
    std::string path;
    bool text = false;       ///< by typing
    bool multiline = false;  ///< Enter is a part of the text
    std::string before, now;
  };
  /// A mouse button that is held.
  struct Held {
    std::optional<Item> item;      ///< that it was pressed on, as it was before
    std::optional<Window> window;  ///< the item's; without an item the one that was pressed
    std::string modifiers;
    int count = 1;
    ImVec2 place;
    bool dropping = false;  ///< a drag and drop was going on meanwhile
  };

  void FollowEdit(ImGuiContext& context);
  void BeginEdit(ImGuiContext& context);
  void UpdateEdit(ImGuiContext& context);
  void EndEdit(ImGuiContext& context);
  void FollowKeys(ImGuiContext& context, bool was_typing);
  void FollowButton(ImGuiContext& context, int button);
  void OnPressed(ImGuiContext& context, int button);
  void OnReleased(ImGuiContext& context, int button);
  void OnDragged(const Held& held, const Item& item, ImVec2 place);
  void OnItemClicked(const Held& held, const Item& item, int button);
  void OnLeftClicked(const Held& held, const Item& item);
  /// Items of popups and of windows' frames, whose clicks have words of their own.
  bool OnSpecialItem(const Item& item, const Window& window);
  void OnWindowReleased(const Window& before);
  void Click(const Held& held, const Item& item, int button);
  void Add(RecordedStep step);
  void Publish();
  const Item* ById(uint32_t id) const;    ///< in this frame
  const Item* Before(uint32_t id) const;  ///< in the frame before

  std::atomic<bool> recording_ = false;
  std::atomic<int> starts_ = 0;

  // The frame thread's.
  int started_ = 0;  ///< the start that the members below belong to
  std::shared_ptr<const Tree> tree_, before_;
  std::optional<Edit> edit_;
  std::array<std::optional<Held>, 3> held_;
  std::optional<Item> combo_;  ///< that was clicked last: options belong to it
  std::vector<RecordedStep> written_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::vector<RecordedStep> published_;
};

}  // namespace proctor::hooks::ui
