#include "app/panels/details_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include "app/ansi.h"
#include "app/fonts.h"
#include "app/format.h"
#include "app/panels/pick_actions.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

constexpr float kTitleSize = 19.0f;

void Gap(float ems = 0.3f) {
  ImGui::Dummy({0, Em() * ems});
}

void DrawTitle(const Look& look, const std::string& name) {
  const FontScope title(BoldFont(), kTitleSize);
  InlineIcon(look);
  ImGui::SameLine(0, Em() * 0.5f);
  CutText(name, ImGui::GetContentRegionAvail().x - Em());
}

std::string Location(const FileState& file, const TestState& test) {
  const TestDetails* details = test.details.get();
  const bool known = details != nullptr && !details->file.empty();
  const std::string& path = known ? details->file : file.path;
  const int line = known ? details->line : test.line;
  return line > 0 ? fmt::format("{}:{}", path, line) : path;
}

void DrawTestActions(const State& state, DetailsPanel& panel, const Picked& picked,
                     const Post& post) {
  if (IconButton("Open", Icon::Open)) OpenPicked(state, panel.desk);
  ImGui::SetItemTooltip("Show %s in the editor (Enter)",
                        Location(*picked.file, *picked.test).c_str());
  ImGui::SameLine();
  DrawTestButtons(state, picked, panel.desk.hint, post);
  ImGui::SameLine();
  if (IconButton("Copy id", Icon::Copy)) {
    ImGui::SetClipboardText(picked.test->id.c_str());
    panel.desk.remark = "Copied the test id";
  }
}

void DrawBadges(const TestState& test, Time now) {
  const Look look = LookOf(test);
  Badge(look.word, look.colour);
  const auto next = [] { ImGui::SameLine(0, Em() * 0.4f); };
  const bool done = test.progress == TestProgress::Done;
  if (done && !test.final) {
    next();
    Badge("not yet in the journal", palette::kFaint);
  }
  if (test.blame) {
    next();
    Badge(fmt::format("blame: {}", ToString(*test.blame)), palette::kViolet);
    ImGui::SetItemTooltip("%s", std::string(Sentence(*test.blame)).c_str());
  }
  if (test.generation) {
    next();
    Badge(fmt::format("generation {}", test.generation.value), palette::kAccent);
  } else if (test.uses_subject) {
    next();
    Badge("uses the subject", palette::kDim);
  }
  if (test.progress == TestProgress::Running) {
    next();
    Badge(FormatClock(now - test.started), palette::kDim);
  }
  if (done && test.attempt > 0) {
    next();
    Badge(FormatDuration(test.duration_ms), palette::kDim);
  }
  if (test.attempt > 1) {
    next();
    Badge(fmt::format("attempt {}", test.attempt), palette::kDim);
  }
}

void DrawNoteBanner(const FileState& file) {
  if (!file.note) return;
  const Look look = LookOf(file.note->kind);
  std::string title =
      fmt::format("This file got a {} subject, generation {}", look.word, file.generation.value);
  if (file.last_generation != file.generation) {
    title += fmt::format("; it ended on generation {}", file.last_generation.value);
  }
  Banner(look, title, file.note->reason);
  Gap();
}

void DrawSection(const char* title, const std::string& text, TextBlock& block, Flavour flavour,
                 Desk& desk) {
  if (text.empty()) return;
  const IdScope id(title);
  Gap();
  ImGui::AlignTextToFramePadding();
  SectionTitle(title);
  ImGui::SameLine(0, Em() * 0.2f);
  if (IconOnly(fmt::format("copy {}", title).c_str(), Icon::Copy, "Copy this text")) {
    ImGui::SetClipboardText(StripAnsi(text).c_str());
    desk.remark = "Copied";
  }
  block.Draw(text, flavour);
}

/// What a test without a word of its own has to say.
void DrawPlainState(const TestState& test) {
  if (test.progress == TestProgress::Planned) {
    Text("Its turn has not come yet.", palette::kDim);
  } else if (test.progress == TestProgress::Waiting) {
    Text("It starts as soon as the subject has shown that it is healthy.", palette::kDim);
  } else if (test.progress == TestProgress::Running) {
    Text("It runs now; what it says is shown when it ends.", palette::kDim);
  } else if (test.details == nullptr) {
    Text("It ended without output.", palette::kDim);
  }
}

/// What a test that ended, or is held, has come to.
void DrawTold(const TestState& test, const Look& look, const TestDetails& details,
              DetailsPanel& panel) {
  const std::string_view blame = test.blame ? Sentence(*test.blame) : std::string_view();
  const bool bad = test.progress != TestProgress::Done || IsBad(test.outcome);
  if (!details.message.empty()) {
    Banner(bad ? look : Look{Icon::Info, palette::kDim, ""}, blame, details.message);
  } else if (bad && !blame.empty()) {
    Banner(look, {}, blame);
  }
  DrawSection("Details", details.details, panel.details, Flavour::Traceback, panel.desk);
  DrawEvidence(panel.evidence, details, panel.desk);
  DrawSection("Standard output", details.stdout_text, panel.out, Flavour::Output, panel.desk);
  DrawSection("Standard error", details.stderr_text, panel.err, Flavour::Output, panel.desk);
  DrawSection("Log", details.log_text, panel.log, Flavour::Output, panel.desk);
}

void DrawEarlier(const TestState& test) {
  if (test.earlier.empty()) return;
  Gap();
  SectionTitle("Attempts that do not count");
  const WrapScope wrap;
  for (const std::string& attempt : test.earlier) Text(attempt, palette::kDim);
}

void DrawTest(const State& state, DetailsPanel& panel, const Picked& picked, const Post& post) {
  const TestState& test = *picked.test;
  const Look look = LookOf(test);
  DrawTitle(look, test.class_name.empty() ? test.name : test.class_name + "::" + test.name);
  CutText(Location(*picked.file, test), ImGui::GetContentRegionAvail().x, palette::kDim);
  Gap(0.1f);
  DrawBadges(test, panel.now);
  Gap(0.1f);
  DrawTestActions(state, panel, picked, post);
  Gap(0.2f);
  const auto holder = HolderOf(state, panel.desk.hint);
  if (holder) DrawHeldBanner(state, *holder, panel.desk, post);
  DrawNoteBanner(*picked.file);
  const auto details = holder ? panel.held.Of(state, panel.desk.hint) : test.details;
  if (panel.shown != details) {
    panel.details = panel.out = panel.err = panel.log = {};
    panel.shown = details;
    panel.evidence.Change(details);
  }
  const bool told = details && (holder || test.progress == TestProgress::Done);
  if (told) DrawTold(test, holder ? Look{Icon::Cross, palette::kBad, ""} : look, *details, panel);
  DrawEarlier(test);
  if (!holder) DrawPlainState(test);
}

void DrawFile(const State& state, DetailsPanel& panel, const FileState& file, const Post& post) {
  const auto worst = WorstOf(file.counts);
  DrawTitle(worst ? LookOf(*worst) : Look{Icon::Dot, palette::kFaint, ""}, file.path);
  Text(fmt::format("{}, {} done", FormatPlural(static_cast<int64_t>(file.tests.size()), "test"),
                   FormatCount(file.counts.Total())),
       palette::kDim);
  Gap(0.1f);
  for (int i = kOutcomes - 1; i >= 0; --i) {
    const auto outcome = static_cast<Outcome>(i);
    if (file.counts[outcome] == 0) continue;
    const Look look = LookOf(outcome);
    Badge(fmt::format("{} {}", file.counts[outcome], look.word), look.colour);
    ImGui::SameLine(0, Em() * 0.4f);
  }
  if (file.duration_ms > 0)
    Badge(FormatDuration(file.duration_ms), palette::kDim);
  else
    ImGui::NewLine();
  Gap(0.1f);
  if (IconButton("Open", Icon::Open)) OpenPicked(state, panel.desk);
  ImGui::SameLine();
  DrawFileButtons(state, file, post);
  Gap(0.2f);
  DrawNoteBanner(file);
  if (!file.note) Text("No test of this file has had the subject.", palette::kDim);
}

void DrawNobody(const State& state) {
  if (state.files.empty()) {
    return EmptyState(Icon::Info, "No test is selected",
                      "Run the batch with F5, then select a test in the tree.");
  }
  EmptyState(Icon::Info, "No test is selected",
             "Select one in the tree: its failure, what it said, and what subject it had are "
             "shown here. Enter opens it in your editor.");
}

}  // namespace

void DrawDetails(const State& state, DetailsPanel& panel, const Post& post) {
  const Picked picked = FindPicked(state, panel.desk);
  DrawOtherHeld(state, panel.desk);
  if (picked.test != nullptr) return DrawTest(state, panel, picked, post);
  if (picked.file != nullptr) return DrawFile(state, panel, *picked.file, post);
  DrawNobody(state);
}

}  // namespace proctor
