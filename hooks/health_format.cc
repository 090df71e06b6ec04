#include "hooks/health_format.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "hooks/json_text.h"

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kUsualSize = 512;  ///< of a health answer without an error

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json RecordJson(const ErrorRecord& record) {
  return {{"kind", record.kind},
          {"message", record.message},
          {"expression", record.expression},
          {"file", record.file},
          {"line", record.line},
          {"window", record.window},
          {"window_stack", record.window_stack},
          {"echoes", record.echoes},
          {"frame", record.frame},
          {"time", record.time},
          {"backtrace", record.backtrace}};
}

Json ChecksJson(const std::map<std::string, CheckResult>& checks) {
  Json all = Json::object();
  for (const auto& [name, check] : checks) {
    all[name] = {{"ok", check.ok}, {"detail", check.detail}};
  }
  return all;
}

void Metric(std::string& text, std::string_view name, std::string_view type, std::string_view help,
            double value) {
  const std::string full = "proctor_hooks_" + std::string(name);
  text += "# HELP " + full + " " + std::string(help) + "\n";
  text += "# TYPE " + full + " " + std::string(type) + "\n";
  text += full + " " + Json(value).dump() + "\n";
}

}  // namespace

std::string ToJson(const HealthSnapshot& taken) {
  const auto record = [](const std::shared_ptr<const ErrorRecord>& error) {
    return error ? Dumped(RecordJson(*error)) : std::string("null");
  };
  ObjectText body(kUsualSize);
  body.Add("healthy", taken.healthy())
      .Add("state", ToString(taken.state))
      .Add("degraded_reason", taken.degraded_reason)
      .Raw("last_assert", record(taken.last_assert))
      .Raw("first_error", record(taken.first_error))
      .Add("asserts", taken.asserts)
      .Add("recovered", taken.recovered)
      .Add("io_pool_alive", taken.io_pool_alive)
      .Raw("checks", taken.checks.empty() ? "{}" : Dumped(ChecksJson(taken.checks)))
      .Add("frame", taken.frame)
      .Add("frame_age_ms", taken.frame_age_ms)
      .Open("frame_ms")
      .Add("p50", taken.frame_p50_ms)
      .Add("p99", taken.frame_p99_ms)
      .Close()
      .Add("app", taken.app)
      .Add("version", taken.version)
      .Add("pid", taken.pid)
      .Add("generation", taken.generation)
      .Add("uptime_s", taken.uptime_s);
  return body.Done();
}

std::string GuardJson(const GuardState& guard) {
  const Json body = {
      {"fenced", guard.fenced}, {"new_contexts", guard.new_contexts}, {"given_up", guard.given_up}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ToMetrics(const HealthSnapshot& taken) {
  std::string text;
  Metric(text, "healthy", "gauge", "1 while the frame loop is healthy.", taken.healthy());
  Metric(text, "frames_total", "counter", "Completed frames.", static_cast<double>(taken.frame));
  Metric(text, "frame_age_seconds", "gauge", "Since the last completed frame.",
         taken.frame_age_ms / 1000);
  Metric(text, "frame_p50_seconds", "gauge", "Median duration of the last frames.",
         taken.frame_p50_ms / 1000);
  Metric(text, "frame_p99_seconds", "gauge", "99th percentile of the last frames.",
         taken.frame_p99_ms / 1000);
  Metric(text, "asserts_total", "counter", "Errors recorded in the frame loop.",
         static_cast<double>(taken.asserts));
  Metric(text, "recovered_total", "counter", "Errors that the frame loop survived.",
         static_cast<double>(taken.recovered));
  Metric(text, "uptime_seconds", "gauge", "Since the hooks were started.", taken.uptime_s);
  return text;
}

}  // namespace proctor::hooks
