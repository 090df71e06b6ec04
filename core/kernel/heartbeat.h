#pragma once

#include <chrono>
#include <optional>

namespace proctor {

/// When a kernel is asked for a sign of life, and how many it has owed in a row. Passive and
/// pure, as RequestTracker is.
class Heartbeat {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  explicit Heartbeat(Millis every) : every_(every) {}

  enum class Step {
    Nothing,
    Send,
    Renew,  ///< no answer came: send on another socket
  };
  Step Advance(Time now);
  Time Next() const { return sent_ ? *sent_ + every_ : next_; }
  void OnAnswer(Time now);
  /// From now on silence is a miss: a kernel that starts is silent, too.
  void Expect() { expected_ = true; }
  void Hurry(Time now) { next_ = now; }  ///< one is wanted at once

  int missed() const { return missed_; }
  std::optional<Time> last() const { return last_; }
  std::chrono::nanoseconds took() const { return took_; }

 private:
  const Millis every_;
  Time next_ = Time::min();
  std::optional<Time> sent_;  ///< one is under way
  std::optional<Time> last_;
  std::chrono::nanoseconds took_{0};
  bool expected_ = false;
  int missed_ = 0;
};

inline Heartbeat::Step Heartbeat::Advance(Time now) {
  if (now < Next()) return Step::Nothing;
  const bool overdue = sent_.has_value();
  // Before its first answer it waits on the same socket: the library connects when it can.
  if (overdue && !expected_) {
    sent_ = now;
    return Step::Nothing;
  }
  if (overdue) ++missed_;
  sent_ = now;
  return overdue ? Step::Renew : Step::Send;
}

inline void Heartbeat::OnAnswer(Time now) {
  if (sent_) took_ = now - *sent_;
  sent_.reset();
  last_ = now;
  missed_ = 0;
  expected_ = true;
  next_ = now + every_;
}

}  // namespace proctor
