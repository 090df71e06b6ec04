#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/model/event.h"

namespace proctor {

/// Asks subjects over HTTP, on a thread of its own, one question at a time. The
/// engine keeps the time limits and abandons a question that is overdue; every
/// question is answered by one event all the same, which then comes too late.
class Prober {
 public:
  struct Question {
    GenerationId generation;
    Time sent;          ///< comes back with the answer
    std::string url;    ///< "http://127.0.0.1:PORT/path"
    std::string token;  ///< sent as a bearer token
    HealthConfig pointers;
  };

  /// `post` is called on the prober's thread.
  explicit Prober(std::function<void(Event)> post);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  void Ask(Question question);        ///< -> ProbeAnswered
  void AskToStop(Question question);  ///< a POST -> SubjectAskedToStop
  /// Breaks the generation's connection, if one is open, and forgets its questions.
  void Abandon(GenerationId generation);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a health answer's body says, through the pointers of [subject.health]. A
/// body that is no JSON says nothing, and a 2xx answer that says nothing is a good one.
ProbeReading ReadAnswer(int status, const std::string& body, const HealthConfig& pointers);

}  // namespace proctor
