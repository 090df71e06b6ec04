#include "app/panels/evidence_section.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/editor.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

using TreeScope = ConditionalScope<ImGui::TreePop>;

const char* Title(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::Screenshot:
      return "Screenshot";
    case EvidenceKind::ItemTree:
      return "Item tree";
    case EvidenceKind::Trace:
      return "Trace of the test's time";
    case EvidenceKind::Health:
      return "Health";
    case EvidenceKind::Log:
      return "Subject's log of the test's time";
  }
  return "";
}

void Open(const std::string& file, Desk& desk) {
  const std::string error = OpenOnDesktop(file);
  desk.remark = error.empty() ? "Opening " + file : error;
}

/// As wide as there is room for, never larger than it is; a click opens the file.
void DrawPicture(const EvidenceSection& section, const EvidenceContent& content, Desk& desk) {
  const float room = std::min(ImGui::GetContentRegionAvail().x, Em() * 42);
  const auto width = static_cast<float>(content.width);
  const float scale = std::min(1.0f, room / width);
  const ImVec2 size{std::round(width * scale),
                    std::round(static_cast<float>(content.height) * scale)};
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("Screenshot", size)) Open(content.piece.file, desk);
  const bool hovered = ImGui::IsItemHovered();
  ImGui::SetItemTooltip("Open %s", content.piece.file.c_str());
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 to{at.x + size.x, at.y + size.y};
  list.AddImage(section.picture.id(), at, to);
  list.AddRect(at, to, hovered ? palette::kAccent : palette::kFaint);
}

void DrawText(EvidenceSection& section, const EvidenceContent& content, Desk& desk) {
  const Evidence& piece = content.piece;
  const TreeScope node(ImGui::TreeNodeEx(Title(piece.kind), ImGuiTreeNodeFlags_SpanAvailWidth));
  if (!node) return;
  if (!piece.note.empty()) Text(piece.note, palette::kDim);
  if (IconButton("Copy", Icon::Copy)) {
    ImGui::SetClipboardText(content.text.c_str());
    desk.remark = "Copied";
  }
  ImGui::SameLine();
  if (IconButton("Open file", Icon::Open)) Open(piece.file, desk);
  section.texts[static_cast<size_t>(piece.kind)].Draw(content.text, Flavour::Output);
}

void DrawPiece(EvidenceSection& section, const EvidenceContent& content, Desk& desk) {
  if (!content.trouble.empty()) {
    const WrapScope wrap;
    Text(fmt::format("No {}: {}", ToString(content.piece.kind), content.trouble), palette::kDim);
  } else if (content.piece.kind == EvidenceKind::Screenshot) {
    DrawPicture(section, content, desk);
  } else {
    DrawText(section, content, desk);
  }
}

/// The picture goes to the graphics card once, when all is read.
void TakeIn(EvidenceSection& section) {
  if (section.shown) return;
  section.shown = section.files.Contents();
  if (!section.shown) return;
  for (const EvidenceContent& content : *section.shown) {
    if (content.rgba.empty()) continue;
    section.picture.Upload(content.rgba.data(), content.width, content.height);
  }
}

}  // namespace

void EvidenceSection::Change(const std::shared_ptr<const TestDetails>& details) {
  picture.Free();
  shown = nullptr;
  texts = {};
  files.Read(details, wake);
}

void DrawEvidence(EvidenceSection& section, const TestDetails& details, Desk& desk) {
  if (details.evidence.empty()) return;
  TakeIn(section);
  const IdScope id("evidence");
  ImGui::Dummy({0, Em() * 0.3f});
  SectionTitle("The subject at the failure");
  if (!section.shown) return Text("It is being read.", palette::kDim);
  for (const EvidenceContent& content : *section.shown) DrawPiece(section, content, desk);
}

}  // namespace proctor
