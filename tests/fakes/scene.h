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
/// text, a file a line, a `*` behind each test that uses the subject:
///
///     test_a.py: one two*
///     test_b.py: three*
class Scene {
 public:
  struct Options {
    bool subject = true;  ///< configured; only where a test of the suite uses it
    RestartWhen restart = RestartWhen::Unhealthy;
    int restarts = 5;               ///< the budget, within 30 s
    int spares = 0;
    int lanes = 1;
    std::vector<std::string> only;  ///< selected test ids
    Millis timeout{120000};         ///< for one test
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
  void Start();          ///< the batch, up to a worker that has collected the suite
  void WorkerComesUp();  ///< the present worker: spawned, greets, collects what it was told
  void Preflight(const std::string& test);
  void SubjectComesUp();       ///< the present generation: spawned, answers, is ready
  void Answer(int64_t frame);  ///< a healthy answer to the open probe
  void AnswerDegraded(int64_t frame, std::string reason);
  void NoAnswer(std::string error);
  void SeenAlive();  ///< answers until a waiting test has its evidence
  void SubjectDies(std::string signal);
  void SubjectIsGone();                 ///< exited as asked, and nothing of its tree is left
  void Begin(const std::string& test);  ///< started, after its pre-flight
  void Finish(const std::string& test, PhaseOutcome call = PhaseOutcome::Passed);
  void Pass(const std::string& test) { Begin(test), Finish(test); }
  void EndFile() { Happen(RunFinished{worker(), false}); }
  void WorkerDies(std::string signal);
  void WorkerEnds();  ///< as it was told to

  // ---- what came of it ----
  State state;
  std::vector<std::string> done;  ///< effects since the last Forget(), as text, without timers
  void Forget() { done.clear(); }
  bool Did(std::string_view effect) const;
  bool HasTimer(TimerKind kind) const;   ///< started and neither fired nor cancelled
  Millis TimerOf(TimerKind kind) const;  ///< how long it was to take; zero: there is none
  WorkerId worker() const { return state.lanes[0].worker; }
  const GenerationState& generation() const;
  const TestState& Test(const std::string& id) const;
  const FileState& File(const std::string& path) const;
  std::string Outcomes() const;  ///< "one passed, two failed(subject_crash)", by name

 private:
  struct DrawnFile {
    std::string path;
    std::vector<CollectedTest> tests;
  };
  void Keep(const Effect& effect);
  void AnswerWith(ProbeReading reading);

  std::vector<DrawnFile> suite_;
  std::vector<std::string> told_;  ///< paths of the present worker
  std::shared_ptr<const Config> config_;
  Selection selection_;
  Time now_;
  uint64_t seq_ = 0;
  int64_t frame_ = 0;
  std::map<std::pair<TimerKind, uint64_t>, Millis> timers_;
};

}  // namespace proctor
