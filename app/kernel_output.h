#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernel/session.h"

namespace proctor {

/// What a session's requests have put out, in the form in which it is shown. Pure: no window,
/// no threads; the kernel panel asks it to look for news once a frame.

enum class PieceKind {
  Printed,    ///< to stdout, or a result as text
  Complaint,  ///< to stderr
  Traceback,
  Picture,  ///< a PNG
  Note,     ///< in place of what cannot be shown
};

struct OutputPiece {
  uint64_t number = 0;  ///< another one when its content was replaced
  PieceKind kind = PieceKind::Printed;
  std::string text;        ///< with ANSI colours; of a picture: its description
  std::string png;         ///< its bytes
  std::string display_id;  ///< empty: none
  bool is_stream = false;  ///< what is printed next goes on where it ends
};

struct OutputCell {
  std::shared_ptr<const RequestLog> log;
  size_t next = 0;  ///< what to ask the log for
  std::vector<OutputPiece> pieces;
  bool clear_pending = false;  ///< with the next output
  std::optional<ExecuteResult> result;
};

class KernelTranscript {
 public:
  /// Takes in what is new of these requests, and forgets those that are not there any more.
  void Follow(const SessionView& session);
  const std::vector<OutputCell>& cells() const { return cells_; }

 private:
  void Read(OutputCell& cell);
  void Take(OutputCell& cell, const OutputChunk& chunk);
  void TakeStream(OutputCell& cell, const OutputChunk& chunk);
  void Update(const OutputChunk& chunk);
  OutputPiece Numbered(OutputPiece piece);

  std::vector<OutputCell> cells_;  ///< the oldest first
  uint64_t last_number_ = 0;
};

/// The form that is shown of data by MIME type: PNG, else text, else what can be made of HTML;
/// of SVG its size and source, since nothing here draws it.
OutputPiece RichPiece(const std::string& data);

/// None where it is no base64.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace proctor
