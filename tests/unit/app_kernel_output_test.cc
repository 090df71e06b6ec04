#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/html_text.h"
#include "app/kernel_completion.h"
#include "app/kernel_output.h"
#include "app/kernels_json.h"

namespace proctor {
namespace {

using nlohmann::json;

OutputChunk Printed(const char* text, const char* name = "stdout") {
  return {.kind = ChunkKind::Stream, .name = name, .text = text};
}
OutputChunk Shown(const char* text, const char* display_id = "") {
  return {.kind = ChunkKind::Display,
          .data = json{{"text/plain", text}}.dump(),
          .display_id = display_id};
}

/// One request's log, and the transcript that follows it.
struct Scene {
  std::shared_ptr<RequestLog> log = std::make_shared<RequestLog>(1, "code");
  SessionView session;
  KernelTranscript transcript;

  Scene() { session.requests = {log}; }
  std::vector<std::string> Texts() {
    transcript.Follow(session);
    std::vector<std::string> texts;
    for (const OutputCell& cell : transcript.cells()) {
      for (const OutputPiece& piece : cell.pieces) texts.push_back(piece.text);
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("what is printed to one stream is one piece, another stream another") {
  Scene scene;
  scene.log->Append(Printed("a"));
  CHECK(scene.Texts() == Texts{"a"});
  scene.log->Append(Printed("b\n"));
  scene.log->Append(Printed("oh", "stderr"));
  scene.log->Append(Printed("c"));
  CHECK(scene.Texts() == Texts{"ab\n", "oh", "c"});
}

TEST_CASE("a result stands by itself between what is printed") {
  Scene scene;
  scene.log->Append(Shown("7"));
  scene.log->Append(Printed("x"));
  scene.log->Append(Shown("8"));
  CHECK(scene.Texts() == Texts{"7", "x", "8"});
}

TEST_CASE("an update replaces every display of its id, also of earlier cells") {
  Scene scene;
  const auto later = std::make_shared<RequestLog>(2, "update");
  scene.session.requests.push_back(later);
  scene.log->Append(Shown("old", "bar"));
  scene.log->Append(Shown("other", "foo"));
  const std::vector<std::string> before = scene.Texts();
  const uint64_t number = scene.transcript.cells()[0].pieces[0].number;
  OutputChunk update = Shown("new", "bar");
  update.kind = ChunkKind::Update;
  later->Append(update);
  CHECK(before == Texts{"old", "other"});
  CHECK(scene.Texts() == Texts{"new", "other"});
  CHECK(scene.transcript.cells()[0].pieces[0].number != number);
}

TEST_CASE("a clear that waits clears with the next output, the other one at once") {
  Scene scene;
  scene.log->Append(Printed("a"));
  scene.log->Append({.kind = ChunkKind::Clear, .wait = true});
  CHECK(scene.Texts() == Texts{"a"});
  scene.log->Append(Printed("b"));
  CHECK(scene.Texts() == Texts{"b"});
  scene.log->Append({.kind = ChunkKind::Clear});
  CHECK(scene.Texts().empty());
}

TEST_CASE("endless output keeps its newest lines, and says that there were more") {
  Scene scene;
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 3000; ++i) scene.log->Append(Printed(line.c_str()));
  scene.log->Append(Printed("the last"));
  const std::string text = scene.Texts().at(0);
  CHECK(text.size() < (1 << 20) + 100);
  CHECK(text.starts_with("[earlier output is left out here]\nxxx"));
  CHECK(text.ends_with("x\nthe last"));
}

TEST_CASE("requests that the session has forgotten are shown no more") {
  Scene scene;
  scene.log->Append(Printed("a"));
  CHECK(scene.Texts().size() == 1);
  scene.session.requests.clear();
  CHECK(scene.Texts().empty());
}

TEST_CASE("of several forms the picture is shown, then text, then what HTML says") {
  const OutputPiece picture = RichPiece(R"({"text/plain": "<Figure>", "image/png": "aGk="})");
  CHECK(picture.kind == PieceKind::Picture);
  CHECK(picture.png == "hi");
  CHECK(RichPiece(R"({"text/html": "<b>x</b>", "text/plain": "plain"})").text == "plain");
  CHECK(RichPiece(R"({"text/html": "<b>x</b>",
                      "text/plain": "<IPython.core.display.HTML object>"})")
            .text == "x");
  CHECK(RichPiece(R"({"text/plain": ["two ", "parts"]})").text == "two parts");
  const OutputPiece svg =
      RichPiece(R"({"image/svg+xml": "<svg width=\"30\" height=\"20\"></svg>"})");
  CHECK(svg.kind == PieceKind::Note);
  CHECK(svg.text.starts_with("An SVG picture, 30 by 20; this is its source:\n<svg"));
  CHECK(RichPiece(R"({"video/mp4": "AAAA"})").text == "Output that is not shown here: video/mp4");
  CHECK(RichPiece("{}").kind == PieceKind::Note);
  CHECK(RichPiece("[").kind == PieceKind::Note);
  CHECK(RichPiece(R"({"image/png": "*"})").kind == PieceKind::Note);
}

TEST_CASE("base64 is read with line ends, and refused where it is none") {
  CHECK(FromBase64("aGVs\nbG8=") == "hello");
  CHECK(FromBase64("") == "");
  CHECK_FALSE(FromBase64("a b!"));
}

TEST_CASE("a table of HTML becomes lines and tabs") {
  CHECK(HtmlText("<style>td { x }</style><table>\n <tr><th>a</th><th>b</th></tr>\n"
                 " <TR><td>1 &lt; 2</td><td>x&nbsp;y</td></TR></table>") == "a\tb\n1 < 2\tx y");
  CHECK(HtmlText("<p>one<br/>two</p>  three &unknown; &amp;lt;") ==
        "one\ntwo\nthree &unknown; &lt;");
  CHECK(HtmlText("cut <b") == "cut");
  CHECK(HtmlText("<script>never ends") == "");
}

TEST_CASE("completions count code points, the text box bytes") {
  const std::string code = "é.pri";
  const KernelCompletion completion = ParseCompletion(
      R"({"matches": ["print", "prim"], "cursor_start": 2, "cursor_end": 5})", code);
  CHECK(code.substr(static_cast<size_t>(completion.from)) == "pri");
  CHECK(completion.to == 6);
  CHECK(CommonStart(completion.matches) == "pri");
  CHECK(CodePointOfByte(code, 3) == 2);
  CHECK(CommonStart({"aé", "aè"}) == "a");  // they share the first byte of the letter
  CHECK(CommonStart({}) == "");
  CHECK(ParseCompletion(R"({"matches": ["x"]})", code).matches.empty());
  CHECK(ParseCompletion("", code).matches.empty());
  CHECK(ByteOfCodePoint(code, 99) == 6);
}

TEST_CASE("outputs that are no UTF-8 are mended, not refused") {
  CHECK(json::parse(ChunkJson(Printed("\xff!")))["text"] == "\xEF\xBF\xBD!");
  OutputChunk display = Shown("");
  display.data = "{\"text/plain\": \"\xff\"}";
  CHECK(json::parse(ChunkJson(display))["data"]["text/plain"] == "\xEF\xBF\xBD");
  display.data = "no JSON \xff";
  CHECK(json::parse(ChunkJson(display))["data"]["text/plain"] == "no JSON \xEF\xBF\xBD");
}

TEST_CASE("hook calls keep their numbers where the recorder has forgotten the oldest") {
  const json said = json::parse(HookCallsJson({{.number = 40}, {.number = 41}}, 7));
  CHECK(said["calls"][0]["n"] == 40);
  CHECK(said["next"] == 42);
  CHECK(json::parse(HookCallsJson({}, 7))["next"] == 7);
}

TEST_CASE("an error is told with its name, value and traceback") {
  const OutputChunk error{.kind = ChunkKind::Error,
                          .name = "ValueError",
                          .text = "no",
                          .traceback = {"line 1", "line 2"}};
  const json result =
      json::parse(ResultJson({.request = 3, .end = RequestEnd::Error, .error = error}));
  CHECK(result["error"]["name"] == "ValueError");
  CHECK(result["error"]["value"] == "no");
  CHECK(result["error"]["traceback"].size() == 2);
  CHECK(result["end"] == "error");
  CHECK(result["reason"].is_null());
}

}  // namespace
}  // namespace proctor
