#include "app/desk.h"

#include "app/editor.h"
#include "app/requests.h"
#include "app/rows.h"

namespace proctor {

Picked FindPicked(const State& state, Desk& desk) {
  if (desk.file.empty()) return {};
  if (desk.hint.file >= state.files.size() || state.files[desk.hint.file].path != desk.file) {
    const auto file = FindFile(state, desk.file);
    if (!file) return {};
    desk.hint = {*file, 0};
  }
  const FileState& file = state.files[desk.hint.file];
  if (desk.test.empty()) return {&file, nullptr};
  if (desk.hint.test >= file.tests.size() || file.tests[desk.hint.test].id != desk.test) {
    desk.hint.test = 0;
    while (desk.hint.test < file.tests.size() && file.tests[desk.hint.test].id != desk.test) {
      ++desk.hint.test;
    }
    if (desk.hint.test == file.tests.size()) return {&file, nullptr};
  }
  return {&file, &file.tests[desk.hint.test]};
}

size_t ShownLane(const State& state, const Desk& desk) {
  return desk.lane < state.lanes.size() ? desk.lane : 0;
}

void PickFile(Desk& desk, const State& state, uint32_t file) {
  desk.file = state.files[file].path;
  desk.test.clear();
  desk.hint = {file, 0};
}

void PickTest(Desk& desk, const State& state, TestRef test) {
  desk.file = state.files[test.file].path;
  desk.test = state.files[test.file].tests[test.test].id;
  desk.hint = test;
}

bool PickTest(Desk& desk, const State& state, const std::string& id) {
  const auto found = FindTest(state, id);
  if (!found) return false;
  PickTest(desk, state, *found);
  desk.reveal = true;
  return true;
}

void OpenPicked(const State& state, Desk& desk) {
  const Picked picked = FindPicked(state, desk);
  if (picked.file == nullptr) return;
  std::string path = picked.file->path;
  int line = 0;
  if (picked.test != nullptr) {
    line = picked.test->line;
    const TestDetails* details = picked.test->details.get();
    if (details != nullptr && !details->file.empty()) {
      path = details->file;
      line = details->line;
    }
  }
  const auto source = SourcePath(state, path);
  const std::string error = OpenInEditor(source, line);
  desk.remark = error.empty() ? "Opening " + source.filename().string() : error;
}

}  // namespace proctor
