#include "app/panels/kernel_pieces.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

void Sweep(std::map<uint64_t, PieceWidget>& widgets) {
  for (auto it = widgets.begin(); it != widgets.end();) {
    if (it->second.seen) {
      ++it;
      continue;
    }
    it->second.picture.Free();
    it = widgets.erase(it);
  }
}

/// Pictures are decoded beside the frames.
void Decode(const OutputPiece& piece, PieceWidget& widget, const std::function<void()>& wake) {
  widget.decoding = std::async(std::launch::async, [png = piece.png, wake] {
    Result<Pixels, std::string> pixels = DecodePng(png);
    if (wake) wake();
    return pixels;
  });
}

void TakeIn(PieceWidget& widget, const std::function<void()>& wake) {
  if (!widget.decoding.valid()) return;
  if (widget.decoding.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    // The decoder's own wake-up may have come before its result.
    if (wake) wake();
    return;
  }
  const Result<Pixels, std::string> pixels = widget.decoding.get();
  if (!pixels) {
    widget.trouble = pixels.error();
    return;
  }
  widget.width = pixels->width;
  widget.height = pixels->height;
  widget.picture.Upload(pixels->rgba.data(), pixels->width, pixels->height);
}

}  // namespace

void PieceWidgets::BeginFrame() {
  for (auto* const widgets : {&widgets_, &codes_}) {
    for (auto& [number, widget] : *widgets) widget.seen = false;
  }
}

void PieceWidgets::EndFrame() {
  Sweep(widgets_);
  Sweep(codes_);
}

void PieceWidgets::Forget() {
  BeginFrame();
  EndFrame();
}

void PieceWidgets::DrawCode(uint64_t request, const std::string& code) {
  PieceWidget& widget = codes_[request];
  widget.seen = true;
  widget.block.Draw(code, Flavour::Output);
}

void PieceWidgets::DrawPicture(const OutputPiece& piece, PieceWidget& widget,
                               const std::function<void()>& wake) {
  if (!widget.picture && !widget.decoding.valid() && widget.trouble.empty()) {
    Decode(piece, widget, wake);
  }
  TakeIn(widget, wake);
  if (!widget.trouble.empty()) return Text("A picture: " + widget.trouble, palette::kDim);
  if (!widget.picture) return Text("A picture is being decoded.", palette::kDim);
  const float room = std::max(Em() * 4, ImGui::GetContentRegionAvail().x);
  const auto width = static_cast<float>(widget.width);
  const float scale = std::min(1.0f, room / width);
  ImGui::Image(widget.picture.id(),
               {std::round(width * scale), std::round(static_cast<float>(widget.height) * scale)});
  ImGui::SetItemTooltip("%d by %d pixels, %s", widget.width, widget.height,
                        FormatPlural(static_cast<int64_t>(piece.png.size()), "byte").c_str());
}

void PieceWidgets::Draw(const OutputPiece& piece, const std::function<void()>& wake) {
  PieceWidget& widget = widgets_[piece.number];
  widget.seen = true;
  switch (piece.kind) {
    case PieceKind::Picture:
      return DrawPicture(piece, widget, wake);
    case PieceKind::Complaint: {
      const ImVec2 at = ImGui::GetCursorScreenPos();
      widget.block.Draw(piece.text, Flavour::Output);
      const float bottom = ImGui::GetItemRectMax().y;
      ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + std::round(Em() * 0.18f), bottom},
                                                palette::kWarning);
      return;
    }
    case PieceKind::Traceback: {
      const ImVec2 at = ImGui::GetCursorScreenPos();
      widget.block.Draw(piece.text, Flavour::Output);
      const float bottom = ImGui::GetItemRectMax().y;
      ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + std::round(Em() * 0.18f), bottom},
                                                palette::kBad);
      return;
    }
    case PieceKind::Printed:
    case PieceKind::Note:
      return widget.block.Draw(piece.text, Flavour::Output);
  }
}

}  // namespace proctor
