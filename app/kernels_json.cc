#include "app/kernels_json.h"

#include <fmt/format.h>

#include "app/json_pieces.h"
#include "app/kernel_words.h"
#include "core/kernel/json_text.h"

namespace proctor {
namespace {

using Json = OrderedJson;

double Milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Json NumberOrNull(uint64_t number) {
  return number == 0 ? Json(nullptr) : Json(number);
}

Json Parsed(const std::string& text) {
  return Json::parse(text, nullptr, false);
}

/// What a kernel sent as JSON. Where its text is no UTF-8, which a parser refuses, it is mended
/// first; what is no object even then is shown as it stands.
Json ObjectFrom(const std::string& text) {
  Json object = Parsed(text);
  if (object.is_object()) return object;
  const std::string mended = Parsed(Dump(Json(text))).get<std::string>();
  object = Parsed(mended);
  if (object.is_object()) return object;
  return {{"text/plain", mended}};
}

Json ErrorJson(const OutputChunk& error) {
  return {{"name", error.name}, {"value", error.text}, {"traceback", error.traceback}};
}

void AddRich(Json& json, const OutputChunk& chunk) {
  json["data"] = ObjectFrom(chunk.data);
  json["metadata"] = ObjectFrom(chunk.metadata);
  if (!chunk.display_id.empty()) json["display_id"] = chunk.display_id;
}

Json Chunk(const OutputChunk& chunk) {
  Json json = {{"kind", ToString(chunk.kind)}};
  switch (chunk.kind) {
    case ChunkKind::Stream:
      json["name"] = chunk.name;
      json["text"] = chunk.text;
      break;
    case ChunkKind::Result:
      AddRich(json, chunk);
      json["execution_count"] = chunk.execution_count;
      break;
    case ChunkKind::Display:
    case ChunkKind::Update:
      AddRich(json, chunk);
      break;
    case ChunkKind::Clear:
      json["wait"] = chunk.wait;
      break;
    case ChunkKind::Error:
      json["name"] = chunk.name;
      json["text"] = chunk.text;
      json["traceback"] = chunk.traceback;
      break;
    case ChunkKind::Input:
      json["text"] = chunk.text;
      json["password"] = chunk.password;
      break;
  }
  return json;
}

std::string Quoted(const std::string& text) {
  std::string json;
  return AppendJsonText(json, text) == Written::Yes ? json : Dump(Json(text));
}

/// What is printed may be long, and is not made into a tree first.
void AppendChunk(std::string& json, const OutputChunk& chunk) {
  if (chunk.kind != ChunkKind::Stream) {
    json += Dump(Chunk(chunk));
    return;
  }
  json += R"({"kind":"stream","name":)" + Quoted(chunk.name) + R"(,"text":)";
  if (AppendJsonText(json, chunk.text) != Written::Yes) json += Dump(Json(chunk.text));
  json += '}';
}

Json Chunks(const std::vector<OutputChunk>& chunks) {
  Json json = Json::array();
  for (const OutputChunk& chunk : chunks) json.push_back(Chunk(chunk));
  return json;
}

Json Ended(const ExecuteResult& result) {
  return {{"request", result.request},
          {"end", ToString(result.end)},
          {"reason", TextOrNull(result.reason)},
          {"cancelled", result.cancelled},
          {"execution_count", result.execution_count},
          {"duration_ms", result.duration_ms},
          {"error", result.error ? ErrorJson(*result.error) : Json(nullptr)}};
}

Json EndOrNull(const std::optional<ExecuteResult>& result) {
  return result ? Ended(*result) : Json(nullptr);
}

Json RequestInFlight(const SessionView& session) {
  const RequestLog* const log = InFlight(session);
  if (log != nullptr) return {{"id", log->id()}, {"code", log->code()}};
  if (session.in_flight == 0) return nullptr;
  return {{"id", session.in_flight}, {"code", nullptr}};
}

Json AwaitedInput(const SessionView& session) {
  if (!session.awaits_input) return nullptr;
  return {{"prompt", session.input_prompt}, {"password", session.input_is_password}};
}

Json HeartbeatAge(const KernelStatus& status, SteadyTime now) {
  if (status.heartbeat == SteadyTime{}) return nullptr;
  return Milliseconds(now - status.heartbeat);
}

Json Kernel(const KernelView& kernel, SteadyTime now) {
  const SessionView none;
  const SessionView& session = kernel.session ? *kernel.session : none;
  const KernelCondition condition = ConditionOf(kernel);
  return {{"id", kernel.id},
          {"kernel", kernel.kernel},
          {"display_name", kernel.display_name},
          {"language", kernel.language},
          {"state", ToString(condition.activity)},
          {"reason", TextOrNull(condition.reason)},
          {"pid", NumberOrNull(static_cast<uint64_t>(kernel.pid))},
          {"starts", kernel.starts},
          {"generation", NumberOrNull(kernel.generation)},
          {"attached", kernel.attached},
          {"read_only", kernel.read_only},
          {"sandbox", kernel.sandbox},
          {"cwd", kernel.cwd.string()},
          {"connection_file", kernel.connection_file.string()},
          {"log", kernel.log.string()},
          {"execution_count", session.status.execution_count},
          {"state_for_ms",
           condition.since ? Json(Milliseconds(now - *condition.since)) : Json(nullptr)},
          {"queued", session.queued},
          {"request", RequestInFlight(session)},
          {"awaits_input", AwaitedInput(session)},
          {"driven", session.driven},
          {"heartbeat_age_ms", HeartbeatAge(session.status, now)},
          {"missed_heartbeats", session.status.missed_heartbeats},
          {"spare_ready", kernel.spare_ready},
          {"session", session.info.session}};
}

Json HookJson(const HookCall& call) {
  return {{"n", call.number},
          {"phase", ToString(call.phase)},
          {"outcome", ToString(call.outcome)},
          {"request", call.request},
          {"code", call.code},
          {"result", EndOrNull(call.result)},
          {"outputs", Chunks(call.outputs)},
          {"at_ms", Milliseconds(call.at.time_since_epoch())}};
}

}  // namespace

std::string KernelListJson(const KernelList& list, uint64_t version, SteadyTime now) {
  Json kernels = Json::array();
  for (const KernelView& kernel : list.kernels) kernels.push_back(Kernel(kernel, now));
  Json installed = Json::array();
  for (const Kernelspec& spec : list.installed) {
    installed.push_back(
        {{"name", spec.name}, {"display_name", spec.display_name}, {"language", spec.language}});
  }
  return Dump(
      {{"kernels", std::move(kernels)}, {"installed", std::move(installed)}, {"version", version}});
}

std::string KernelJson(const KernelView& kernel, SteadyTime now) {
  return Dump(Kernel(kernel, now));
}

std::string RequestJson(const std::string& kernel, RequestId request,
                        const RequestLog::View& view) {
  std::string json =
      fmt::format(R"({{"kernel":{},"request":{},"chunks":[)", Quoted(kernel), request);
  size_t printed = 0;
  for (const OutputChunk& chunk : view.chunks) printed += chunk.text.size() + chunk.data.size();
  json.reserve(json.size() + printed + printed / 4 + 512);  // with some escapes
  for (size_t i = 0; i < view.chunks.size(); ++i) {
    if (i > 0) json += ',';
    AppendChunk(json, view.chunks[i]);
  }
  json += fmt::format(R"(],"next":{},"result":{}}})", view.next, Dump(EndOrNull(view.result)));
  return json;
}

std::string ChunkJson(const OutputChunk& chunk) {
  std::string json;
  AppendChunk(json, chunk);
  return json;
}

std::string ResultJson(const ExecuteResult& result) {
  return Dump(Ended(result));
}

std::string HookCallsJson(const std::vector<HookCall>& calls, uint64_t since) {
  Json json = Json::array();
  for (const HookCall& call : calls) json.push_back(HookJson(call));
  // Of very many calls the recorder has forgotten the oldest: they are not counted from `since`.
  const uint64_t next = calls.empty() ? since : calls.back().number + 1;
  return Dump({{"calls", std::move(json)}, {"next", next}});
}

}  // namespace proctor
