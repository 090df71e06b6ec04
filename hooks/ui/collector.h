#pragma once
// The collector: makes the item tree of one frame from what ImGui tells about its
// items. Driven by the frame thread: Begin() before the frame's first item,
// Finish() after its last.
//
// What an item shows (a slider's value, a combo's choice) is not told; it is taken
// from ImGui's text log, which is on for the drawing of that one item alone, so that
// nothing else, least of all a list clipper, notices. Items that are clipped tell
// nothing at all: each is drawn once for its label, out of sight.

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hooks/ui/item_observer.h"
#include "hooks/ui/tree.h"

struct ImGuiWindow;

namespace proctor::hooks::ui {

/// A file in memory that C code can write to.
class MemoryFile {
 public:
  MemoryFile() = default;
  ~MemoryFile() { Close(); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::FILE* file();        ///< null where there is no memory
  std::string_view text();  ///< all that was written since Close()
  void Close();

 private:
  std::FILE* file_ = nullptr;
  char* data_ = nullptr;
  size_t size_ = 0;
};

class Collector : public ItemObserver {
 public:
  /// Forgets the frame before. `texts_of`: the windows, by path or title, whose whole text is
  /// wanted. Their lists are drawn whole for that, also where they are clipped.
  void Begin(std::set<std::string> texts_of);
  Tree Finish(ImGuiContext& context, uint64_t frame);

  void OnItemAdd(ImGuiContext& context, ImGuiID id, const ImRect& rect,
                 const ImGuiLastItemData* data) override;
  void OnItemInfo(ImGuiContext& context, ImGuiID id, const char* label, int flags) override;

 private:
  struct Raw {
    ImGuiID id = 0;
    ImGuiID seed = 0;  ///< of the id: ImGui hashes the label onto it
    const ImGuiWindow* window = nullptr;
    int parent = -1;  ///< the tree node or tab that it stands in; -1: none
    Rect rect, clip;
    int item_flags = 0;
    int status_flags = 0;
    bool repeated = false;  ///< told again later: that one counts
    bool placed = false;    ///< came with item data: a widget of its own, not a part of one
    bool labelled = false;  ///< ImGui told its label
    bool framed = false;    ///< its frame is a part of it: the label stands beside
    bool tab = false, selected_tab = false, in_menu = false;
    std::string label;
    std::string text;  ///< what was drawn for it, as ImGui's log writes it
    std::string path;
  };
  /// Where a collected window stands in the tree.
  using WindowIndices = std::unordered_map<const ImGuiWindow*, size_t>;

  int ParentOf(const ImGuiWindow& window) const;
  /// A text field of several lines is told twice, around the window that it draws in.
  void ForgetRepeated(const Raw& raw);
  /// The window that the mouse is over; of such a text field's own the one around it.
  const ImGuiWindow* OuterOf(const ImGuiWindow* window) const;
  void StartText(ImGuiContext& context);
  void EndText(ImGuiContext& context);
  bool IsTextWanted(const ImGuiWindow& window) const;
  void FollowWindow(ImGuiContext& context);
  void StartLog(ImGuiContext& context);
  void EndLog(ImGuiContext& context);
  std::string_view Log(ImGuiContext& context);  ///< what is in the log now
  void Name(Raw& raw);
  WindowIndices AddWindows(const ImGuiContext& context, Tree& tree) const;
  bool MakeItem(const ImGuiContext& context, Raw& raw, const WindowIndices& windows, Tree& tree);

  /// What is told of an item only while it is drawn, for when it is clipped.
  struct Known {
    std::string label;
    Kind kind = Kind::Item;
  };

  std::vector<Raw> raws_;
  std::unordered_map<ImGuiID, int> by_id_;  ///< the last of each id
  std::unordered_map<ImGuiID, Known> known_;
  bool logging_ = false;      ///< ImGui's log was turned on by us
  bool taking_text_ = false;  ///< it is on for the item raws_.back()
  size_t text_begin_ = 0;     ///< where the text of that item begins in the log
  std::set<std::string> texts_of_;
  /// The window being drawn, where its text is wanted; else null.
  const ImGuiWindow* text_window_ = nullptr;
  /// What such windows show. Files, because ImGui throws a log in memory away at the
  /// window's End(), before we hear of it.
  std::unordered_map<const ImGuiWindow*, MemoryFile> window_texts_;
};

}  // namespace proctor::hooks::ui
