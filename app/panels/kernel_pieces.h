#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>

#include "app/kernel_output.h"
#include "app/picture.h"
#include "app/png_pixels.h"
#include "app/text_block.h"
#include "core/base/result.h"

namespace proctor {

/// What a piece of output needs to be drawn, beside what it is.
struct PieceWidget {
  TextBlock block;
  Picture picture;
  int width = 0, height = 0;                          ///< pixels of the picture
  std::string trouble;                                ///< why it cannot be shown; empty: it can
  std::future<Result<Pixels, std::string>> decoding;  ///< valid while it is decoded elsewhere
  bool seen = false;                                  ///< in this frame
};

/// The widgets of all pieces that there are, by their numbers.
class PieceWidgets {
 public:
  void BeginFrame();
  /// Lets those go that were not drawn since.
  void EndFrame();
  void Draw(const OutputPiece& piece, const std::function<void()>& wake);
  void DrawCode(uint64_t request, const std::string& code);
  void Forget();  ///< all of them

 private:
  void DrawPicture(const OutputPiece& piece, PieceWidget& widget,
                   const std::function<void()>& wake);

  std::map<uint64_t, PieceWidget> widgets_;
  std::map<uint64_t, PieceWidget> codes_;  ///< by request
};

}  // namespace proctor
