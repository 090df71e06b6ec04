#include "hooks/health_format.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;

/// Three decimals are a microsecond; more would only be noise to read.
double Rounded(double value) {
  return std::round(value * 1000) / 1000;
}

Json OrNull(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json RecordJson(const std::shared_ptr<const ErrorRecord>& record) {
  if (!record) return nullptr;
  return {{"kind", record->kind},
          {"message", record->message},
          {"expression", record->expression},
          {"file", record->file},
          {"line", record->line},
          {"window", record->window},
          {"window_stack", record->window_stack},
          {"echoes", record->echoes},
          {"frame", record->frame},
          {"time", record->time},
          {"backtrace", record->backtrace}};
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
  const Json body = {
      {"healthy", taken.healthy()},
      {"state", ToString(taken.state)},
      {"degraded_reason", OrNull(taken.degraded_reason)},
      {"last_assert", RecordJson(taken.last_assert)},
      {"first_error", RecordJson(taken.first_error)},
      {"asserts", taken.asserts},
      {"recovered", taken.recovered},
      {"io_pool_alive", taken.io_pool_alive ? Json(*taken.io_pool_alive) : Json(nullptr)},
      {"checks", ChecksJson(taken.checks)},
      {"frame", taken.frame},
      {"frame_age_ms", Rounded(taken.frame_age_ms)},
      {"frame_ms", {{"p50", Rounded(taken.frame_p50_ms)}, {"p99", Rounded(taken.frame_p99_ms)}}},
      {"app", taken.app},
      {"version", taken.version},
      {"pid", taken.pid},
      {"generation", taken.generation},
      {"uptime_s", Rounded(taken.uptime_s)},
  };
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
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
