#include "hooks/example/demo.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace proctor::demo {
namespace {

bool LooksLikeEmail(const std::string& text) {
  const size_t at = text.find('@');
  return at != std::string::npos && at > 0 && text.find('.', at + 2) != std::string::npos &&
         text.back() != '.' && text.find(' ') == std::string::npos;
}

bool IsPositiveNumber(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) &&
         value > 0;
}

std::string AppendRecord(const std::filesystem::path& file, const Form& record) {
  const nlohmann::ordered_json line = {
      {"name", record.name}, {"email", record.email}, {"amount", std::stod(record.amount)}};
  std::ofstream out(file, std::ios::app);
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file.string());
  return "saved " + record.name;
}

}  // namespace

std::map<std::string, std::string> Problems(const Form& form) {
  std::map<std::string, std::string> problems;
  if (form.name.empty()) problems["name"] = "a name is needed";
  if (!LooksLikeEmail(form.email)) problems["email"] = "not an e-mail address";
  if (!IsPositiveNumber(form.amount)) problems["amount"] = "a number above 0 is needed";
  return problems;
}

Demo::Demo(std::filesystem::path workspace, IoPool& pool)
    : records_file_(std::move(workspace) / "records.jsonl"), pool_(pool) {}

void Demo::Tick() {
  using namespace std::chrono_literals;
  if (!saving_ || saving_->written.wait_for(0s) != std::future_status::ready) return;
  const Saving finished = *std::exchange(saving_, std::nullopt);
  try {
    save_message = finished.written.get();
    saved.push_back(finished.record);
  } catch (const std::exception& error) {
    save_message = error.what();
  }
}

bool Demo::SelectProject(const std::string& name) {
  if (std::find(projects.begin(), projects.end(), name) == projects.end()) return false;
  current_project = name;
  return true;
}

void Demo::DeleteCurrent() {
  std::erase(projects, current_project);
  current_project = projects.empty() ? "" : projects.front();
  modal_open = false;
}

Demo::SaveStart Demo::StartSave() {
  if (saving_) return SaveStart::Busy;
  if (!Problems(form).empty()) return SaveStart::Invalid;
  auto written =
      pool_.Submit([file = records_file_, record = form] { return AppendRecord(file, record); });
  if (!written) {
    save_message = "not saved: the IO pool is shut";
    return SaveStart::PoolShut;
  }
  saving_ = Saving{form, std::move(*written)};
  return SaveStart::Begun;
}

}  // namespace proctor::demo
