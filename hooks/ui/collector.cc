#include "hooks/ui/collector.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cctype>
#include <cfloat>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace proctor::hooks::ui {
namespace {

constexpr size_t kMostKnown = 100'000;
/// Tree nodes open themselves for a log down to a depth, which may count from a deeper one.
constexpr int kNeverExpand = -1'000'000;

Rect ToRect(const ImRect& rect) {
  return {rect.Min.x, rect.Min.y, rect.GetWidth(), rect.GetHeight()};
}

/// A child's own name in "Parent/name_1A2B3C4D".
std::string ChildName(const ImGuiWindow& window) {
  constexpr size_t kIdLength = 8;
  std::string_view name = window.Name;
  const std::string_view parent = window.ParentWindow ? window.ParentWindow->Name : "";
  if (!parent.empty() && name.starts_with(parent)) name.remove_prefix(parent.size() + 1);
  if (name.size() == kIdLength) return "#child";
  if (name.size() > kIdLength + 1) name.remove_suffix(kIdLength + 1);
  return StableName(name);
}

WindowKind KindOf(const ImGuiWindow& window) {
  if (window.Flags & ImGuiWindowFlags_Tooltip) return WindowKind::Tooltip;
  if (window.Flags & ImGuiWindowFlags_ChildMenu) return WindowKind::Menu;
  if (window.Flags & ImGuiWindowFlags_Modal) return WindowKind::Modal;
  if (window.Flags & ImGuiWindowFlags_Popup) return WindowKind::Popup;
  if (window.Flags & ImGuiWindowFlags_ChildWindow) return WindowKind::Child;
  return WindowKind::Window;
}

/// The value in "{ value } label"; none where there is no such thing.
std::optional<std::string> ValueIn(std::string_view text, std::string_view label) {
  constexpr std::string_view kOpen = "{ ", kClose = " }";
  if (text == "{ }" || text.starts_with("{ } ")) return "";
  if (!text.starts_with(kOpen)) return std::nullopt;
  text.remove_prefix(kOpen.size());
  if (!label.empty() && text.ends_with(label)) text.remove_suffix(label.size());
  const size_t close = text.rfind(kClose);
  if (close == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, close));
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string_view FirstLine(std::string_view text) {
  return Trimmed(text.substr(0, text.find('\n')));
}

bool Has(int flags, int flag) {
  return (flags & flag) != 0;
}

Kind KindOf(int status, std::string_view text, bool tab, bool in_menu) {
  if (tab) return Kind::Tab;
  if (Has(status, ImGuiItemStatusFlags_Inputable)) return Kind::Input;
  if (Has(status, ImGuiItemStatusFlags_Openable)) return in_menu ? Kind::Menu : Kind::Tree;
  if (text.starts_with("(x)") || text.starts_with("( )")) return Kind::Radio;
  if (Has(status, ImGuiItemStatusFlags_Checkable)) {
    return text.starts_with("[") ? Kind::Checkbox : Kind::MenuItem;
  }
  if (text.starts_with("{")) return Kind::Combo;
  if (text.starts_with("[")) return Kind::Button;
  return Kind::Item;
}

/// Whether there is more to know of such an item than its label.
bool ShowsValue(Kind kind) {
  return kind == Kind::Input || kind == Kind::Combo || kind == Kind::Radio;
}

/// The window whose mouse input it is at that place, null where nobody's.
const ImGuiWindow* WindowAt(ImVec2 place) {
  ImGuiWindow* at = nullptr;
  ImGui::FindHoveredWindowEx(place, true, &at, nullptr);
  return at;
}

/// What keeps the mouse from an item in `window`, where it would be over the window `at`; ""
/// where nothing does.
std::string CoveredBy(const ImGuiWindow& window, const ImGuiWindow* modal, const ImGuiWindow* at,
                      const std::unordered_map<const ImGuiWindow*, size_t>& windows,
                      const Tree& tree) {
  const auto path_of = [&](const ImGuiWindow* one) {
    const auto found = windows.find(one);
    return found == windows.end() ? std::string(one->Name) : tree.windows[found->second].path;
  };
  if (modal && !ImGui::IsWindowWithinBeginStackOf(const_cast<ImGuiWindow*>(window.RootWindow),
                                                  const_cast<ImGuiWindow*>(modal))) {
    return path_of(modal);
  }
  return at == nullptr || at == &window ? "" : path_of(at);
}

}  // namespace

std::FILE* MemoryFile::file() {
  if (file_ == nullptr) file_ = open_memstream(&data_, &size_);
  return file_;
}

std::string_view MemoryFile::text() {
  if (file_ == nullptr) return {};
  std::fflush(file_);
  return {data_, size_};
}

void MemoryFile::Close() {
  if (file_ != nullptr) std::fclose(file_);
  file_ = nullptr;
  std::free(std::exchange(data_, nullptr));
  size_ = 0;
}

void Collector::Begin(std::set<std::string> texts_of) {
  raws_.clear();
  by_id_.clear();
  logging_ = taking_text_ = false;
  texts_of_ = std::move(texts_of);
  text_window_ = nullptr;
  window_texts_.clear();
}

void Collector::OnItemAdd(ImGuiContext& context, ImGuiID id, const ImRect& rect,
                          const ImGuiLastItemData* data) {
  EndText(context);
  const ImGuiWindow& window = *context.CurrentWindow;
  FollowWindow(context);
  const bool decoration = window.IDStack.empty() || id == window.MoveId;
  if (decoration) return;  // the window itself and its title bar: see Tree::windows
  Raw raw;
  raw.id = id;
  raw.seed = window.IDStack.back();
  raw.window = &window;
  raw.parent = ParentOf(window);
  raw.rect = ToRect(rect);
  raw.clip = ToRect(window.ClipRect);
  raw.item_flags = data ? data->ItemFlags : context.CurrentItemFlags;
  raw.status_flags = data ? data->StatusFlags : 0;
  raw.placed = data != nullptr;
  raw.framed = data != nullptr && data->NavRect.Max.x < data->Rect.Max.x;
  raw.in_menu = window.DC.LayoutType == ImGuiLayoutType_Horizontal ||
                Has(window.Flags, ImGuiWindowFlags_ChildMenu | ImGuiWindowFlags_Popup);
  if (ImGuiTabBar* bar = context.CurrentTabBar) {
    if (ImGuiTabItem* tab = ImGui::TabBarFindTabByID(bar, id)) {
      raw.tab = raw.labelled = true;
      raw.selected_tab = bar->VisibleTabId == id;
      raw.label = ImGui::TabBarGetTabName(bar, tab);
    }
  }
  ForgetRepeated(raw);
  by_id_[id] = static_cast<int>(raws_.size());
  const bool seen = !raw.rect.Intersection(raw.clip).empty();
  const auto known = known_.find(id);
  const bool tells_while_drawn = known == known_.end() || ShowsValue(known->second.kind);
  raws_.push_back(std::move(raw));
  if (!seen && !tells_while_drawn) return;
  StartText(context);
  if (!seen && taking_text_) context.ItemUnclipByLog = true;
}

void Collector::OnItemInfo(ImGuiContext& context, ImGuiID id, const char* label, int flags) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  Raw& raw = raws_[static_cast<size_t>(found->second)];
  raw.status_flags |= flags;
  if (!raw.labelled || raw.label.empty()) raw.label = label ? label : "";
  raw.labelled = true;
  if (taking_text_ && &raw == &raws_.back()) EndText(context);
}

void Collector::ForgetRepeated(const Raw& raw) {
  const auto found = by_id_.find(raw.id);
  if (found == by_id_.end()) return;
  Raw& first = raws_[static_cast<size_t>(found->second)];
  first.repeated = first.window == raw.window && first.rect == raw.rect;
}

const ImGuiWindow* Collector::OuterOf(const ImGuiWindow* window) const {
  const auto found = window ? by_id_.find(window->ChildId) : by_id_.end();
  if (found == by_id_.end()) return window;
  const Raw& raw = raws_[static_cast<size_t>(found->second)];
  const bool input = Has(raw.status_flags, ImGuiItemStatusFlags_Inputable);
  return input && raw.window == window->ParentWindow ? raw.window : window;
}

int Collector::ParentOf(const ImGuiWindow& window) const {
  for (int i = window.IDStack.Size - 1; i > 0; --i) {
    const auto found = by_id_.find(window.IDStack[i]);
    if (found == by_id_.end()) continue;
    const Raw& raw = raws_[static_cast<size_t>(found->second)];
    const bool opens = raw.tab || Has(raw.status_flags, ImGuiItemStatusFlags_Openable);
    if (raw.window == &window && raw.labelled && opens) return found->second;
  }
  return -1;
}

void Collector::StartText(ImGuiContext& context) {
  StartLog(context);
  if (!logging_) return;
  text_begin_ = Log(context).size();
  taking_text_ = true;
}

void Collector::EndText(ImGuiContext& context) {
  if (!taking_text_) return;
  taking_text_ = false;
  context.ItemUnclipByLog = text_window_ != nullptr;
  const std::string_view log = Log(context);
  raws_.back().text = Trimmed(log.substr(std::min(text_begin_, log.size())));
  if (text_window_ == nullptr) EndLog(context);
}

bool Collector::IsTextWanted(const ImGuiWindow& window) const {
  return texts_of_.contains(StableName(window.Name)) ||
         texts_of_.contains(std::string(ShownName(window.Name)));
}

void Collector::FollowWindow(ImGuiContext& context) {
  if (texts_of_.empty()) return;
  const ImGuiWindow* const root = context.CurrentWindow->RootWindow;
  const ImGuiWindow* const wanted = IsTextWanted(*root) ? root : nullptr;
  if (wanted != text_window_ && text_window_ != nullptr) EndLog(context);
  text_window_ = wanted;
  if (wanted != nullptr) StartLog(context);
}

void Collector::StartLog(ImGuiContext& context) {
  if (context.LogEnabled) return;  // ours already, or somebody else's
  std::FILE* const file = text_window_ ? window_texts_[text_window_].file() : nullptr;
  logging_ = true;
  context.LogEnabled = true;
  context.ItemUnclipByLog = text_window_ != nullptr;  // else nothing more is to be drawn for us
  context.LogFlags = file ? ImGuiLogFlags_OutputTTY : ImGuiLogFlags_OutputBuffer;
  context.LogFile = file;
  context.LogWindow = context.CurrentWindow;
  context.LogNextPrefix = context.LogNextSuffix = nullptr;
  context.LogDepthRef = context.CurrentWindow->DC.TreeDepth;
  context.LogDepthToExpand = kNeverExpand;
  context.LogLinePosY = FLT_MAX;
  context.LogLineFirstItem = true;
  context.LogBuffer.clear();
}

void Collector::EndLog(ImGuiContext& context) {
  if (!logging_) return;
  logging_ = false;
  context.LogEnabled = context.ItemUnclipByLog = false;
  context.LogFlags = ImGuiLogFlags_None;
  context.LogFile = nullptr;
  context.LogNextPrefix = context.LogNextSuffix = nullptr;
  context.LogBuffer.clear();
}

std::string_view Collector::Log(ImGuiContext& context) {
  return text_window_ ? window_texts_[text_window_].text() : context.LogBuffer.c_str();
}

/// Finds the label of an item that ImGui told none of: in what was known before, among
/// the parts of windows, or in its text, the longest beginning of which gives its id.
void Collector::Name(Raw& raw) {
  if (raw.labelled) return;
  for (const char* name : {"#CLOSE", "#COLLAPSE", "#SCROLLX", "#SCROLLY"}) {
    if (raw.id != ImHashStr(name, 0, raw.window->ID)) continue;
    raw.label = name;
    raw.labelled = true;
    return;
  }
  std::string_view text = raw.text;
  if (text.starts_with("{")) text.remove_prefix(std::min(text.size(), text.find(" } ") + 3));
  text = FirstLine(text);
  for (size_t end = text.size(); end > 0 && end != std::string_view::npos;
       end = text.rfind(' ', end - 1)) {
    if (ImHashStr(text.data(), end, raw.seed) != raw.id) continue;
    raw.label = text.substr(0, end);
    raw.labelled = true;
    return;
  }
  const bool word = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 127 || std::isalnum(c);  // not what divides the columns of a table
  });
  if (word) raw.label = text;
}

Collector::WindowIndices Collector::AddWindows(const ImGuiContext& context, Tree& tree) const {
  WindowIndices indices;
  // A parent may stand behind its child or before it: paths are made from the top down.
  const auto path_of = [](const auto& self, const ImGuiWindow& window) -> std::string {
    const WindowKind kind = KindOf(window);
    const bool below =
        window.ParentWindow &&
        (kind == WindowKind::Child ||
         (kind == WindowKind::Menu && KindOf(*window.ParentWindow) == WindowKind::Menu));
    std::string name = StableName(window.Name);
    if (kind == WindowKind::Child) name = ChildName(window);
    if (kind == WindowKind::Menu) name = ShownName(window.Name);
    return below ? self(self, *window.ParentWindow) + "/" + name : name;
  };
  const ImGuiWindow* const focused = context.NavWindow;
  for (const ImGuiWindow* window : context.Windows) {
    if (!window->Active || window->Hidden) continue;
    indices[window] = tree.windows.size();
    const WindowKind kind = KindOf(*window);
    tree.windows.push_back({
        .id = window->ID,
        .path = path_of(path_of, *window),
        .title = std::string(kind == WindowKind::Child ? "" : ShownName(window->Name)),
        .kind = kind,
        .rect = ToRect(window->Rect()),
        .collapsed = window->Collapsed,
        .focused = window == focused,
        .scroll_x = window->Scroll.x,
        .scroll_y = window->Scroll.y,
        .scroll_max_x = window->ScrollMax.x,
        .scroll_max_y = window->ScrollMax.y,
        .popup_id = window->PopupId,
    });
  }
  for (const auto& [window, index] : indices) {
    const auto root = indices.find(window->RootWindow);
    tree.windows[index].root = root == indices.end() ? index : root->second;
  }
  return indices;
}

bool Collector::MakeItem(const ImGuiContext& context, Raw& raw, const WindowIndices& windows,
                         Tree& tree) {
  const auto window = windows.find(raw.window);
  if (window == windows.end() || raw.repeated) return false;
  Kind kind = KindOf(raw.status_flags, raw.text, raw.tab, raw.in_menu);
  const auto known = known_.find(raw.id);
  const bool told = raw.labelled || !raw.text.empty();
  if (!told && known != known_.end()) {
    if (known->second.label.empty() && !raw.placed) return false;
    raw.label = known->second.label;
    kind = known->second.kind;
  } else {
    const bool told_label = raw.labelled;
    Name(raw);
    // ImGui tells the label of all its framed widgets but of a combo, which shows no value
    // while nothing is chosen.
    const bool named = !told_label && !raw.label.empty();
    if (kind == Kind::Item && named && raw.framed) kind = Kind::Combo;
    if (known_.size() > kMostKnown) known_.clear();
    if (raw.text.empty() && known != known_.end()) kind = known->second.kind;
    known_[raw.id] = {.label = raw.label, .kind = kind};
  }
  const bool nameless = !raw.labelled && raw.label.empty();
  if (nameless && (!raw.placed || kind != Kind::Combo)) return false;
  std::string name = StableName(raw.label);
  if (name.empty()) name = "#" + std::string(ToString(kind));
  const std::string& parent = raw.parent >= 0 ? raws_[static_cast<size_t>(raw.parent)].path
                                              : tree.windows[window->second].path;
  raw.path = parent + "/" + name;
  Item item{.id = raw.id,
            .path = raw.path,
            .label = std::string(ShownName(raw.label)),
            .kind = kind,
            .rect = raw.rect,
            .visible_rect = raw.rect.Intersection(raw.clip),
            .window = window->second,
            .enabled = !Has(raw.item_flags, ImGuiItemFlags_Disabled),
            .focused = context.NavId == raw.id && context.NavWindow == raw.window,
            .active = context.ActiveId == raw.id};
  if (Has(raw.status_flags, ImGuiItemStatusFlags_Checkable)) {
    item.checked = Has(raw.status_flags, ImGuiItemStatusFlags_Checked);
  }
  if (kind == Kind::Radio && !raw.text.empty()) item.checked = raw.text.starts_with("(x)");
  if (raw.tab) item.checked = raw.selected_tab;
  if (Has(raw.status_flags, ImGuiItemStatusFlags_Openable)) {
    item.opened = Has(raw.status_flags, ImGuiItemStatusFlags_Opened);
  }
  if (kind == Kind::Input) item.value = ValueIn(raw.text, item.label);
  // What was drawn after a combo is in its text too.
  if (kind == Kind::Combo && !raw.text.empty())
    item.value = ValueIn(FirstLine(raw.text), item.label).value_or("");
  if (item.visible()) {
    const Rect& seen = item.visible_rect;
    const ImGuiWindow* const at =
        OuterOf(WindowAt({seen.x + seen.width / 2, seen.y + seen.height / 2}));
    item.covered_by = CoveredBy(*raw.window, ImGui::GetTopMostPopupModal(), at, windows, tree);
  }
  tree.items.push_back(std::move(item));
  return true;
}

Tree Collector::Finish(ImGuiContext& context, uint64_t frame) {
  EndText(context);
  EndLog(context);
  Tree tree;
  tree.frame = frame;
  const WindowIndices windows = AddWindows(context, tree);
  for (Raw& raw : raws_) MakeItem(context, raw, windows, tree);
  const auto index_of = [&](const ImGuiWindow* window) -> std::optional<size_t> {
    const auto found = windows.find(window);
    return found == windows.end() ? std::nullopt : std::optional(found->second);
  };
  tree.hovered_window = index_of(OuterOf(context.HoveredWindow));
  tree.hovered_id = context.HoveredId;
  if (const auto modal = index_of(ImGui::GetTopMostPopupModal())) {
    tree.modal = tree.windows[*modal].path;
  }
  for (const auto& [window, index] : windows) {
    if (window->RootWindow != window || !IsTextWanted(*window)) continue;
    tree.windows[index].text = std::string(Trimmed(window_texts_[window].text()));
  }
  NumberDuplicates(tree);
  return tree;
}

}  // namespace proctor::hooks::ui
