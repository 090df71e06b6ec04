#include "app/kernel_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "app/html_text.h"

namespace proctor {
namespace {

using nlohmann::json;

constexpr size_t kMostText = 1 << 20;  ///< bytes kept of one piece; the newest

/// A MIME value is a text, or a list of its lines.
std::string TextOf(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump(2, ' ', false, json::error_handler_t::replace);
  std::string text;
  for (const json& line : value) text += TextOf(line);
  return text;
}

std::optional<std::string> Of(const json& data, const char* mime) {
  const auto found = data.find(mime);
  if (found == data.end()) return std::nullopt;
  return TextOf(*found);
}

/// The value of an attribute of the outermost element.
std::string Attribute(std::string_view svg, std::string_view name) {
  const size_t begin = std::min(svg.find("<svg"), svg.size());
  const std::string_view head = svg.substr(begin, svg.find('>', begin) - begin);
  const size_t at = head.find(fmt::format(" {}=\"", name));
  if (at == std::string_view::npos) return {};
  const size_t value = at + name.size() + 3;
  return std::string(head.substr(value, head.find('"', value) - value));
}

OutputPiece SvgPiece(const std::string& svg) {
  const std::string width = Attribute(svg, "width"), height = Attribute(svg, "height");
  const std::string size =
      width.empty() || height.empty() ? "" : fmt::format(", {} by {}", width, height);
  return {.kind = PieceKind::Note,
          .text = fmt::format("An SVG picture{}; this is its source:\n{}", size, svg)};
}

OutputPiece PicturePiece(const json& data, const std::string& base64) {
  const std::string description = Of(data, "text/plain").value_or("");
  if (auto png = FromBase64(base64)) {
    return {.kind = PieceKind::Picture, .text = description, .png = std::move(*png)};
  }
  return {.kind = PieceKind::Note, .text = "A picture that is no base64: " + description};
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

OutputPiece TracebackPiece(const OutputChunk& chunk) {
  std::string text = Joined(chunk.traceback);
  if (text.empty()) text = chunk.name + ": " + chunk.text;
  return {.kind = PieceKind::Traceback, .text = std::move(text)};
}

/// What is left of a text that grew too long begins with a line.
void CutFront(std::string& text) {
  if (text.size() <= kMostText) return;
  const size_t line = text.find('\n', text.size() - kMostText * 3 / 4);
  text.erase(0, line == std::string::npos ? text.size() - kMostText * 3 / 4 : line + 1);
  text.insert(0, "[earlier output is left out here]\n");
}

int SixBits(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) || c == '=') continue;
    const int six = SixBits(c);
    if (six < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(six);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

OutputPiece RichPiece(const std::string& data_text) {
  const json data = json::parse(data_text, nullptr, false);
  if (!data.is_object()) return {.kind = PieceKind::Note, .text = "Output that is no JSON object"};
  if (const auto png = Of(data, "image/png")) return PicturePiece(data, *png);
  if (const auto svg = Of(data, "image/svg+xml")) return SvgPiece(*svg);
  const auto plain = Of(data, "text/plain");
  // "<IPython.core.display.HTML object>" tells nobody anything.
  const bool is_name = plain && plain->starts_with("<IPython.core.display.");
  if (plain && !is_name) return {.text = *plain};
  if (const auto html = Of(data, "text/html")) return {.text = HtmlText(*html)};
  for (const char* mime : {"text/markdown", "text/latex", "application/json"}) {
    if (const auto text = Of(data, mime)) return {.text = *text};
  }
  if (plain) return {.text = *plain};
  std::string mimes;
  for (const auto& [mime, value] : data.items()) mimes += (mimes.empty() ? "" : ", ") + mime;
  return {.kind = PieceKind::Note, .text = "Output that is not shown here: " + mimes};
}

OutputPiece KernelTranscript::Numbered(OutputPiece piece) {
  piece.number = ++last_number_;
  return piece;
}

void KernelTranscript::TakeStream(OutputCell& cell, const OutputChunk& chunk) {
  const PieceKind kind = chunk.name == "stderr" ? PieceKind::Complaint : PieceKind::Printed;
  const bool goes_on =
      !cell.pieces.empty() && cell.pieces.back().is_stream && cell.pieces.back().kind == kind;
  if (!goes_on) cell.pieces.push_back(Numbered({.kind = kind, .is_stream = true}));
  std::string& text = cell.pieces.back().text;
  text += chunk.text;
  CutFront(text);
}

/// It replaces every display of its id, also those of earlier cells.
void KernelTranscript::Update(const OutputChunk& chunk) {
  for (OutputCell& cell : cells_) {
    for (OutputPiece& piece : cell.pieces) {
      if (piece.display_id.empty() || piece.display_id != chunk.display_id) continue;
      piece = Numbered(RichPiece(chunk.data));
      piece.display_id = chunk.display_id;
    }
  }
}

void KernelTranscript::Take(OutputCell& cell, const OutputChunk& chunk) {
  if (chunk.kind == ChunkKind::Update) return Update(chunk);
  if (chunk.kind == ChunkKind::Input) return;  // the panel asks for the line itself
  if (chunk.kind == ChunkKind::Clear) {
    cell.clear_pending = chunk.wait;
    if (!chunk.wait) cell.pieces.clear();
    return;
  }
  if (cell.clear_pending) cell.pieces.clear();
  cell.clear_pending = false;
  if (chunk.kind == ChunkKind::Stream) return TakeStream(cell, chunk);
  OutputPiece piece =
      Numbered(chunk.kind == ChunkKind::Error ? TracebackPiece(chunk) : RichPiece(chunk.data));
  piece.display_id = chunk.display_id;
  cell.pieces.push_back(std::move(piece));
}

void KernelTranscript::Read(OutputCell& cell) {
  if (cell.result) return;
  RequestLog::View view = cell.log->Read(cell.next);
  for (const OutputChunk& chunk : view.chunks) Take(cell, chunk);
  cell.next = view.next;
  cell.result = std::move(view.result);
}

void KernelTranscript::Follow(const SessionView& session) {
  std::erase_if(cells_, [&](const OutputCell& cell) {
    return std::find(session.requests.begin(), session.requests.end(), cell.log) ==
           session.requests.end();
  });
  for (const auto& log : session.requests) {
    const bool known = std::any_of(cells_.begin(), cells_.end(),
                                   [&](const OutputCell& cell) { return cell.log == log; });
    if (!known) cells_.push_back({.log = log});
  }
  for (OutputCell& cell : cells_) Read(cell);
}

}  // namespace proctor
