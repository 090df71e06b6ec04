#pragma once
// The stage: where requests meet the frame loop. A request asks for the next item
// tree, or plays input to the program, one step a frame; the frame loop does both
// at ImGui's own hooks, after the backend's input and before ImGui reads it.
//
// While a request holds the stage (Control), the real mouse and keyboard are kept
// out. Afterwards the mouse stays where it was put until the real one moves.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hooks/ui/recorder.h"
#include "hooks/ui/tree.h"

struct ImGuiContext;
struct ImGuiInputEvent;

namespace proctor::hooks::ui {

using Deadline = std::chrono::steady_clock::time_point;
using TreePtr = std::shared_ptr<const Tree>;
/// What one frame gets: runs on the frame thread, adds events to ImGui's IO or acts on
/// its windows. Must own what it touches.
using Step = std::function<void()>;

/// Thrown to whoever waits for a frame that will not come, because the program ends.
struct StageClosed {};

class Stage {
 public:
  /// `wake` makes an idle loop draw; `frames` is the number of frames completed.
  Stage(std::function<void()> wake, std::function<uint64_t()> frames);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The frame thread.
  /// Joins the current ImGui context, once for each; without one does nothing.
  void Attach();
  /// Leaves the context. Waits in progress, and later ones, end with StageClosed.
  void Close();

  // Any other thread.
  /// The tree of a frame that begins after the call, once that frame is complete; null
  /// when the loop does not get there in time. `text_of`: the window, by path or title, whose
  /// text is wanted. Throws StageClosed, as all that follows.
  TreePtr Next(Deadline deadline, const std::string& text_of = {});
  /// Plays the steps, one a frame, and answers the tree of the frame that got the last.
  /// Null as for Next(); the steps that were not played yet are dropped then, and what the
  /// others hold down is let go of in the next frames.
  TreePtr Play(std::vector<Step> steps, Deadline deadline);

  /// What a person does meanwhile, written down.
  Recorder& recorder() { return recorder_; }

  /// Holds the stage: others wait, the real mouse and keyboard are kept out.
  class Control {
   public:
    Control(Stage& stage, Deadline deadline);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    bool held() const { return held_; }  ///< false: not in time

   private:
    Stage& stage_;
    bool held_ = false;
  };

 private:
  struct Frames;  ///< the frame thread's own

  void OnNewFrame(ImGuiContext& context);
  void OnFrameEnd(ImGuiContext& context);
  void FilterInput(ImGuiContext& context);
  bool IsKeptOut(ImGuiContext& context, const ImGuiInputEvent& event);
  void Follow(const ImGuiInputEvent& event);
  void LetGo(ImGuiContext& context);
  void TakeStep(ImGuiContext& context, Step& step);
  TreePtr WaitFor(std::unique_lock<std::mutex>& lock, uint64_t request, Deadline deadline);

  const std::function<void()> wake_;
  const std::function<uint64_t()> count_frames_;
  std::unique_ptr<Frames> frames_;
  Recorder recorder_;
  std::atomic<bool> controlled_ = false;  ///< a Control holds the stage; set under the mutex
  std::atomic<bool> wanted_ = false;      ///< there is a request; the frame thread locks only then
  std::atomic<bool> let_go_ = false;      ///< of what is held down: its script has ended

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  bool closed_ = false;
  uint64_t requested_ = 0;  ///< requests made; each wants a tree that is newer than itself
  uint64_t served_ = 0;     ///< the last request that has its tree
  TreePtr latest_;
  /// Requests for a window's text. Each gets the tree that has it: a later one may not.
  struct TextRequest {
    std::string window;  ///< path or title
    TreePtr tree;        ///< null while it is not served
  };
  std::map<uint64_t, TextRequest> text_requests_;
  std::vector<Step> steps_;  ///< to be played, the next one first
  uint64_t playing_ = 0;     ///< the request that the steps belong to
};

}  // namespace proctor::hooks::ui
