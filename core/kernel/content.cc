#include "core/kernel/content.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/utf8.h"
#include "core/kernel/json_text.h"

namespace proctor {
namespace {

using nlohmann::json;

/// Python sends what it read with surrogateescape as the bytes that it was: no valid UTF-8.
json ParseObject(const std::string& text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    parsed = json::parse(Utf8Safe(text), nullptr, /*allow_exceptions=*/false);
  }
  return parsed.is_object() ? parsed : json::object();
}

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Text(json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return {};
  return std::move(it->get_ref<std::string&>());
}

int Number(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_integer() ? it->get<int>() : 0;
}

bool Flag(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

std::string ObjectText(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_object() ? Dump(*it) : "{}";
}

OutputChunk StreamChunk(const std::string& content) {
  OutputChunk chunk;
  if (std::optional<JsonTexts> texts = ReadJsonTexts(content)) {
    for (auto& [key, text] : *texts) {
      if (key == "name") chunk.name = std::move(text);
      if (key == "text") chunk.text = std::move(text);
    }
    return chunk;
  }
  json object = ParseObject(content);
  chunk.name = Text(object, "name");
  chunk.text = Text(object, "text");
  return chunk;
}

OutputChunk ErrorChunk(json& content) {
  OutputChunk chunk{
      .kind = ChunkKind::Error, .name = Text(content, "ename"), .text = Text(content, "evalue")};
  const auto lines = content.find("traceback");
  if (lines == content.end() || !lines->is_array()) return chunk;
  for (json& line : *lines) {
    if (line.is_string()) chunk.traceback.push_back(std::move(line.get_ref<std::string&>()));
  }
  return chunk;
}

OutputChunk DisplayChunk(ChunkKind kind, json& content) {
  OutputChunk chunk{.kind = kind,
                    .data = ObjectText(content, "data"),
                    .metadata = ObjectText(content, "metadata"),
                    .execution_count = Number(content, "execution_count")};
  const auto transient = content.find("transient");
  if (transient != content.end() && transient->is_object()) {
    chunk.display_id = Text(*transient, "display_id");
  }
  return chunk;
}

}  // namespace

std::string ExecuteContent(const ExecuteRequest& request) {
  return Dump({{"code", request.code},
               {"silent", request.silent},
               {"store_history", request.store_history && !request.silent},
               {"user_expressions", json::object()},
               {"allow_stdin", request.allow_stdin},
               {"stop_on_error", request.stop_on_error}});
}

std::string CompleteContent(const std::string& code, int cursor) {
  return Dump({{"code", code}, {"cursor_pos", cursor}});
}

std::string InspectContent(const std::string& code, int cursor, int detail) {
  return Dump({{"code", code}, {"cursor_pos", cursor}, {"detail_level", detail}});
}

std::string ShutdownContent(bool restart) {
  return Dump({{"restart", restart}});
}

std::string InputContent(const std::string& line) {
  return Dump({{"value", line}});
}

std::optional<OutputChunk> ReadOutput(const KernelMessage& message) {
  const std::string& type = message.type;
  const bool known = type == "stream" || type == "execute_result" || type == "display_data" ||
                     type == "update_display_data" || type == "clear_output" || type == "error" ||
                     type == "input_request";
  if (!known) return std::nullopt;
  if (type == "stream") return StreamChunk(message.content);
  json content = ParseObject(message.content);
  if (type == "execute_result") return DisplayChunk(ChunkKind::Result, content);
  if (type == "display_data") return DisplayChunk(ChunkKind::Display, content);
  if (type == "update_display_data") return DisplayChunk(ChunkKind::Update, content);
  if (type == "clear_output") {
    return OutputChunk{.kind = ChunkKind::Clear, .wait = Flag(content, "wait")};
  }
  if (type == "error") return ErrorChunk(content);
  return OutputChunk{.kind = ChunkKind::Input,
                     .text = Text(content, "prompt"),
                     .password = Flag(content, "password")};
}

ExecuteReply ReadExecuteReply(const KernelMessage& message) {
  json content = ParseObject(message.content);
  const std::string status = Text(content, "status");
  ExecuteReply reply{.execution_count = Number(content, "execution_count")};
  if (status == "ok") {
    reply.status = ExecuteReply::Status::Ok;
  } else if (status == "aborted" || status == "abort") {
    reply.status = ExecuteReply::Status::Aborted;
  } else if (content.contains("ename")) {
    reply.error = ErrorChunk(content);
  }
  return reply;
}

KernelInfo ReadKernelInfo(const KernelMessage& message) {
  json content = ParseObject(message.content);
  json language = content.value("language_info", json::object());
  if (!language.is_object()) language = json::object();
  return {.language = Text(language, "name"),
          .language_version = Text(language, "version"),
          .implementation = Text(content, "implementation"),
          .protocol_version = Text(content, "protocol_version"),
          .banner = Text(content, "banner"),
          .session = message.session};
}

KernelState ReadState(const KernelMessage& message) {
  json content = ParseObject(message.content);
  const std::string state = Text(content, "execution_state");
  if (state == "busy") return KernelState::Busy;
  if (state == "idle") return KernelState::Idle;
  return state == "starting" ? KernelState::Starting : KernelState::Unknown;
}

int ReadExecutionCount(const KernelMessage& message) {
  return Number(ParseObject(message.content), "execution_count");
}

}  // namespace proctor
