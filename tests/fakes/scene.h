#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// A batch without a world: events are told by the test, effects are kept as text
/// for it to look at, the clock stands still until it ticks. The suite is drawn as
/// text, a file a line, a `*` behind each test that uses the subject, a group behind `@`:
///
///     test_a.py: one two*
///     test_b.py@database: three*
///
/// The tests of an .ipynb build on each other.
/// Files in second/ are a suite of their own, which comes after the first.
/// What takes a lane means the first one unless told otherwise.
class Scene {
 public:
  struct Options {
    bool subject = true;  ///< configured; only where a test of the suite uses it
    RestartWhen restart = RestartWhen::Unhealthy;
    int restarts = 5;  ///< the budget, within 30 s
    int spares = 0;
    int lanes = 1;
    bool alone = false;                          ///< the suite asks to run on one lane
    bool second_alone = false;                   ///< likewise the one in second/
    std::vector<std::string> only;               ///< selected test ids
    Millis timeout{120000};                      ///< for one test
    std::map<std::string, double> history = {};  ///< by file: what it took before, in ms
  };
  explicit Scene(std::string_view suite) : Scene(suite, Options()) {}
  Scene(std::string_view suite, Options options);

  /// One event, and what Update() concludes from it.
  void Happen(Event event);
  void Tick(Millis time) { now_ = now_ + time; }
  void Fire(TimerKind kind, uint64_t key) {
    timers_.erase({kind, key});
    Happen(TimerFired{kind, key});
  }

  // ---- what usually happens ----
  void Start();                      ///< the batch, up to a worker that has collected the suite
  void WorkerComesUp(int lane = 0);  ///< spawned, greets, collects what it was told
  void Preflight(const std::string& test, int lane = 0);
  void SubjectComesUp() { SubjectComesUp(generation().id); }  ///< the newest generation
  void SubjectComesUp(GenerationId id);                       ///< spawned, answers, is ready
  void Answer(int64_t frame);  ///< a healthy answer to the open probe
  void AnswerDegraded(int64_t frame, std::string reason);
  void NoAnswer(std::string error);
  void SeenAlive() { SeenAlive(generation().id); }  ///< answers until a waiting test
  void SeenAlive(GenerationId id);                  ///< has its evidence
  void SubjectDies(std::string signal);
  void SubjectIsGone();  ///< exited as asked, and nothing of its tree is left
  void Begin(const std::string& test, int lane = 0);  ///< started, after its pre-flight
  void Finish(const std::string& test, PhaseOutcome call = PhaseOutcome::Passed, int lane = 0);
  void Pass(const std::string& test, int lane = 0) {
    Begin(test, lane), Finish(test, PhaseOutcome::Passed, lane);
  }
  void EndFile(int lane = 0) { Happen(RunFinished{worker(lane), false}); }
  void StopsAndKeeps(int lane = 0) {  ///< as a pause wants it
    Happen(RunFinished{worker(lane), true, true});
  }
  void FailAndStand(const std::string& test);  ///< in its call; the worker says that it is held
  void TearDown(const std::string& test, int lane = 0) { Happen(TestFinished{worker(lane), test}); }
  void WorkerDies(std::string signal, int lane = 0);
  void WorkerEnds(int lane = 0);  ///< as it was told to

  // ---- what came of it ----
  State state;
  std::vector<std::string> done;  ///< effects since the last Forget(), as text, without timers
  void Forget() { done.clear(), dealt_.clear(); }
  bool Did(std::string_view effect) const;
  bool HasTimer(TimerKind kind) const;   ///< started and neither fired nor cancelled
  Millis TimerOf(TimerKind kind) const;  ///< how long it was to take; zero: there is none
  WorkerId worker(int lane = 0) const { return state.lanes[static_cast<size_t>(lane)].worker; }
  /// The files that the lane was told to run since the last Forget(): "test_a.py test_b.py".
  std::string Dealt(int lane) const;
  const GenerationState& generation() const;
  const TestState& Test(const std::string& id) const;
  const FileState& File(const std::string& path) const;
  std::string Outcomes() const;  ///< "one passed, two failed(subject_crash)", by name

 private:
  struct DrawnFile {
    std::string path, group;
    std::vector<CollectedTest> tests;
  };
  static bool IsSecond(const DrawnFile& file);
  void Keep(const Effect& effect);
  void AnswerWith(ProbeReading reading) { AnswerWith(generation().id, std::move(reading)); }
  void AnswerWith(GenerationId id, ProbeReading reading);
  const GenerationState& Generation(GenerationId id) const;

  std::vector<DrawnFile> suite_;
  std::map<uint64_t, std::vector<std::string>> told_;    ///< paths, by worker
  std::vector<std::pair<uint64_t, std::string>> dealt_;  ///< worker and file, in order
  std::map<std::string, double> history_;
  std::shared_ptr<const Config> config_;
  Selection selection_;
  Time now_;
  uint64_t seq_ = 0;
  int64_t frame_ = 0;
  std::map<std::pair<TimerKind, uint64_t>, Millis> timers_;
};

}  // namespace proctor
